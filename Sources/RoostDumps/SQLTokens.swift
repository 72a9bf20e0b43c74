/// The words, names, texts and symbols of one SQL statement. Comments are skipped; MySQL's executable comments
/// (`/*!50017 DEFINER=… */`) count as text of the statement.
package struct SQLTokens: IteratorProtocol {
    package struct Token: Equatable {
        package enum Kind: Equatable {
            /// An unquoted word: a keyword, a name, or a number.
            case word
            /// `"name"`, `` `name` ``
            case name
            /// `'text'`, in MySQL `"text"` too, `$$text$$`
            case text
            case symbol(UInt8)
        }

        package let kind: Kind
        /// The token's range in the statement, including its quotes.
        package let range: Range<Int>
    }

    package let bytes: UnsafeBufferPointer<UInt8>
    private let dialect: StatementScanner.Dialect
    private let escapes: Bool
    private var index = 0

    package init(_ bytes: UnsafeBufferPointer<UInt8>, _ dialect: StatementScanner.Dialect, escapes: Bool) {
        self.bytes = bytes
        self.dialect = dialect
        self.escapes = escapes
    }

    package mutating func next() -> Token? {
        skip()
        guard index < bytes.count else { return nil }
        let (start, byte) = (index, bytes[index])
        if byte.isOfName {
            while index < bytes.count, bytes[index].isOfName || bytes[index] == UInt8(ascii: "$") { index += 1 }
            // `E'…'`, `B'…'`, `X'…'`, `N'…'`
            let isPrefix = index == start + 1 && index < bytes.count && bytes[index] == UInt8(ascii: "'")
            guard isPrefix else { return Token(kind: .word, range: start..<index) }
            quoted(UInt8(ascii: "'"), escapes: escapes || byte | 0x20 == UInt8(ascii: "e"))
            return Token(kind: .text, range: start..<index)
        }
        switch (dialect, byte) {
        case (_, UInt8(ascii: "'")), (.mysql, UInt8(ascii: "\"")):
            quoted(byte, escapes: escapes)
            return Token(kind: .text, range: start..<index)
        case (.mysql, UInt8(ascii: "`")), (.postgresql, UInt8(ascii: "\"")):
            quoted(byte, escapes: false)
            return Token(kind: .name, range: start..<index)
        case (.postgresql, UInt8(ascii: "$")) where dollarQuoted():
            return Token(kind: .text, range: start..<index)
        default:
            index += 1
            return Token(kind: .symbol(byte), range: start..<index)
        }
    }

    /// The next token in lower case if it is a word, else nil.
    package mutating func nextWord() -> String? {
        guard let token = next(), token.kind == .word else { return nil }
        return word(token)
    }

    /// The word in lower case.
    package func word(_ token: Token) -> String { String(decoding: bytes[token.range].map(\.lowered), as: UTF8.self) }

    /// The name as the server reads it; an unquoted name is in lower case if the server folds it.
    package func name(_ token: Token) -> [UInt8] {
        let raw = Array(bytes[token.range])
        switch token.kind {
        case .word: return dialect == .postgresql ? raw.map(\.lowered) : raw
        case .name, .text:
            guard let quote = raw.first, raw.count >= 2 else { return raw }
            var out: [UInt8] = []
            var isSecond = false
            for byte in raw.dropFirst().dropLast() {
                isSecond = byte == quote && !isSecond
                if !isSecond { out.append(byte) }
            }
            return out
        case .symbol: return raw
        }
    }

    // MARK: Private

    private mutating func skip() {
        while index < bytes.count {
            let byte = bytes[index]
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            if byte.isSpace {
                index += 1
            } else if isLineComment(byte, next) {
                while index < bytes.count, bytes[index] != .newline { index += 1 }
            } else if byte == UInt8(ascii: "/"), next == UInt8(ascii: "*") {
                skipComment()
            } else if dialect == .mysql, byte == UInt8(ascii: "*"), next == UInt8(ascii: "/") {
                // The end of an executable comment.
                index += 2
            } else {
                return
            }
        }
    }

    private func isLineComment(_ byte: UInt8, _ next: UInt8) -> Bool {
        if dialect == .mysql, byte == UInt8(ascii: "#") { return true }
        guard byte == UInt8(ascii: "-"), next == byte else { return false }
        return dialect == .postgresql || index + 2 >= bytes.count || bytes[index + 2].isSpace
    }

    private mutating func skipComment() {
        if dialect == .mysql, let base = bytes.baseAddress, Self.isExecutable(base + index, bytes.count - index) {
            index += bytes[index + 2] == UInt8(ascii: "M") ? 4 : 3
            while index < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) { index += 1 }
            return
        }
        var depth = 0
        while index + 1 < bytes.count {
            let pair = (bytes[index], bytes[index + 1])
            if pair == (UInt8(ascii: "*"), UInt8(ascii: "/")) {
                index += 2
                depth -= 1
                if depth == 0 || dialect == .mysql { return }
            } else if pair == (UInt8(ascii: "/"), UInt8(ascii: "*")) {
                index += 2
                depth += 1
            } else {
                index += 1
            }
        }
        index = bytes.count
    }

    private mutating func quoted(_ end: UInt8, escapes: Bool) {
        index += 1
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte == .backslash, escapes {
                index = min(bytes.count, index + 1)
            } else if byte == end {
                guard index < bytes.count, bytes[index] == end else { return }
                index += 1
            }
        }
    }

    private mutating func dollarQuoted() -> Bool {
        var end = index + 1
        while end < bytes.count, bytes[end].isOfName { end += 1 }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "$") else { return false }
        if end > index + 1, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index + 1]) { return false }
        let tag = Array(bytes[index...end])
        index = end + 1
        while index < bytes.count {
            if bytes[index] == tag[0], index + tag.count <= bytes.count,
                bytes[index..<index + tag.count].elementsEqual(tag)
            {
                index += tag.count
                return true
            }
            index += 1
        }
        return true
    }

    // MARK: Comments that are run

    /// `/*!` and `/*M!`
    static func isExecutable(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        guard count > 3, bytes[0] == UInt8(ascii: "/"), bytes[1] == UInt8(ascii: "*") else { return false }
        return bytes[2] == UInt8(ascii: "!") || (bytes[2] == UInt8(ascii: "M") && bytes[3] == UInt8(ascii: "!"))
    }

    /// `/*!999999\-`, `/*M!999999\-`
    static func isSandboxMark(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        var index = count > 3 && bytes[2] == UInt8(ascii: "M") ? 4 : 3
        let digits = index
        while index < count, bytes[index] == UInt8(ascii: "9") { index += 1 }
        return index - digits == 6 && index + 1 < count && bytes[index] == .backslash
            && bytes[index + 1] == UInt8(ascii: "-")
    }
}

extension UInt8 {
    /// The ASCII letter in lower case; other bytes are unchanged.
    package var lowered: UInt8 { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self }
}
