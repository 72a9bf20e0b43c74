// What a byte means, given those that came before and a few that follow. Each returns how many bytes it has taken in.
extension StatementScanner {
    typealias Bytes = UnsafeBufferPointer<UInt8>

    mutating func readToken(_ bytes: Bytes, _ index: Int) -> Int {
        let byte = bytes[index]
        switch place {
        case .between: return readBetween(bytes, index)
        case .statement: return readStatement(bytes, index)
        case .quoted(let end, let escapes): return readQuoted(byte, end, escapes, bytes.count - index)
        case .dollarQuoted(let tag):
            guard byte == UInt8(ascii: "$"), follows(tag, bytes, index) else { return 1 }
            place = .statement
            return tag.count
        case .lineComment(let inStatement):
            if byte == .newline { place = inStatement ? .statement : .between }
            return 1
        case .blockComment(let inStatement, let depth):
            return readComment(bytes, index, inStatement, depth)
        case .command:
            if byte == .newline { place = .between }
            return 1
        case .rows: return 1
        }
    }

    private mutating func readBetween(_ bytes: Bytes, _ index: Int) -> Int {
        let byte = bytes[index]
        if byte.isSpace { return 1 }
        if let count = beginComment(bytes, index, inStatement: false) { return count }
        switch dialect {
        case .postgresql where byte == .backslash:
            place = .command
            return 1
        case .mysql:
            if let count = readDelimiterCommand(bytes, index) { return count }
            if follows(delimiter, bytes, index) { return delimiter.count }
        case .postgresql:
            if byte == UInt8(ascii: ";") { return 1 }
        }
        beginStatement(byte)
        return readStatement(bytes, index)
    }

    private mutating func readStatement(_ bytes: Bytes, _ index: Int) -> Int {
        let byte = bytes[index]
        if follows(delimiter, bytes, index), parentheses == 0 {
            let count = delimiter.count
            finishStatement()
            return count
        }
        if let count = beginComment(bytes, index, inStatement: true) { return count }
        switch (dialect, byte) {
        case (.mysql, UInt8(ascii: "'")), (.mysql, UInt8(ascii: "\"")): place = .quoted(byte, escapes: true)
        case (.mysql, UInt8(ascii: "`")): place = .quoted(byte, escapes: false)
        case (.postgresql, UInt8(ascii: "'")):
            // `E'…'`; an E that ends a longer word would be followed by a blank.
            place = .quoted(byte, escapes: previous | 0x20 == UInt8(ascii: "e"))
        case (.postgresql, UInt8(ascii: "\"")): place = .quoted(byte, escapes: false)
        case (.postgresql, UInt8(ascii: "$")):
            guard !previous.isOfName, let tag = dollarTag(bytes, index) else { return 1 }
            place = .dollarQuoted(tag)
            return tag.count
        // A rule may hold several statements, in parentheses.
        case (.postgresql, UInt8(ascii: "(")): parentheses += 1
        case (.postgresql, UInt8(ascii: ")")): parentheses = max(0, parentheses - 1)
        default: break
        }
        return 1
    }

    /// A quote that is written twice ends and begins again, which comes to the same.
    private mutating func readQuoted(_ byte: UInt8, _ end: UInt8, _ escapes: Bool, _ left: Int) -> Int {
        if byte == .backslash, escapes { return min(2, left) }
        if byte == end { place = .statement }
        return 1
    }

    private mutating func finishStatement() {
        // `COPY t (a, b) FROM stdin;`
        if let copy, copy.count < 1 << 16 {
            let text = String(decoding: copy, as: UTF8.self).lowercased()
            let words = text.split(whereSeparator: \.isWhitespace)
            let isFromClient = zip(words, words.dropFirst()).contains { $0 == "from" && $1.hasPrefix("stdin") }
            if words.first == "copy", isFromClient {
                // The rest of its line is nothing.
                place = .rows
                return
            }
        }
        place = .between
        endStatement()
    }

    // MARK: Comments

    private mutating func beginComment(_ bytes: Bytes, _ index: Int, inStatement: Bool) -> Int? {
        let byte = bytes[index]
        let next = index + 1 < bytes.count ? bytes[index + 1] : .newline
        if byte == UInt8(ascii: "-"), next == byte {
            // MySQL's `5--2` is an expression.
            let isComment = dialect == .postgresql || index + 2 >= bytes.count || bytes[index + 2].isSpace
            guard isComment else { return nil }
            place = .lineComment(inStatement: inStatement)
            return 2
        }
        if byte == UInt8(ascii: "#"), dialect == .mysql {
            place = .lineComment(inStatement: inStatement)
            return 1
        }
        guard byte == UInt8(ascii: "/"), next == UInt8(ascii: "*") else { return nil }
        // `/*!40101 SET …*/` is run.
        if dialect == .mysql, follows(Array("/*!".utf8), bytes, index) || follows(Array("/*M!".utf8), bytes, index) {
            return nil
        }
        place = .blockComment(inStatement: inStatement, depth: 1)
        return 2
    }

    private mutating func readComment(_ bytes: Bytes, _ index: Int, _ inStatement: Bool, _ depth: Int) -> Int {
        if follows(Array("*/".utf8), bytes, index) {
            let outer: Place = inStatement ? .statement : .between
            place = depth == 1 ? outer : .blockComment(inStatement: inStatement, depth: depth - 1)
            return 2
        }
        // PostgreSQL's comments nest.
        if dialect == .postgresql, follows(Array("/*".utf8), bytes, index) {
            place = .blockComment(inStatement: inStatement, depth: depth + 1)
            return 2
        }
        return 1
    }

    // MARK: Words

    private func follows(_ token: [UInt8], _ bytes: Bytes, _ index: Int) -> Bool {
        guard bytes[index] == token[0], index + token.count <= bytes.count else { return false }
        return bytes[index..<index + token.count].elementsEqual(token)
    }

    /// `$$` or `$tag$`; nil: a parameter, or nothing. A tag as long as a name may be is within the lookahead.
    private func dollarTag(_ bytes: Bytes, _ index: Int) -> [UInt8]? {
        var end = index + 1
        while end < bytes.count, bytes[end].isOfName, end - index < Self.lookahead { end += 1 }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "$") else { return nil }
        return Array(bytes[index...end])
    }

    /// `DELIMITER ;;`
    private mutating func readDelimiterCommand(_ bytes: Bytes, _ index: Int) -> Int? {
        let word = "delimiter"
        let blank = index + word.utf8.count
        guard blank < bytes.count, bytes[blank].isSpace, bytes[index] | 0x20 == UInt8(ascii: "d"),
            String(decoding: bytes[index..<blank], as: UTF8.self).lowercased() == word
        else { return nil }
        let rest = bytes[blank...].prefix(Self.lookahead).drop { $0 == 0x20 || $0 == 0x09 }
        let text = rest.prefix { !$0.isSpace }
        if !text.isEmpty { delimiter = Array(text) }
        place = .command
        return word.utf8.count
    }
}
