import RoostDumps

/// Statements of a dump about the server it came from rather than its data: roles, databases, tablespaces, grants in
/// the syntax of a later version. Decides what becomes of a statement before it is sent. Pure.
///
/// Only kinds of statements that mean something else here are examined; all others pass byte for byte. Errors that the
/// server itself reports are handled afterwards: see `PostgreSQLRepair`.
struct PostgreSQLForeign {
    enum Move: Equatable {
        case pass
        /// Not sent. The note is for users; nil: nothing is lost by skipping.
        case skip(note: String?)
        /// The note says what is lost; nil: nothing.
        case replace([UInt8], note: String?)
        /// Not sent, because the object exists already in its desired state.
        case stands
        /// Creates the role without a right to sign on, unless it exists.
        case role([UInt8])
        /// Creates the database as Roost creates databases, unless it exists: the dump's locale may not exist on this
        /// host.
        case database([UInt8])
        /// Sent; afterwards the session's role is set back to the importer's.
        case resetsRole
        case refuse(String)
    }

    let applicationUser: String
    let major: Int
    /// The one database that receives the whole dump; nil: the dump names the databases.
    var only: String?

    static let rolesNote = "roles were created without login:"
    static let eventTriggersNote =
        "event triggers were left out: only a superuser may own one, and it runs with the rights of whoever fires it"
    static let otherDatabaseNote =
        "the owner and name of the dump's database were left out: everything goes into the database that was named"
    static let strangerNote =
        "statements about other databases were left out: the whole dump goes into one database"
    /// The server's own template databases, which new databases are copied from.
    static let templates = ["template0", "template1"]
    static let templatesNote =
        "content for template1 and template0, the server's own databases, was left out"
    static let databasesNote = "DROP DATABASE was left out: existing databases are kept"
    static let tablespaceNote = "tablespaces of the other server were left out: everything is in the default tablespace"
    static let rolesLeftNote = "DROP ROLE was left out: existing roles are kept"
    static let ownerNote = "objects of Roost's own account now belong to the application user"
    static let optionsNote = "membership options of version 16 were left out"
    static let maintainNote = "the privilege MAINTAIN of version 17 was left out"
    static let subscriptionNote = "subscriptions were left out: a copy does not follow the original"

    /// First words of the statements that are examined.
    private static let concerned: Set<String> = [
        "alter", "create", "drop", "grant", "revoke", "set", "reset", "discard", "copy", "load", "comment", "select",
        "with", "security",
    ]

    /// The databases that a statement is about: their owners, names, settings, comments or grants. Empty if the
    /// statement is about a database's contents.
    static func databases(namedBy statement: Statement) -> [[UInt8]] {
        guard let first = statement.bytes.first, mayConcern(first) else { return [] }
        let reading = Reading(statement)
        let words = reading.words
        func name(_ index: Int) -> [[UInt8]] { reading.name(index).map { [$0] } ?? [] }
        switch (words.first, words[safe: 1]) {
        case ("alter", "database"): return name(2)
        case ("alter", "role"), ("alter", "user"):
            return words[safe: 3] == "in" && words[safe: 4] == "database" ? name(5) : []
        case ("comment", "on"): return words[safe: 2] == "database" ? name(3) : []
        case ("grant", _), ("revoke", _):
            let tokens = reading.all(atMost: 20_000)
            guard let on = tokens.firstIndex(where: { reading.isWord($0, "on") }), let kind = tokens[safe: on + 1],
                reading.isWord(kind, "database")
            else { return [] }
            return tokens[(on + 2)...].prefix { !reading.isWord($0, "to") && !reading.isWord($0, "from") }
                .filter { $0.kind != .symbol(UInt8(ascii: ",")) }.map { reading.tokens.name($0) }
        default: return []
        }
    }

