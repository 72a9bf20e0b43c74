import Glibc

/// Splits an SQL dump into statements, as the engine's own client program does, without understanding or changing
/// them. Pure: the scanner is given a window of bytes and remembers how far it has scanned the current piece.
///
/// The window begins where the last piece ended. The pieces are the same for all window sizes.
package struct StatementScanner {
    package enum Dialect { case mysql, postgresql }

    package enum Piece: Equatable {
        /// A comment between statements.
        case comment(Range<Int>)
        /// A statement without its delimiter. Not terminated: the dump ended first.
        case statement(Range<Int>, isTerminated: Bool)
        /// A line for the client program itself, without its end: `\connect shop`, `source dishes.sql`.
        case command(Range<Int>)
        /// Whole lines of rows after a COPY.
        case rows(Range<Int>)
        /// The line `\.`.
        case endOfRows
    }

    package struct Found: Equatable {
        package let piece: Piece
        /// How many bytes of the window are consumed.
        package let length: Int
        /// The line of the dump on which the piece begins; the first line is 1.
        package let line: Int
    }

    enum Place: Equatable {
        case between
        case statement
        /// Within quotes: the closing quote, and whether a backslash escapes.
        case quoted(UInt8, escapes: Bool)
        case dollarQuoted([UInt8])
        case lineComment(inStatement: Bool)
        case blockComment(inStatement: Bool, depth: Int)
        case command
        /// The rest of the line of a COPY.
        case lineOfCopy
        case rows
    }

    /// Which lead bytes take the next byte with them: in some encodings the second byte of a character may look like
    /// a quote or a backslash.
    package enum Encoding { case plain, shiftJIS, doubleByte }

    /// How many bytes suffice to classify a token by its beginning.
    static let lookahead = 80

    package let dialect: Dialect
    var place = Place.between
    /// The line of the window's first byte; the first line is 1.
    package private(set) var line = 1
    /// Whether backslashes escape in `'…'`, according to the server: `standard_conforming_strings` off, or no
    /// NO_BACKSLASH_ESCAPES.
    package var escapes: Bool
    package var encoding = Encoding.plain
    package private(set) var delimiter: [UInt8] = [UInt8(ascii: ";")]
    private var special: SpecialBytes

    /// How far the window is scanned, and where the current statement or comment begins.
    var cursor = 0
    var begin = 0
    private var parentheses = 0

    package init(_ dialect: Dialect) {
        self.dialect = dialect
        escapes = dialect == .mysql
        special = SpecialBytes(dialect, delimiter: UInt8(ascii: ";"))
    }

    /// The scanner for a file included at this point: it starts with the current settings.
    package func forAnotherFile() -> StatementScanner {
        var other = StatementScanner(dialect)
        other.goOn(after: self)
        return other
    }

    /// Takes over the settings that an included file has changed.
    package mutating func goOn(after other: StatementScanner) {
        (escapes, encoding, delimiter, special) = (other.escapes, other.encoding, other.delimiter, other.special)
    }

    /// Rows follow on the next line. Called after a COPY that makes the server wait for them.
    package mutating func beginRows() { place = .lineOfCopy }

    /// The next piece; nil if the window has none or only a part of one.
    package mutating func next(_ bytes: UnsafeBufferPointer<UInt8>, isLast: Bool) -> Found? {
        guard let base = bytes.baseAddress else { return nil }
        let window = Window(bytes: base, count: bytes.count, isLast: isLast)
        while cursor < window.end {
            let found: Piece?
            switch place {
            case .between: found = readBetween(window)
            case .statement: found = readStatement(window)
            case .quoted(let end, let escapes): found = readQuoted(window, end, escapes)
            case .dollarQuoted(let tag): found = readDollarQuoted(window, tag)
            case .lineComment(let inStatement): found = readLineComment(window, inStatement)
            case .blockComment(let inStatement, let depth): found = readBlockComment(window, inStatement, depth)
            case .command, .lineOfCopy: found = readLine(window)
            case .rows:
                if let found = readRows(window) { return finish(found, window) }
                return nil
            }
            if let found { return finish(found, window) }
        }
        guard isLast, place == .statement, cursor == bytes.count, cursor > begin else { return nil }
        place = .between
        return finish(.statement(begin..<cursor, isTerminated: false), window)
    }

    /// The unfinished construct at the end of the dump, and the line on which it begins; nil if the dump may end
    /// here.
    package var unfinished: (what: String, line: Int)? {
        switch place {
        case .between, .statement, .command: nil
        case .quoted: ("a quoted string", beginLine)
        case .dollarQuoted: ("a quoted body", beginLine)
        case .lineComment: nil
        case .blockComment: ("a comment", beginLine)
        case .lineOfCopy, .rows: ("the rows of a COPY", line)
        }
    }

    private var beginLine: Int { line }

    /// The window's bytes. Tokens are read only before `end`, so that the lookahead is complete.
    struct Window {
        let bytes: UnsafePointer<UInt8>
        let count: Int
        let isLast: Bool
        var end: Int { isLast ? count : max(0, count - StatementScanner.lookahead) }

        func find(_ byte: UInt8, from: Int) -> Int? {
            guard from < count, let found = memchr(bytes + from, Int32(byte), count - from) else { return nil }
            return UnsafeRawPointer(found) - UnsafeRawPointer(bytes)
        }

        func follows(_ token: [UInt8], _ index: Int) -> Bool {
            guard index + token.count <= count else { return false }
            return token.withUnsafeBufferPointer { token in
                token.baseAddress.map { memcmp($0, bytes + index, token.count) == 0 } ?? true
            }
        }

        /// Compares without regard to letter case; `word` is in lower case.
        func followsWord(_ word: StaticString, _ index: Int) -> Bool {
            let count = word.utf8CodeUnitCount
            guard index + count <= self.count else { return false }
            for offset in 0..<count where bytes[index + offset] | 0x20 != word.utf8Start[offset] { return false }
            return true
        }
    }

    private mutating func finish(_ piece: Piece, _ window: Window) -> Found {
        let first =
            switch piece {
            case .comment(let range), .statement(let range, _), .command(let range), .rows(let range): range.lowerBound
            case .endOfRows: 0
            }
        let own = line + Self.lines(window.bytes, 0..<first)
        let length = cursor
        line = own + Self.lines(window.bytes, first..<length)
        cursor = 0
        begin = 0
        return Found(piece: piece, length: length, line: own)
    }

    static func lines(_ bytes: UnsafePointer<UInt8>, _ range: Range<Int>) -> Int {
        var (count, index) = (0, range.lowerBound)
        while index < range.upperBound, let found = memchr(bytes + index, 10, range.upperBound - index) {
            count += 1
            index = UnsafeRawPointer(found) - UnsafeRawPointer(bytes) + 1
        }
        return count
    }
}

