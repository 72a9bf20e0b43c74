import RoostModel

/// A dump and the files that it includes, in the order in which the engine's own client program would read them.
struct GatheredDump: Equatable, Sendable {
    enum Part: Equatable, Sendable {
        case text([UInt8])
        case file(GatheredFile, Range<Int64>)
    }

    /// The included files in the order of inclusion, as the dumps spell them; a file that is included twice is listed
    /// twice.
    var names: [String] = []
    private(set) var parts: [Part] = []
    private(set) var size: Int64 = 0

    mutating func append(_ text: String) {
        parts.append(.text(Array(text.utf8)))
        size += Int64(text.utf8.count)
    }

    mutating func append(_ file: GatheredFile, _ range: Range<Int64>) {
        guard !range.isEmpty else { return }
        parts.append(.file(file, range))
        size += Int64(range.count)
    }

    /// A sentence about the included files, shown before the upload begins.
    func note(of dump: String) -> String {
        let most = 8
        let shown = names.prefix(most).joined(separator: ", ")
        let more = names.count > most ? " and \(names.count - most) more" : ""
        return
            "\(dump) includes \(names.count == 1 ? "a file, which is" : "\(names.count) files, which are") sent with it: "
            + "\(shown)\(more)"
    }
}