    func move(_ statement: Statement) -> Move {
        guard let first = statement.bytes.first, Self.mayConcern(first) else { return .pass }
        var reading = Reading(statement)
        guard let verb = reading.words.first, Self.concerned.contains(verb) else { return .pass }
        switch verb {
        case "copy": return Self.copy(&reading)
        case "load": return .refuse("LOAD makes the server load a library, which is not allowed in a dump")
        case "discard": return .resetsRole
        case "reset": return ["role", "session", "all"].contains(reading.words[safe: 1]) ? .resetsRole : .pass
        case "set": return Self.set(reading)
        case "select", "with": return Self.select(&reading)
        case "grant", "revoke": return grant(&reading)
        case "comment", "security": return comment(reading)
        case "create", "alter", "drop": return definition(verb, &reading)
        default: return .pass
        }
    }

    private static func mayConcern(_ byte: UInt8) -> Bool {
        "acdglrsw".utf8.contains(byte | 0x20)
    }

    /// The first words of a statement, and the rest of its tokens.
    struct Reading {
        let bytes: UnsafeBufferPointer<UInt8>
        var tokens: SQLTokens
        /// The first eight tokens in lower case; empty for a token that is no bare word.
        private(set) var words: [String] = []
        private(set) var head: [SQLTokens.Token] = []

        init(_ statement: Statement) {
            bytes = statement.bytes
            tokens = SQLTokens(statement.bytes, .postgresql, escapes: statement.escapes)
            while head.count < 8, let token = tokens.next() {
                head.append(token)
                words.append(token.kind == .word ? tokens.word(token) : "")
            }
        }

        /// All of the statement's tokens; of a long statement, the first `limit`.
        func all(atMost limit: Int = 100_000) -> [SQLTokens.Token] {
            var (rest, all) = (tokens, head)
            while all.count < limit, let token = rest.next() { all.append(token) }
            return all
        }

        func name(_ index: Int) -> [UInt8]? { head[safe: index].map { tokens.name($0) } }
        func isWord(_ token: SQLTokens.Token, _ word: String) -> Bool {
            token.kind == .word && tokens.word(token) == word
        }

        /// The statement without the bytes of some of its tokens.
        func without(_ ranges: [Range<Int>]) -> [UInt8] { replacing(ranges.map { ($0, []) }) }

        func replacing(_ changes: [(Range<Int>, [UInt8])]) -> [UInt8] {
            var (out, index): ([UInt8], Int) = ([], 0)
            for (range, bytes) in changes.sorted(by: { $0.0.lowerBound < $1.0.lowerBound }) {
                out += self.bytes[index..<range.lowerBound]
                out += bytes
                index = range.upperBound
            }
            return out + self.bytes[index...]
        }
    }

    private func isRoosts(_ name: [UInt8]?) -> Bool {
        guard let name else { return false }
        return [PostgreSQLAccounts.administrator, PostgreSQLRoles.importer].contains { name.elementsEqual($0.utf8) }
            || name.starts(with: GroupPlan.Follower.prefix.utf8)
    }

    private func isShown(_ name: [UInt8]?) -> Bool { name.map { $0.elementsEqual(applicationUser.utf8) } ?? false }
}

// MARK: Statements that reach files and programs

extension PostgreSQLForeign {
    private static func copy(_ reading: inout Reading) -> Move {
        var depth = 0
        var isTarget = false
        for token in reading.all(atMost: 10_000) {
            switch token.kind {
            case .symbol(UInt8(ascii: "(")): depth += 1
            case .symbol(UInt8(ascii: ")")): depth -= 1
            case .text where isTarget:
                return .refuse("COPY reads or writes a file of the server, which is not allowed in a dump")
            case .word where depth == 0:
                let word = reading.tokens.word(token)
                if isTarget, word == "program" {
                    return .refuse(
                        "COPY … PROGRAM runs a program on the server's machine, which is not allowed in a dump")
                }
                if isTarget { return .pass }
                isTarget = word == "from" || word == "to"
            default: break
            }
        }
        return .pass
    }

    /// Whether rows follow a statement: `COPY t FROM stdin`.
    static func hasRows(_ statement: Statement) -> Bool {
        guard let first = statement.bytes.first, first | 0x20 == UInt8(ascii: "c") else { return false }
        return hasRows(Reading(statement))
    }

