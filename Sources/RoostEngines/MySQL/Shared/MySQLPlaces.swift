import RoostDumps

/// The databases that a statement of a dump names before the objects that it creates, changes or fills: `INSERT INTO
/// shop.t`. Pure.
struct MySQLPlaces {
    private let reading: MySQLForeign.Reading
    /// Databases that the statement writes to, in order of appearance, including names in statements about databases.
    private(set) var written: [String] = []
    /// The statement only grants or revokes rights there.
    let isOfRights: Bool
    /// Every place where a database name precedes an object name.
    private var all: [(name: String, range: Range<Int>)] = []

    private typealias Token = SQLTokens.Token

    init(_ statement: Statement) {
        reading = MySQLForeign.Reading(statement)
        let verb = reading.words.first ?? ""
        isOfRights = verb == "grant" || verb == "revoke"
        let isOfRows = verb == "insert" || verb == "replace"
        let tokens = isOfRows ? Self.withoutRows(reading) : reading.all()
        let words = tokens.map { $0.kind == .word ? reading.tokens.word($0) : "" }
        if verb == "alter", ["database", "schema"].contains(words[safe: 1]), let token = tokens[safe: 2], token.isName {
            // Without a name, the statement is about the session's database.
            let options = ["default", "character", "charset", "collate", "comment", "encryption", "read", "set"]
            if token.kind != .word || !options.contains(words[2]) { add(token, isWritten: true) }
        }
        let end = Self.end(words, tokens, reading)
        var clause = Clause(isJoin: ["update", "delete", "with"].contains(verb))
        for index in tokens.indices {
            defer { clause.note(words[index], tokens[index]) }
            guard isQualifier(tokens, index) else { continue }
            let lead = index > 0 ? words[index - 1] : ""
            let isLed =
                (Self.leads.contains(lead) && !(clause.isJoin && lead == "on"))
                || (index > 0 && clause.listsTables && reading.isSymbol(tokens[index - 1], ","))
            // `shop.t.price`, `shop.f(`
            let isWhole = isPoint(tokens, index + 3) || reading.isSymbol(tokens[safe: index + 3], "(")
            if isLed || isWhole || ["references", "like"].contains(lead) {
                add(tokens[index], isWritten: isLed && index < end)
            }
        }
    }

    private mutating func add(_ token: Token, isWritten: Bool) {
        let name = reading.text(token)
        all.append((name, token.range))
        if isWritten, !written.contains(name) { written.append(name) }
    }

    /// Databases that the statement names but does not write to.
    var read: Set<String> { Set(all.map(\.name)).subtracting(written) }

    /// The statement with `other` in place of this database. Nil if the statement does not name it.
    func moved(from name: String, to other: String) -> [UInt8]? {
        let changes = all.filter { $0.name == name }.map { ($0.range, Array(SQLText.identifier(other).utf8)) }
        return changes.isEmpty ? nil : reading.replacing(changes)
    }

    // MARK: Private

    /// Words that precede a name that the statement changes.
    private static let leads: Set<String> = [
        "into", "table", "tables", "view", "trigger", "function", "procedure", "event", "sequence", "package", "body",
        "exists", "on", "to", "as", "rename", "update", "from", "using", "join", "ignore", "low_priority", "delayed",
        "high_priority", "concurrent", "quick", "insert", "replace", "truncate", "delete", "call",
    ]

    /// The context of a name: whether a preceding comma separates tables, or columns and values.
    private struct Clause {
        /// Within joins ON precedes a condition, not a table.
        var isJoin: Bool
        /// Whether commas separate tables, by depth of parentheses.
        private var lists = [true]

        init(isJoin: Bool) { self.isJoin = isJoin }

        var listsTables: Bool { lists.last ?? true }