// MARK: Between statements

extension StatementScanner {
    private mutating func readBetween(_ window: Window) -> Piece? {
        let byte = window.bytes[cursor]
        if byte.isSpace {
            cursor += 1
            return nil
        }
        if beginComment(window, inStatement: false) { return nil }
        switch dialect {
        case .postgresql where byte == .backslash:
            begin = cursor
            place = .command
            return nil
        case .postgresql where byte == UInt8(ascii: ";"):
            cursor += 1
            return nil
        case .postgresql: break
        case .mysql:
            if readDelimiterCommand(window) { return nil }
            if window.follows(delimiter, cursor) {
                cursor += delimiter.count
                return nil
            }
            if isInclude(window) {
                begin = cursor
                place = .command
                return nil
            }
        }
        begin = cursor
        place = .statement
        parentheses = 0
        return nil
    }

    /// `source dishes.sql`, `\. dishes.sql`. Unlike a statement, an include ends with its line.
    private func isInclude(_ window: Window) -> Bool {
        let isShort =
            window.bytes[cursor] == .backslash && cursor + 1 < window.count && window.bytes[cursor + 1] == .dot
        guard isShort || window.followsWord("source", cursor) else { return false }
        let blank = cursor + (isShort ? 2 : 6)
        return blank < window.count && (window.bytes[blank] == 0x20 || window.bytes[blank] == 0x09)
    }

