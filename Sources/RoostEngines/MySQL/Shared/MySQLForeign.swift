/// What the dump of another server of the MySQL family says of that server, rather than of its data: what becomes of a
/// statement before it is sent. Pure.
///
/// Rows pass without a look, and so does every kind of statement that means the same everywhere. What the server itself can
/// tell is left to it: see `MySQLRepair`.
struct MySQLForeign {
    enum Move: Equatable {
        case pass
        case skip(note: String?)
        /// Sent in these words; the accounts in whose name something is to run are made first, unless they stand.
        case define([UInt8]?, definers: [Definer])
        case database([UInt8], isUse: Bool)
        case refuse(String)
    }

    /// `prod`@`10.1.%`
    struct Definer: Hashable {
        let user: String
        let host: String

        var text: String { SQLText.account(user, host) }

        /// The account as a server knows it that resolves no names: one of a host by its name it passes over.
        var known: Definer {
            let isAddress = host.allSatisfy { $0.isHexDigit || "%_.:/".contains($0) }
            return isAddress || host == "localhost" ? self : Definer(user: user, host: "%")
        }
    }

    let shownUser: String

    static let globalNote = "settings of the whole server were left out:"
    static let replicationNote = "statements about replication were left out: a copy does not follow the original"
    static let accountNote = "what the dump says of accounts that Roost looks after was left out"
    static let dropNote = "DROP DATABASE was left out: what stands stays"

    /// Commands of the client programs, which are not run.
    private static let clientCommands: Set<String> = [
        "source", "system", "tee", "notee", "pager", "nopager", "edit", "prompt", "charset", "rehash", "connect",
        "ego", "status", "sandbox", "delimiter",
    ]

    func move(_ statement: Statement) -> Move {
        guard let first = statement.bytes.first, !Self.isOfRows(statement) else { return .pass }
        if first == .backslash { return Self.command(statement) }
        var reading = Reading(statement)
        let words = reading.words
        switch words.first {
        case "set": return set(reading)
        case "use": return reading.name(1).map { .database($0, isUse: true) } ?? .pass
        case "create": return create(&reading)
        case "alter": return alter(&reading)
        case "drop": return drop(reading)
        case "grant", "revoke", "rename": return accounts(reading)
        case "change", "purge": return .skip(note: Self.replicationNote)
        case "start", "stop", "reset":
            let isOfServer = [
                "slave", "replica", "master", "binary", "group_replication", "all", "sql_thread", "io_thread",
            ]
            return words.dropFirst().contains(where: isOfServer.contains) ? .skip(note: Self.replicationNote) : .pass
        case "flush": return words.contains("privileges") ? .pass : .skip(note: nil)
        case "install", "uninstall", "shutdown", "restart", "kill", "clone", "binlog", "handler":
            return .refuse("\((words.first ?? "").uppercased()) is for who looks after the server, and not for a dump")
        case "load" where words.contains("infile"):
            return .refuse("LOAD … INFILE reads a file of a machine, which a dump may not")
        case "select", "with": return select(reading)
        case let word? where Self.clientCommands.contains(word): return Self.command(statement)
        default: return .pass
        }
    }

    /// `INSERT …` and `REPLACE …`
    private static func isOfRows(_ statement: Statement) -> Bool {
        let word = statement.bytes.prefix(7).map(\.lowered)
        return word.starts(with: "insert".utf8) || word.starts(with: "replace".utf8)
    }

    private static func command(_ statement: Statement) -> Move {
        let word = String(decoding: statement.bytes.prefix(20), as: UTF8.self).split(whereSeparator: \.isWhitespace)
            .first
        return .refuse(
            "'\(word ?? "\\")' is a command of the client program, and a dump's commands are not run here; "
                + "put what it names into the dump itself")
    }

    /// The first words of a statement, and what follows them.
    struct Reading {
        let bytes: UnsafeBufferPointer<UInt8>
        var tokens: SQLTokens
        private(set) var words: [String] = []
        private(set) var head: [SQLTokens.Token] = []

