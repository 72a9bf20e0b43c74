/// Reads SQL text piece by piece and knows where its statements begin and end, as the engine's own client program does:
/// for the count of them, and to find the one that failed. Pure; it understands no statement.
///
/// A mistake shows in figures and in the words of an error alone: what the server runs is decided by the client program.
struct StatementScanner {
    enum Dialect { case mysql, postgresql }

    enum Place: Equatable {
        /// No statement has begun.
        case between
        case statement
        /// Within quotes that end with this; whether a backslash escapes there.
        case quoted(UInt8, escapes: Bool)
        case dollarQuoted([UInt8])
        case lineComment(inStatement: Bool)
        case blockComment(inStatement: Bool, depth: Int)
        /// A line for the client program itself: `\connect shop`, `DELIMITER ;;`.
        case command
        /// Rows that follow a COPY, until a line of `\.` alone.
        case rows
    }

    let dialect: Dialect
    var place = Place.between
    /// From 1, of the next byte.
    var line = 1
    /// Those that ended.
    var statements = 0
    /// Whether the next byte is a line's first.
    var isAtLineStart = true
    var delimiter = Array(";".utf8)
    var parentheses = 0
    var previous: UInt8 = 0
    /// The beginning of a statement that may be followed by rows; nil: another one.
    var copy: [UInt8]?
    var search: StatementSearch?

    init(_ dialect: Dialect, search: StatementSearch? = nil) {
        self.dialect = dialect
        self.search = search
    }

    /// What is needed to know a token from its beginning. So many bytes may be left unread at the end of a piece.
    static let lookahead = 72

    /// Whether a line that a statement may begin on comes next.
    var isBetweenLines: Bool { place == .between && isAtLineStart }

    /// Reads on from `start`, and stops before a line that a statement may begin on, or where it cannot know a token
    /// before it has more; `isLast`: there is no more. Returns where it stopped.
    mutating func read(_ bytes: [UInt8], from start: Int = 0, isLast: Bool = true) -> Int {
        bytes.withUnsafeBufferPointer { bytes in
            let end = isLast ? bytes.count : bytes.count - Self.lookahead
            var index = start
            while index < end {
                if place == .rows {
                    index = readRow(bytes, index)
                } else {
                    let count = readToken(bytes, index)
                    pass(bytes, index, count)
                    index += count
                }
                if isBetweenLines, index > start { break }
            }
            return index
        }
    }

    /// Notes what was read of a token.
    private mutating func pass(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int, _ count: Int) {
        for byte in bytes[index..<index + count] {
            if copy != nil, place != .rows { copy?.append(byte) }
            search?.pass(byte)
            isAtLineStart = byte == .newline
            if isAtLineStart { line += 1 }
            previous = byte
        }
    }

    /// A line of rows, or what a piece has of it.
    private mutating func readRow(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
        let end = bytes[index...].firstIndex(of: .newline).map { $0 + 1 } ?? bytes.count
        let isEnd =
            isAtLineStart && bytes[index] == .backslash && index + 1 < bytes.count && bytes[index + 1] == .dot
            && (index + 2 == bytes.count || bytes[index + 2] == .newline || bytes[index + 2] == .carriageReturn)
        if isEnd {
            place = .between
            endStatement()
        }
        isAtLineStart = bytes[end - 1] == .newline
        if isAtLineStart { line += 1 }
        return end
    }

    mutating func beginStatement(_ byte: UInt8) {
        place = .statement
        parentheses = 0
        search?.begin(line: line)
        copy = dialect == .postgresql && byte | 0x20 == UInt8(ascii: "c") ? [] : nil
    }

    mutating func endStatement() {
        statements += 1
        search?.end(line: line)
        copy = nil
    }
}

/// Looks for the statement at a line, and keeps its beginning.
struct StatementSearch {
    static let longest = 200

    /// A client names the line on which a statement begins or ends. The first that ends there or later is meant, with
    /// what follows it on the same line.
    let wanted: Int
    private var head: [UInt8] = []
    private var begun: Int?
    private var ended: Int?
    private var isWhole = false

    init(line: Int) { wanted = line }

    /// The statement and the line that it begins on.
    private(set) var found: (line: Int, text: String)?

    mutating func begin(line: Int) {
        if begun != nil, ended == line { return }
        settle()
        head = []
        begun = line
        ended = nil
        isWhole = false
    }

    mutating func end(line: Int) { ended = line }

    mutating func pass(_ byte: UInt8) {
        if ended != nil, byte == .newline { isWhole = true }
        // In UTF-8 a character has up to four bytes.
        if begun != nil, !isWhole, head.count < 4 * Self.longest { head.append(byte) }
    }

    /// Takes what was read last for the end.
    mutating func settle() {
        guard found == nil, let begun, ended ?? .max >= wanted else { return }
        let text = String(decoding: head, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        found = (begun, String(text.prefix(Self.longest)))
    }
}

extension UInt8 {
    static let newline = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let backslash = UInt8(ascii: "\\")
    static let dot = UInt8(ascii: ".")

    var isSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
    /// Whether it may stand in a name, as a letter of any language may.
    var isOfName: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...0xFF:
            true
        default: false
        }
    }
}