    /// `DELIMITER ;;`
    private mutating func readDelimiterCommand(_ window: Window) -> Bool {
        let blank = cursor + 9
        guard window.bytes[cursor] | 0x20 == UInt8(ascii: "d"), blank < window.count, window.bytes[blank].isSpace,
            window.followsWord("delimiter", cursor)
        else { return false }
        var first = blank
        while first < window.count, window.bytes[first] == 0x20 || window.bytes[first] == 0x09 { first += 1 }
        var last = first
        while last < window.count, last - first < Self.lookahead / 2, !window.bytes[last].isSpace { last += 1 }
        if last > first {
            delimiter = Array(UnsafeBufferPointer(start: window.bytes + first, count: last - first))
            special = SpecialBytes(dialect, delimiter: delimiter[0])
        }
        cursor = last
        // The rest of the line is ignored.
        place = .lineComment(inStatement: false)
        begin = cursor
        return true
    }
}

// MARK: Statements

extension StatementScanner {
    private mutating func readStatement(_ window: Window) -> Piece? {
        let bytes = window.bytes
        let end = window.end
        let special = special.table
        var index = cursor
        if encoding == .plain {
            while index < end, !special[Int(bytes[index])] { index += 1 }
        } else {
            while index < end, !special[Int(bytes[index])] { index += isWide(bytes[index]) ? 2 : 1 }
        }
        cursor = min(index, window.count)
        guard cursor < end else { return nil }
        let byte = bytes[cursor]
        if parentheses == 0, window.follows(delimiter, cursor) {
            if isWithinAtomicBody(window) {
                cursor += 1
                return nil
            }
            let statement = begin..<cursor
            cursor += delimiter.count
            place = .between
            return .statement(statement, isTerminated: true)
        }
        if beginComment(window, inStatement: true) { return nil }
        beginToken(window, byte)
        return nil
    }

    private mutating func beginToken(_ window: Window, _ byte: UInt8) {
        let index = cursor
        cursor += 1
        switch (dialect, byte) {
        case (.mysql, UInt8(ascii: "'")), (.mysql, UInt8(ascii: "\"")): place = .quoted(byte, escapes: escapes)
        case (.mysql, UInt8(ascii: "`")), (.postgresql, UInt8(ascii: "\"")): place = .quoted(byte, escapes: false)
        case (.postgresql, UInt8(ascii: "'")):
            place = .quoted(byte, escapes: escapes || isEscapeString(window, index))
        case (.postgresql, UInt8(ascii: "$")):
            guard index == begin || !window.bytes[index - 1].isOfName, let tag = dollarTag(window, index) else {
                return
            }
            cursor = index + tag.count
            place = .dollarQuoted(tag)
        // A rule may contain several statements in parentheses.
        case (.postgresql, UInt8(ascii: "(")): parentheses += 1
        case (.postgresql, UInt8(ascii: ")")): parentheses = max(0, parentheses - 1)
        default: break
        }
    }

    /// `E'…'`; not a word that ends with an E.
    private func isEscapeString(_ window: Window, _ index: Int) -> Bool {
        guard index > begin, window.bytes[index - 1] | 0x20 == UInt8(ascii: "e") else { return false }
        return index - 1 == begin || !window.bytes[index - 2].isOfName
    }

    private func isWide(_ byte: UInt8) -> Bool {
        switch encoding {
        case .plain: false
        case .shiftJIS: (0x81...0x9F).contains(byte) || (0xE0...0xFC).contains(byte)
        case .doubleByte: (0x81...0xFE).contains(byte)
        }
    }

    /// A doubled quote ends the text and begins it again, with the same result.
    private mutating func readQuoted(_ window: Window, _ end: UInt8, _ escapes: Bool) -> Piece? {
        guard encoding == .plain else {
            readWideQuoted(window, end, escapes)
            return nil
        }
        var quote = window.find(end, from: cursor)
        while escapes, let slash = window.find(.backslash, from: cursor), slash < quote ?? .max {
            guard slash + 1 < window.count else {
                cursor = window.isLast ? window.count : slash
                return nil
            }
            cursor = slash + 2
            if let found = quote, found < cursor { quote = window.find(end, from: cursor) }
        }
        if let quote {
            cursor = quote + 1
            place = .statement
        } else {
            cursor = window.count
        }
        return nil
    }

