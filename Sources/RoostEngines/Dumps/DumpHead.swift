/// The beginning of a dump that is being received. A dump that no engine loads is reported as soon as enough of it has
/// come: the rest may be long, or endless.
package struct DumpHead: Sendable {
    private var bytes: [UInt8] = []
    private var isJudged = false

    package init() {}

    /// Takes the next piece. Returns the dump's description, once, if no engine loads it.
    package mutating func refusal(_ piece: some Collection<UInt8>) -> String? {
        guard !isJudged else { return nil }
        bytes += piece.prefix(DumpContent.needed - bytes.count)
        guard bytes.count == DumpContent.needed else { return nil }
        isJudged = true
        // A compressed dump shows its content only after unpacking.
        guard case .other(let words) = DumpContent(bytes) else { return nil }
        return words
    }
}