        mutating func note(_ word: String, _ token: Token) {
            switch token.kind {
            case .symbol(UInt8(ascii: "(")): lists.append(listsTables)
            case .symbol(UInt8(ascii: ")")): if lists.count > 1 { lists.removeLast() }
            default: break
            }
            switch word {
            case "from", "join", "using":
                lists[lists.count - 1] = true
                isJoin = true
            case "select", "where", "set", "having", "by", "limit": lists[lists.count - 1] = false
            default: break
            }
        }
    }

    /// The tokens of INSERT and REPLACE without the rows, which are many and irrelevant here. Columns in parentheses
    /// name no database.
    private static func withoutRows(_ reading: MySQLForeign.Reading) -> [Token] {
        var (rest, out, depth) = (reading.tokens, [Token](), 0)
        var head = reading.head[...]
        func word(_ token: Token) -> String { token.kind == .word ? reading.tokens.word(token) : "" }
        while let token = head.popFirst() ?? rest.next() {
            switch word(token) {
            case "value", "values": return out
            case "select", "with", "set", "table":
                out.append(token)
                out += head
                while out.count < 50_000, let token = rest.next() { out.append(token) }
                return out
            default: break
            }
            if token.kind == .symbol(UInt8(ascii: "(")) { depth += 1 }
            if depth == 0 { out.append(token) }
            if token.kind == .symbol(UInt8(ascii: ")")) { depth -= 1 }
        }
        return out
    }

    /// The end of the part of a statement that says what it changes. The rest names what it reads or what runs later.
    private static func end(_ words: [String], _ tokens: [Token], _ reading: MySQLForeign.Reading) -> Int {
        func first(_ ends: String..., from start: Int = 1) -> Int {
            tokens.indices.dropFirst(start).first {
                ends.contains(words[$0]) || (ends.contains("(") && reading.isSymbol(tokens[$0], "("))
            } ?? tokens.count
        }
        switch words.first {
        case "insert", "replace": return first("select", "with", "set", "table")
        case "drop", "truncate", "lock", "rename", "analyze", "optimize", "repair", "check":
            return tokens.count
        case "update": return first("set")
        case "delete": return first("where")
        case "call": return first("(")
        case "grant": return first("to")
        case "revoke": return first("from")
        case "with":
            return tokens.indices.contains { ["update", "delete", "insert", "replace"].contains(words[$0]) }
                ? first("set", "where") : 0
        case "alter":
            if words.prefix(12).contains("view") { return first("as") }
            return words.prefix(12).contains("event") ? first("do") : tokens.count
        case "create":
            if words.contains("trigger") { return first("for") }
            if words.prefix(12).contains("event") { return first("on", "do") }
            // Search from the object kind: a definer may be `CURRENT_USER()`, with a parenthesis.
            let kinds: Set<String> = ["view", "function", "procedure", "package", "table", "sequence", "index"]
            let kind = words.firstIndex(where: kinds.contains) ?? 0
            return first("(", "as", "returns", "select", "like", "is", "begin", from: kind)
        default: return 0
        }
    }

    private func isPoint(_ tokens: [Token], _ index: Int) -> Bool { reading.isSymbol(tokens[safe: index], ".") }

    /// Whether the token is a name before a dot, but not after a dot or an `@`.
    private func isQualifier(_ tokens: [Token], _ index: Int) -> Bool {
        let token = tokens[index]
        guard isIdentifier(token), isPoint(tokens, index + 1), let next = tokens[safe: index + 2],
            isIdentifier(next) || reading.isSymbol(next, "*")
        else { return false }
        if index > 0, isPoint(tokens, index - 1) || reading.isSymbol(tokens[index - 1], "@") { return false }
        // A token of digits is a number, not a name.
        return token.kind != .word || !reading.bytes[token.range].allSatisfy { (0x30...0x39).contains($0) }
    }

    /// In SQL mode `ANSI_QUOTES` names stand in double quotes.
    private func isIdentifier(_ token: Token) -> Bool {
        token.kind == .word || token.kind == .name
            || (token.kind == .text && reading.bytes[token.range.lowerBound] == UInt8(ascii: "\""))
    }
}
