import RoostDumps

// Databases, objects and accounts that a dump creates, changes or drops.
extension MySQLForeign {
    func create(_ reading: Reading) -> Move {
        var kind = 1
        if reading.words[safe: 1] == "or", reading.words[safe: 2] == "replace" { kind = 3 }
        switch reading.words[safe: kind] {
        case "database", "schema":
            guard kind == 1 else {
                return .refuse("CREATE OR REPLACE DATABASE drops a database, which is not allowed in a dump")
            }
            let names = reading.head.dropFirst(2).filter { token in
                token.kind == .name || !["if", "not", "exists"].contains(reading.tokens.word(token))
            }
            return names.first.map { .database(reading.tokens.name($0), isUse: false) } ?? .pass
        case "user", "role": return accounts(reading)
        case "table", "temporary", "index", "unique", "sequence", "fulltext", "spatial": return .pass
        case "tablespace", "logfile", "server", "undo", "resource":
            return .refuse(
                "CREATE \(reading.words[kind].uppercased()) is an administrative statement, not allowed in a dump"
            )
        default: return define(reading)
        }
    }

    func alter(_ reading: Reading) -> Move {
        switch reading.words[safe: 1] {
        case "table", "database", "schema", "sequence", "function", "procedure": return .pass
        case "user", "role": return accounts(reading)
        case "instance", "tablespace", "undo", "server", "resource", "logfile":
            let word = (reading.words[safe: 1] ?? "").uppercased()
            return .refuse("ALTER \(word) is an administrative statement, not allowed in a dump")
        default: return define(reading)
        }
    }

    func drop(_ reading: Reading) -> Move {
        switch reading.words[safe: 1] {
        case "database", "schema": return .skip(note: Self.dropNote)
        case "user", "role": return accounts(reading)
        default: return .pass
        }
    }

    // MARK: In whose name something runs

    private static let kinds: Set<String> = ["view", "trigger", "function", "procedure", "event", "package"]

    /// Views, triggers, routines and events run in the name of an account, which may not exist here. Roost's own
    /// account and the application user exist here under one host each, whatever host the dump names. An object
    /// without a definer would run as the account that loads the dump, which has all rights: the application user
    /// replaces it.
    private func define(_ reading: Reading) -> Move {
        let tokens = reading.all(atMost: 200)
        if let words = Self.library(reading, tokens) {
            return .refuse("\(words) a library, which is not allowed in a dump")
        }
        guard
            let kind = tokens.indices.dropFirst().first(where: {
                tokens[$0].kind == .word && Self.kinds.contains(reading.tokens.word(tokens[$0]))
                    && !reading.isSymbol(tokens[$0 - 1], "@") && !reading.isSymbol(tokens[$0 - 1], "=")
            })
        else { return .pass }
        let place = tokens.indices.prefix(kind).first {
            tokens[$0].kind == .word && reading.tokens.word(tokens[$0]) == "definer"
                && reading.isSymbol(tokens[$0 + 1], "=")
        }
        guard let place else { return withDefiner(reading, tokens, kind) }
        return definer(reading, tokens, place + 2)
    }

    /// The statement that has the server load or unload a library, possibly within a routine. Nil if there is none.
    private static func library(_ reading: Reading, _ tokens: [SQLTokens.Token]) -> String? {
        func word(_ index: Int) -> String {
            tokens[safe: index].map { $0.kind == .word ? reading.tokens.word($0) : "" } ?? ""
        }
        for index in tokens.indices {
            let isNamed = tokens[safe: index + 1]?.kind == .text
            switch word(index) {
            case "soname" where isNamed:
                // `INSTALL SONAME 'x'`, `INSTALL PLUGIN p SONAME 'x'`
                if word(index - 1) == "install" || (word(index - 2) == "plugin" && word(index - 3) == "install") {
                    let form = word(index - 1) == "install" ? "INSTALL SONAME" : "INSTALL PLUGIN … SONAME"
                    return "\(form) within a routine or event makes the server load"
                }
                if word(index - 1) == "uninstall" {
                    return "UNINSTALL SONAME within a routine or event makes the server unload"
                }
                return "CREATE FUNCTION … SONAME makes the server load"
            case "component" where isNamed && word(index - 1) == "install":
                return "INSTALL COMPONENT within a routine or event makes the server load"
            default: continue
            }
        }
        return nil
    }