    static func hasRows(_ reading: Reading) -> Bool {
        let tokens = reading.all(atMost: 10_000)
        return reading.words.first == "copy"
            && zip(tokens, tokens.dropFirst()).contains { reading.isWord($0, "from") && reading.isWord($1, "stdin") }
    }

    private static let reachingFunctions: Set<String> = [
        "lo_import", "lo_export", "pg_read_file", "pg_read_binary_file", "pg_ls_dir", "pg_file_write", "pg_reload_conf",
        "pg_terminate_backend", "pg_cancel_backend", "pg_promote",
    ]

    private static func select(_ reading: inout Reading) -> Move {
        let found = reading.all(atMost: 10_000).lazy.filter { $0.kind == .word }.map { [reading] in
            reading.tokens.word($0)
        }.first(where: reachingFunctions.contains)
        return found.map { .refuse("\($0) reaches beyond the database, which is not allowed in a dump") } ?? .pass
    }

    // MARK: Settings

    private static func set(_ reading: Reading) -> Move {
        let words = reading.words.dropFirst().drop { $0 == "session" || $0 == "local" }
        switch words.first {
        case "authorization", "role":
            let value = reading.words.last { !$0.isEmpty } ?? ""
            let own = [PostgreSQLAccounts.administrator, PostgreSQLRoles.importer]
            let names = reading.head.map { String(decoding: reading.tokens.name($0), as: UTF8.self) }
            if names.contains(where: { own.contains($0) || $0.hasPrefix(GroupPlan.Follower.prefix) }) {
                return .skip(note: Self.ownerNote)
            }
            return value == "default" || value == "none" ? .resetsRole : .pass
        default: return .pass
        }
    }

    private func comment(_ reading: Reading) -> Move {
        guard let on = reading.words.firstIndex(of: "on") else { return .pass }
        switch reading.words[safe: on + 1] {
        case "tablespace": return .skip(note: Self.tablespaceNote)
        case "subscription": return .skip(note: Self.subscriptionNote)
        case "event": return .skip(note: nil)
        case "database": return inOnly(reading, on + 2)
        default: return .pass
        }
    }
}

// MARK: Roles, databases, tablespaces

extension PostgreSQLForeign {
    private func definition(_ verb: String, _ reading: inout Reading) -> Move {
        let second = reading.words[safe: 1] ?? ""
        switch (verb, second) {
        case ("alter", "system"):
            return .refuse("ALTER SYSTEM changes the server's own settings, which is not allowed in a dump")
        case (_, "tablespace"): return .skip(note: Self.tablespaceNote)
        case (_, "subscription"): return .skip(note: Self.subscriptionNote)
        case (_, "event") where reading.words[safe: 2] == "trigger":
            return .skip(note: verb == "create" ? Self.eventTriggersNote : nil)
        case ("create", "database"): return reading.name(2).map { .database($0) } ?? .pass
        case ("drop", "database"): return .skip(note: Self.databasesNote)
        case ("alter", "database"): return database(reading)
        case ("drop", "role"), ("drop", "user"), ("drop", "group"):
            if reading.words[safe: 2] == "mapping" { return .pass }
            return .skip(note: isRoosts(droppedRole(reading)) ? nil : Self.rolesLeftNote)
        case ("create", "role"), ("create", "user"), ("create", "group"):
            if reading.words[safe: 2] == "mapping" { return .pass }
            return role(reading.name(2))
        case ("alter", "role"), ("alter", "user"), ("alter", "group"):
            return reading.words[safe: 2] == "mapping" ? .pass : change(reading)
        case ("create", "function"), ("create", "procedure"), ("create", "or"): return function(&reading)
        case ("alter", _): return owner(reading)
        default: return .pass
        }
    }

    /// `DROP ROLE IF EXISTS a`
    private func droppedRole(_ reading: Reading) -> [UInt8]? {
        reading.name(reading.words[safe: 2] == "if" ? 4 : 2)
    }

