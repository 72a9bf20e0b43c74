/// The text of a dump on its way from the program that reads it to the one that runs it: statements are counted, and lines
/// that this server would refuse are put into words that it takes. No line is added or taken away.
struct DumpText {
    private(set) var scanner: StatementScanner
    private let edit: DumpEdit?
    /// Not passed on yet: the beginning of a line or of a token.
    private var kept: [UInt8] = []

    /// A longer line is not looked at.
    private static let longestLine = 1 << 16

    init(_ dialect: StatementScanner.Dialect, edit: DumpEdit? = nil, search: StatementSearch? = nil) {
        scanner = StatementScanner(dialect, search: search)
        self.edit = edit
    }

    /// What can be passed on of all that came until now.
    mutating func take(_ bytes: [UInt8], isLast: Bool = false) async throws(EngineError) -> [UInt8] {
        let text = kept + bytes
        var out: [UInt8] = []
        out.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            if scanner.isBetweenLines, let edit, edit.concerns(text[index...]) {
                guard let end = text[index...].firstIndex(of: .newline) ?? (isLast ? text.count - 1 : nil) else {
                    if text.count - index < Self.longestLine { break }
                    index = read(text, from: index, isLast: isLast, into: &out)
                    continue
                }
                let line = try await edit.apply(String(decoding: text[index...end], as: UTF8.self))
                _ = scanner.read(Array(line.utf8))
                out += line.utf8
                index = end + 1
            } else {
                let next = read(text, from: index, isLast: isLast, into: &out)
                if next == index { break }
                index = next
            }
        }
        kept = Array(text[index...])
        return out
    }

    private mutating func read(_ text: [UInt8], from index: Int, isLast: Bool, into out: inout [UInt8]) -> Int {
        let end = scanner.read(text, from: index, isLast: isLast)
        out += text[index..<end]
        return end
    }
}

/// Which lines of a dump mean something else to this server than to the one that it comes from.
struct DumpEdit: Sendable {
    /// Whether the line that begins here may be one of them. Asked for every line that a statement may begin on.
    let concerns: @Sendable (ArraySlice<UInt8>) -> Bool
    /// What stands for it, as one line.
    let apply: @Sendable (String) async throws(EngineError) -> String
}
