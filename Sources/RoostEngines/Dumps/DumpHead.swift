/// The beginning of a dump that is on its way. What no engine loads is told as soon as enough of it has come: the rest may be
/// long, or without an end.
package struct DumpHead: Sendable {
    private var bytes: [UInt8] = []
    private var isJudged = false

    package init() {}

    /// The next piece. Returns what the dump is, once, where nothing loads it.
    package mutating func refusal(_ piece: some Collection<UInt8>) -> String? {
        guard !isJudged else { return nil }
        bytes += piece.prefix(DumpContent.needed - bytes.count)
        guard bytes.count == DumpContent.needed else { return nil }
        isJudged = true
        // Below what packs a dump nothing is to be seen yet.
        guard case .other(let words) = DumpContent(bytes) else { return nil }
        return words
    }
}