    private func isAdministration(_ name: [UInt8]?) -> Bool {
        name.map { $0.elementsEqual(PostgreSQLAccounts.administrationDatabase.utf8) } ?? false
    }

    private func role(_ name: [UInt8]?) -> Move {
        guard let name else { return .pass }
        if isRoosts(name) { return .skip(note: nil) }
        return isShown(name) ? .stands : .role(name)
    }

    /// `ALTER ROLE a WITH SUPERUSER …` only creates the role; settings for the role are applied.
    private func change(_ reading: Reading) -> Move {
        if isRoosts(reading.name(2)) { return .skip(note: nil) }
        switch reading.words[safe: 3] {
        case "in" where reading.words[safe: 4] == "database": return inOnly(reading, 5)
        case "set", "reset", "in", "rename", "add", "drop": return .pass
        default: return role(reading.name(2))
        }
    }

    /// `ALTER DATABASE shop SET …`: with one target database, the statement is redirected to it.
    private func database(_ reading: Reading) -> Move {
        let name = reading.name(2).map { String(decoding: $0, as: UTF8.self) } ?? ""
        if isAdministration(reading.name(2)) { return .skip(note: nil) }
        if Self.templates.contains(name) { return .skip(note: Self.templatesNote) }
        guard only != nil else { return owner(reading) }
        switch reading.words[safe: 3] {
        case "owner", "rename": return .skip(note: Self.otherDatabaseNote)
        default: return inOnly(reading, 2)
        }
    }

    /// Replaces the statement's database with the target database, if there is one. `index`: of the database's name.
    private func inOnly(_ reading: Reading, _ index: Int) -> Move {
        guard let only, let token = reading.head[safe: index] else { return .pass }
        if PostgreSQLCommand.isEverywhere(String(decoding: reading.tokens.name(token), as: UTF8.self)) {
            return .skip(note: Self.otherDatabaseNote)
        }
        // The name is put into the session's encoding, for which only ASCII is certain.
        guard only.utf8.allSatisfy({ $0 < 0x80 }) else { return .skip(note: Self.otherDatabaseNote) }
        return .replace(reading.replacing([(token.range, Array(PostgreSQLText.identifier(only).utf8))]), note: nil)
    }

    /// A function in C would load a library of the host.
    private func function(_ reading: inout Reading) -> Move {
        let tokens = reading.all(atMost: 10_000)
        for (token, next) in zip(tokens, tokens.dropFirst()) where reading.isWord(token, "language") {
            let language = reading.tokens.name(next).map(\.lowered)
            if language.elementsEqual("c".utf8) || language.elementsEqual("internal".utf8) {
                return .refuse(
                    "a LANGUAGE C function loads a library; create it with its extension (CREATE EXTENSION)"
                )
            }
        }
        return .pass
    }

    /// Ownership by Roost's own account of the other server goes to the application user.
    private func owner(_ reading: Reading) -> Move {
        let tokens = reading.all(atMost: 200)
        guard let last = tokens.last, tokens.count > 3, isRoosts(reading.tokens.name(last)),
            reading.isWord(tokens[tokens.count - 2], "to"), reading.isWord(tokens[tokens.count - 3], "owner")
        else { return .pass }
        return .replace(
            reading.replacing([(last.range, Array(PostgreSQLText.identifier(applicationUser).utf8))]),
            note: Self.ownerNote)
    }
}

// MARK: Grants

extension PostgreSQLForeign {
    private static let withheld: Set<String> = [
        "pg_execute_server_program", "pg_read_server_files", "pg_write_server_files", PostgreSQLAccounts.administrator,
        PostgreSQLRoles.importer,
    ]