    private mutating func readWideQuoted(_ window: Window, _ end: UInt8, _ escapes: Bool) {
        while cursor < window.end {
            let byte = window.bytes[cursor]
            if byte == end {
                cursor += 1
                place = .statement
                return
            }
            cursor = min(window.count, cursor + (isWide(byte) || (escapes && byte == .backslash) ? 2 : 1))
        }
    }

    private mutating func readDollarQuoted(_ window: Window, _ tag: [UInt8]) -> Piece? {
        while let dollar = window.find(tag[0], from: cursor) {
            // The end of the window may cut the tag.
            guard dollar + tag.count <= window.count else {
                cursor = window.isLast ? window.count : dollar
                return nil
            }
            cursor = dollar + 1
            guard window.follows(tag, dollar) else { continue }
            cursor = dollar + tag.count
            place = .statement
            return nil
        }
        cursor = window.count
        return nil
    }

    /// `$$` or `$tag$`; nil for a parameter or a lone dollar sign. Even the longest valid tag is within the
    /// lookahead.
    private func dollarTag(_ window: Window, _ index: Int) -> [UInt8]? {
        var end = index + 1
        while end < window.count, window.bytes[end].isOfName, end - index < Self.lookahead - 8 { end += 1 }
        guard end < window.count, window.bytes[end] == UInt8(ascii: "$") else { return nil }
        let isParameter = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(window.bytes[index + 1])
        return isParameter ? nil : Array(UnsafeBufferPointer(start: window.bytes + index, count: end + 1 - index))
    }

    /// `CREATE FUNCTION … BEGIN ATOMIC …; …; END`: the body of a function in SQL itself, as psql recognizes it.
    private func isWithinAtomicBody(_ window: Window) -> Bool {
        guard dialect == .postgresql, window.bytes[begin] | 0x20 == UInt8(ascii: "c") else { return false }
        var words = SQLTokens(
            UnsafeBufferPointer(start: window.bytes + begin, count: cursor - begin), .postgresql, escapes: escapes)
        guard words.nextWord() == "create" else { return false }
        var kind = words.nextWord()
        if kind == "or" {
            _ = words.nextWord()
            kind = words.nextWord()
        }
        guard kind == "function" || kind == "procedure" else { return false }
        var (depth, nesting) = (0, 0)
        while let token = words.next() {
            switch token.kind {
            case .symbol(UInt8(ascii: "(")): nesting += 1
            case .symbol(UInt8(ascii: ")")): nesting -= 1
            case .word where nesting == 0:
                switch words.word(token) {
                case "begin": depth += 1
                case "case" where depth > 0: depth += 1
                case "end" where depth > 0: depth -= 1
                default: break
                }
            default: break
            }
        }
        return depth > 0
    }
}

/// The bytes that may begin or end a construct within a statement.
private final class SpecialBytes: Sendable {
    /// 256 flags. Written only in the initializer, and freed with this object.
    nonisolated(unsafe) let table: UnsafeMutablePointer<Bool>

    init(_ dialect: StatementScanner.Dialect, delimiter: UInt8) {
        table = .allocate(capacity: 256)
        table.initialize(repeating: false, count: 256)
        let bytes: StaticString = dialect == .mysql ? "'\"`-#/" : "'\"$()-/"
        for index in 0..<bytes.utf8CodeUnitCount { table[Int(bytes.utf8Start[index])] = true }
        table[Int(delimiter)] = true
    }

    deinit { table.deallocate() }
}

extension UInt8 {
    package static let newline = UInt8(ascii: "\n")
    package static let carriageReturn = UInt8(ascii: "\r")
    package static let backslash = UInt8(ascii: "\\")
    package static let dot = UInt8(ascii: ".")

    package var isSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
    /// Whether the byte may be part of a name. Bytes from 0x80 are parts of letters of other languages.
    package var isOfName: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...0xFF:
            true
        default: false
        }
    }
}
