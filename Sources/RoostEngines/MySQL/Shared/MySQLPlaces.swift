/// The databases that a statement of a dump names in front of what it makes, changes or fills: `INSERT INTO shop.t`. Pure.
struct MySQLPlaces {
    private let reading: MySQLForeign.Reading
    /// Of what the statement writes to, in its order. Names of databases in statements about databases are among them.
    private(set) var written: [String] = []
    /// Rights are given there, and nothing is changed.
    let isOfRights: Bool
    /// Every place where a database stands before a name.
    private var all: [(name: String, range: Range<Int>)] = []

    private typealias Token = SQLTokens.Token

    init(_ statement: Statement) {
        reading = MySQLForeign.Reading(statement)
        let verb = reading.words.first ?? ""
        isOfRights = verb == "grant" || verb == "revoke"
        let isOfRows = verb == "insert" || verb == "replace"
        // Rows are many and long, and only what stands before them matters.
        let tokens = isOfRows ? Self.beginning(reading) : reading.all()
        let words = tokens.map { $0.kind == .word ? reading.tokens.word($0) : "" }
        if verb == "alter", ["database", "schema"].contains(words[safe: 1]), let token = tokens[safe: 2], token.isName {
            // Without a name it is about the session's own.
            let options = ["default", "character", "charset", "collate", "comment", "encryption", "read", "set"]
            if token.kind != .word || !options.contains(words[2]) { add(token, isWritten: true) }
        }
        let end = Self.end(words, tokens, reading)
        // There it stands before a condition.
        let isJoin = ["update", "delete", "with"].contains(verb)
        for index in tokens.indices where isQualifier(tokens, index) {
            let lead = index > 0 ? words[index - 1] : ""
            let isLed =
                (Self.leads.contains(lead) && !(isJoin && lead == "on"))
                || (index > 0 && reading.isSymbol(tokens[index - 1], ","))
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

    /// The statement with another database in the places of this one; nil: it does not name it.
    func moved(from name: String, to other: String) -> [UInt8]? {
        let changes = all.filter { $0.name == name }.map { ($0.range, Array(SQLText.identifier(other).utf8)) }
        return changes.isEmpty ? nil : reading.replacing(changes)
    }

    // MARK: Private

    /// Words behind which stands what a statement changes.
    private static let leads: Set<String> = [
        "into", "table", "tables", "view", "trigger", "function", "procedure", "event", "sequence", "package", "body",
        "exists", "on", "to", "as", "rename", "update", "from", "using", "join", "ignore", "low_priority", "delayed",
        "high_priority", "concurrent", "quick", "insert", "replace", "truncate", "delete", "call",
    ]

    private static func beginning(_ reading: MySQLForeign.Reading) -> [Token] {
        let ends: Set<String> = ["value", "values", "set", "select", "with"]
        return Array(
            reading.head.prefix { token in
                token.kind != .symbol(UInt8(ascii: "("))
                    && !(token.kind == .word && ends.contains(reading.tokens.word(token)))
            })
    }

    /// How far the part of a statement goes that says what it changes. Behind it stands what it reads, or what runs later.
    private static func end(_ words: [String], _ tokens: [Token], _ reading: MySQLForeign.Reading) -> Int {
        func first(_ ends: String..., from start: Int = 1) -> Int {
            tokens.indices.dropFirst(start).first {
                ends.contains(words[$0]) || (ends.contains("(") && reading.isSymbol(tokens[$0], "("))
            } ?? tokens.count
        }
        switch words.first {
        case "insert", "replace", "drop", "truncate", "lock", "rename", "analyze", "optimize", "repair", "check":
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
            // A definer may be `CURRENT_USER()`.
            let kinds: Set<String> = ["view", "function", "procedure", "package", "table", "sequence", "index"]
            let kind = words.firstIndex(where: kinds.contains) ?? 0
            return first("(", "as", "returns", "select", "like", "is", "begin", from: kind)
        default: return 0
        }
    }

    private func isPoint(_ tokens: [Token], _ index: Int) -> Bool { reading.isSymbol(tokens[safe: index], ".") }

    /// A name before a point, and not behind one or a host.
    private func isQualifier(_ tokens: [Token], _ index: Int) -> Bool {
        let token = tokens[index]
        guard isIdentifier(token), isPoint(tokens, index + 1), let next = tokens[safe: index + 2],
            isIdentifier(next) || reading.isSymbol(next, "*")
        else { return false }
        if index > 0, isPoint(tokens, index - 1) || reading.isSymbol(tokens[index - 1], "@") { return false }
        // A number.
        return token.kind != .word || !reading.bytes[token.range].allSatisfy { (0x30...0x39).contains($0) }
    }

    /// In the mode `ANSI_QUOTES` names stand in double quotes.
    private func isIdentifier(_ token: Token) -> Bool {
        token.kind == .word || token.kind == .name
            || (token.kind == .text && reading.bytes[token.range.lowerBound] == UInt8(ascii: "\""))
    }
}