        init(_ statement: Statement) {
            bytes = statement.bytes
            tokens = SQLTokens(statement.bytes, .mysql, escapes: statement.escapes)
            while head.count < 12, let token = tokens.next() {
                head.append(token)
                words.append(token.kind == .word ? tokens.word(token) : "")
            }
        }

        func all(atMost limit: Int = 50_000) -> [SQLTokens.Token] {
            var (rest, all) = (tokens, head)
            while all.count < limit, let token = rest.next() { all.append(token) }
            return all
        }

        func name(_ index: Int) -> [UInt8]? { head[safe: index].map { tokens.name($0) } }
        func text(_ token: SQLTokens.Token) -> String { String(decoding: tokens.name(token), as: UTF8.self) }
        func isSymbol(_ token: SQLTokens.Token?, _ symbol: Unicode.Scalar) -> Bool {
            token?.kind == .symbol(UInt8(ascii: symbol))
        }

        func replacing(_ changes: [(Range<Int>, [UInt8])]) -> [UInt8] {
            var (out, index): ([UInt8], Int) = ([], 0)
            for (range, bytes) in changes.sorted(by: { $0.0.lowerBound < $1.0.lowerBound }) {
                out += self.bytes[index..<range.lowerBound]
                out += bytes
                index = range.upperBound
            }
            return out + self.bytes[index...]
        }

        /// Accounts that stand as `user`@`host`, with the range of both.
        func accounts(_ tokens: [SQLTokens.Token]) -> [(Definer, Range<Int>)] {
            tokens.indices.dropFirst().dropLast().compactMap { index in
                let (user, host) = (tokens[index - 1], tokens[index + 1])
                guard isSymbol(tokens[index], "@"), user.range.upperBound == tokens[index].range.lowerBound,
                    [.word, .name, .text].contains(user.kind), [.word, .name, .text].contains(host.kind)
                else { return nil }
                let range = user.range.lowerBound..<host.range.upperBound
                return (Definer(user: text(user), host: text(host)), range)
            }
        }
    }

    private func isKept(_ user: String) -> Bool { user == shownUser || SystemAccounts.hidden.contains(user) }
}

// MARK: Settings

extension MySQLForeign {
    /// Written by the tools themselves, and of no use elsewhere.
    private static let ownOfTools: Set<String> = ["gtid_purged", "sql_log_bin", "innodb_stats_auto_recalc"]

    private func set(_ reading: Reading) -> Move {
        let tokens = reading.all(atMost: 400)
        if reading.words[safe: 1] == "password" {
            return accounts(reading) == .pass ? .skip(note: Self.accountNote) : accounts(reading)
        }
        var names: [String] = []
        var isGlobal = false
        for (index, token) in tokens.enumerated() where index > 0 {
            guard Self.beginsAssignment(tokens, index, reading) else { continue }
            // Past `@@`, `GLOBAL`, `SESSION.`
            var scope = index
            while scope < tokens.count,
                reading.isSymbol(tokens[scope], "@") || reading.isSymbol(tokens[scope], ".")
                    || Self.scopes.contains(reading.tokens.word(tokens[scope]))
            {
                if ["global", "persist", "persist_only"].contains(reading.tokens.word(tokens[scope])) {
                    isGlobal = true
                }
                scope += 1
            }
            // `@name` is somebody's own.
            let isOwn = reading.isSymbol(token, "@") && !reading.isSymbol(tokens[safe: index + 1], "@")
            if scope < tokens.count, !isOwn { names.append(reading.tokens.word(tokens[scope])) }
        }
        if names.contains(where: Self.ownOfTools.contains) { return .skip(note: nil) }
        return isGlobal ? .skip(note: "\(Self.globalNote)\(names.first ?? "")") : .pass
    }

    private static let scopes: Set<String> = ["global", "session", "local", "persist", "persist_only"]