    private func definer(_ reading: Reading, _ tokens: [SQLTokens.Token], _ index: Int) -> Move {
        guard let (written, range) = reading.account(tokens, at: index) else { return .pass }
        let here: Definer
        var isMade = true
        if tokens[index].kind == .word, ["current_user", "current_role"].contains(reading.tokens.word(tokens[index])) {
            // `CURRENT_USER()`
            let ends = reading.isSymbol(tokens[safe: index + 1], "(") ? index + 2 : index
            let all = range.lowerBound..<(tokens[safe: ends]?.range.upperBound ?? range.upperBound)
            return .define(reading.replacing([(all, Array(shown.text.utf8))]), definers: [])
        } else if isKept(written.user) {
            (here, isMade) = (shown, false)
        } else if let hosts = standing[written.user] {
            // Created with another host, the account could be matched before the existing one.
            let host = hosts.contains(written.known.host) ? written.known.host : hosts.contains("%") ? "%" : hosts[0]
            (here, isMade) = (Definer(user: written.user, host: host), false)
        } else {
            here = written.known
        }
        let isSame = here == written && reading.isSymbol(tokens[safe: index + 1], "@")
        let bytes = isSame ? nil : reading.replacing([(range, Array(here.text.utf8))])
        guard isMade || bytes != nil else { return .pass }
        return .define(bytes, definers: isMade ? [here] : [])
    }

    private var shown: Definer { Definer(user: applicationUser, host: "%") }

    /// `CREATE [OR REPLACE] [ALGORITHM = …] DEFINER = … [SQL SECURITY …] VIEW`, `… DEFINER = … [AGGREGATE] FUNCTION`
    private func withDefiner(_ reading: Reading, _ tokens: [SQLTokens.Token], _ kind: Int) -> Move {
        let isAlter = reading.words.first == "alter"
        // ALTER of any other object keeps its definer.
        if isAlter, reading.tokens.word(tokens[kind]) != "event" { return .pass }
        let place =
            tokens.indices.prefix(kind).first {
                tokens[$0].kind == .word && ["sql", "aggregate"].contains(reading.tokens.word(tokens[$0]))
            } ?? kind
        let start = tokens[place].range.lowerBound
        return .define(reading.replacing([(start..<start, Array("DEFINER=\(shown.text) ".utf8))]), definers: [])
    }

    // MARK: Accounts

    /// Accounts that the dump brings are created. Roost manages its own accounts, and accounts that existed before
    /// the load belong to the service.
    func accounts(_ reading: Reading) -> Move {
        let named = Self.named(reading)
        if named.contains(where: { isKept($0.user) }) { return .skip(note: Self.accountNote) }
        if let one = named.first(where: { standing[$0.user] != nil }) {
            return .skip(note: "\(Self.standingNote)'\(one.user)'")
        }
        return Self.isOfCurrent(reading, named) ? .skip(note: Self.currentNote) : .pass
    }

    /// `SET PASSWORD = …`, `ALTER USER CURRENT_USER() …`, `SET DEFAULT ROLE r`
    private static func isOfCurrent(_ reading: Reading, _ named: [Definer]) -> Bool {
        if reading.words.first == "set", !reading.words.contains("for"), !reading.words.contains("to") { return true }
        let current: Set<String> = ["current_user", "user", "session_user", "system_user"]
        let tokens = reading.all(atMost: 5000)
        return zip(tokens, tokens.dropFirst()).contains { token, next in
            guard token.kind == .word else { return false }
            let word = reading.tokens.word(token)
            return word == "current_user" || (current.contains(word) && reading.isSymbol(next, "("))
        }
    }

    /// The accounts and roles that a statement about accounts is about.
    private static func named(_ reading: Reading) -> [Definer] {
        let tokens = reading.all(atMost: 5000)
        let words = tokens.map { $0.kind == .word ? reading.tokens.word($0) : "" }
        var start = 1
        if words.first == "grant" || words.first == "revoke", let on = words.firstIndex(of: "on") {
            // The object of a grant may look like an account: `ON app.*`.
            start = words[on...].firstIndex { $0 == "to" || $0 == "from" } ?? words.count
        }
        let leads: Set<String> = ["user", "role", "exists", "to", "from", "for", "grant", "revoke"]
        return tokens.indices.dropFirst(start).compactMap { index in
            let isLed = leads.contains(words[index - 1]) || reading.isSymbol(tokens[index - 1], ",")
            return isLed ? reading.account(tokens, at: index)?.0 : nil
        }
    }
}