    private func grant(_ reading: inout Reading) -> Move {
        let tokens = reading.all(atMost: 20_000)
        let isGrant = reading.words[0] == "grant"
        guard let end = tokens.firstIndex(where: { reading.isWord($0, isGrant ? "to" : "from") }) else { return .pass }
        if let on = tokens[..<end].firstIndex(where: { reading.isWord($0, "on") }) {
            if reading.isWord(tokens[on + 1], "tablespace") { return .skip(note: Self.tablespaceNote) }
            if only != nil, reading.isWord(tokens[on + 1], "database") {
                return onOnly(reading, tokens[(on + 2)..<end])
            }
            return major < 17 ? withoutMaintain(reading, tokens, on) : .pass
        }
        let names = tokens[1...].filter { $0.kind != .symbol(UInt8(ascii: ",")) }
            .map { String(decoding: reading.tokens.name($0), as: UTF8.self) }
        // The withheld roles give the same access as the server's system user.
        if isGrant,
            names.contains(where: { Self.withheld.contains($0) || $0.hasPrefix(GroupPlan.Follower.prefix) })
        {
            return .skip(note: PostgreSQLRights.membershipNote)
        }
        return membership(reading, tokens, end, isGrant)
    }

    /// `GRANT CONNECT ON DATABASE shop TO a`
    private func onOnly(_ reading: Reading, _ names: ArraySlice<SQLTokens.Token>) -> Move {
        guard let only, let first = names.first, let last = names.last, only.utf8.allSatisfy({ $0 < 0x80 }),
            !PostgreSQLCommand.isEverywhere(String(decoding: reading.tokens.name(first), as: UTF8.self))
        else { return .skip(note: Self.otherDatabaseNote) }
        let range = first.range.lowerBound..<last.range.upperBound
        return .replace(reading.replacing([(range, Array(PostgreSQLText.identifier(only).utf8))]), note: nil)
    }

    /// `GRANT a TO b WITH ADMIN OPTION, INHERIT FALSE GRANTED BY c`: the grantor may lack the right to grant here, and
    /// the options came with version 16.
    private func membership(_ reading: Reading, _ tokens: [SQLTokens.Token], _ end: Int, _ isGrant: Bool) -> Move {
        var changes: [(Range<Int>, [UInt8])] = []
        var isLess = false
        let granted = tokens[end...].firstIndex { reading.isWord($0, "granted") }
        if let granted, granted + 2 < tokens.count {
            changes.append((tokens[granted].range.lowerBound..<tokens[granted + 2].range.upperBound, []))
        }
        if isGrant, major < 16, let with = tokens[end...].firstIndex(where: { reading.isWord($0, "with") }) {
            let last = granted.map { $0 - 1 } ?? tokens.count - 1
            let options = tokens[(with + 1)...last].map { reading.tokens.word($0) }
            let isAdmin = zip(options, options.dropFirst()).contains { $0 == "admin" && $1 != "false" }
            let range = tokens[with].range.lowerBound..<tokens[last].range.upperBound
            changes.append((range, isAdmin ? Array("WITH ADMIN OPTION".utf8) : []))
            isLess = options.contains { $0 == "inherit" || $0 == "set" }
        }
        return changes.isEmpty
            ? .pass : .replace(reading.replacing(changes), note: isLess ? Self.optionsNote : nil)
    }

    /// The right MAINTAIN came with version 17.
    private func withoutMaintain(_ reading: Reading, _ tokens: [SQLTokens.Token], _ on: Int) -> Move {
        guard let found = tokens[..<on].firstIndex(where: { reading.isWord($0, "maintain") }) else { return .pass }
        let isFirst = found == 1 || tokens[found - 1].kind == .word
        let isLast = found + 1 == on
        if isFirst, isLast { return .skip(note: Self.maintainNote) }
        // Removes one adjacent comma too.
        let range =
            isLast
            ? tokens[found - 1].range.lowerBound..<tokens[found].range.upperBound
            : tokens[found].range.lowerBound..<tokens[found + 1].range.upperBound
        return .replace(reading.without([range]), note: Self.maintainNote)
    }
}

extension Collection {
    subscript(safe index: Index) -> Element? { indices.contains(index) ? self[index] : nil }
}