    /// The first token behind SET, and behind each comma that is in no parentheses.
    private static func beginsAssignment(_ tokens: [SQLTokens.Token], _ index: Int, _ reading: Reading) -> Bool {
        if index == 1 { return true }
        guard reading.isSymbol(tokens[index - 1], ",") else { return false }
        let depth = tokens[..<index].reduce(0) {
            $0 + (reading.isSymbol($1, "(") ? 1 : reading.isSymbol($1, ")") ? -1 : 0)
        }
        return depth == 0
    }

    private func select(_ reading: Reading) -> Move {
        let words = reading.all(atMost: 5000).map { $0.kind == .word ? reading.tokens.word($0) : "" }
        if words.contains("outfile") || words.contains("dumpfile") {
            return .refuse("SELECT … INTO OUTFILE writes a file of the server, which a dump may not")
        }
        return words.contains("load_file")
            ? .refuse("LOAD_FILE reads a file of the server, which a dump may not") : .pass
    }
}

// MARK: Definitions

extension MySQLForeign {
    private func create(_ reading: inout Reading) -> Move {
        switch reading.words[safe: 1] {
        case "database", "schema":
            let names = reading.head.dropFirst(2).filter { token in
                token.kind == .name || !["if", "not", "exists"].contains(reading.tokens.word(token))
            }
            return names.first.map { .database(reading.tokens.name($0), isUse: false) } ?? .pass
        case "user", "role": return accounts(reading)
        case "table", "temporary", "index", "unique", "sequence", "fulltext", "spatial": return .pass
        case "tablespace", "logfile", "server":
            return .refuse(
                "CREATE \((reading.words[1]).uppercased()) is for who looks after the server, and not for a dump")
        default: return define(&reading)
        }
    }

    private func alter(_ reading: inout Reading) -> Move {
        switch reading.words[safe: 1] {
        case "table", "database", "schema", "sequence": return .pass
        case "user", "role": return accounts(reading)
        case "instance": return .refuse("ALTER INSTANCE is for who looks after the server, and not for a dump")
        default: return define(&reading)
        }
    }

    private func drop(_ reading: Reading) -> Move {
        switch reading.words[safe: 1] {
        case "database", "schema": return .skip(note: Self.dropNote)
        case "user", "role": return accounts(reading)
        default: return .pass
        }
    }

    /// Views, triggers, routines and events run in the name of an account, which need not be here. Roost's own and the shown
    /// one are here under one host alone, whatever it was there.
    private func define(_ reading: inout Reading) -> Move {
        let tokens = reading.all(atMost: 200)
        if zip(tokens, tokens.dropFirst()).contains(where: { token, next in
            token.kind == .word && reading.tokens.word(token) == "soname" && next.kind == .text
        }) {
            return .refuse("CREATE FUNCTION … SONAME has the server load a library, which a dump may not")
        }
        guard
            let place = tokens.indices.dropLast().first(where: {
                tokens[$0].kind == .word && reading.tokens.word(tokens[$0]) == "definer"
                    && reading.isSymbol(tokens[$0 + 1], "=")
            }), let (definer, range) = reading.accounts(Array(tokens[place...])).first,
            range.lowerBound == tokens[safe: place + 2]?.range.lowerBound
        else { return .pass }
        let own = isKept(definer.user)
        let here = own ? Definer(user: shownUser, host: "%") : definer.known
        let bytes = here == definer ? nil : reading.replacing([(range, Array(here.text.utf8))])
        guard !own || bytes != nil else { return .pass }
        return .define(bytes, definers: own ? [] : [here])
    }

    /// Accounts that the dump brings are made; those of Roost are its own to look after.
    private func accounts(_ reading: Reading) -> Move {
        let tokens = reading.all(atMost: 5000)
        let named = reading.accounts(tokens).map(\.0.user)
        // `CREATE USER root`, without a host.
        let bare = reading.head.filter { $0.kind != .symbol(UInt8(ascii: "@")) }.map { reading.text($0) }
        return named.contains(where: isKept)
            || bare.contains(where: { $0 == shownUser || $0 == SystemAccounts.administrator })
            ? .skip(note: Self.accountNote) : .pass
    }
}
