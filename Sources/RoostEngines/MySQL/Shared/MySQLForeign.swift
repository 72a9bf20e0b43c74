import RoostDumps

/// Decides before sending what happens to statements of a dump that describe the other server rather than its data.
/// Pure.
///
/// Rows pass without inspection, and so does every kind of statement that means the same everywhere. `MySQLRepair`
/// handles what the server itself can detect.
struct MySQLForeign {
    enum Move: Equatable {
        case pass
        case skip(note: String?)
        /// The statement is sent in these words.
        case replace([UInt8], note: String?)
        /// The statement is sent in these words, or unchanged if nil; missing definer accounts are created first.
        case define([UInt8]?, definers: [Definer])
        case database([UInt8], isUse: Bool)
        case refuse(String)
    }

    /// `prod`@`10.1.%`
    struct Definer: Hashable {
        let user: String
        let host: String

        var text: String { SQLText.account(user, host) }

        /// The account as stored by a server that resolves no names: a host name, which such a server ignores,
        /// becomes `%`.
        var known: Definer {
            let isAddress = host.allSatisfy { $0.isHexDigit || "%_.:/".contains($0) }
            return isAddress || host == "localhost" ? self : Definer(user: user, host: "%")
        }
    }

    let applicationUser: String
    /// The hosts of each account that existed before the dump, by account name.
    var standing: [String: [String]] = [:]
    /// Whether the server is in use, rather than building a template.
    var isLive = false

    static let globalNote = "global server settings were left out:"
    static let replicationNote = "replication statements were left out: a copy does not follow the original"
    static let accountNote = "statements about accounts that Roost manages were left out"
    static let standingNote = "statements about accounts that already existed were left out:"
    static let currentNote = "statements about the account that loads the dump were left out"
    static let dropNote = "DROP DATABASE was left out: existing databases are kept"

    /// Commands of the client programs, which a load does not run.
    private static let clientCommands: Set<String> = [
        "source", "system", "tee", "notee", "pager", "nopager", "edit", "prompt", "charset", "rehash", "connect",
        "ego", "status", "sandbox", "delimiter",
    ]

    func move(_ statement: Statement) -> Move {
        guard let first = statement.bytes.first, !Self.isOfRows(statement) else { return .pass }
        if first == .backslash { return .refuse(Self.command(statement.bytes.prefix(20))) }
        let reading = Reading(statement)
        let words = reading.words
        switch words.first {
        case "set": return set(reading)
        case "prepare", "execute", "if", "case", "loop", "repeat", "while", "for":
            return isLive ? Self.hidden(words[0]) : .pass
        case "begin": return isLive && words.count > 1 && words[1] == "not" ? Self.hidden("BEGIN NOT ATOMIC") : .pass
        case "use": return reading.name(1).map { .database($0, isUse: true) } ?? .pass
        case "create": return create(reading)
        case "alter": return alter(reading)
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
            return .refuse(
                "\((words.first ?? "").uppercased()) is an administrative statement, not allowed in a dump")
        case "load" where words.contains("infile"):
            return .refuse("LOAD … INFILE reads a file of the machine, which is not allowed in a dump")
        case "select", "with": return select(reading)
        case let word? where Self.clientCommands.contains(word):
            return .refuse(Self.command(statement.bytes.prefix(20)))
        default: return .pass
        }
    }

    /// `INSERT …` and `REPLACE …`
    private static func isOfRows(_ statement: Statement) -> Bool {
        let word = statement.bytes.prefix(7).map(\.lowered)
        return word.starts(with: "insert".utf8) || word.starts(with: "replace".utf8)
    }

    /// Refuses a statement that runs other statements, because those are not inspected.
    private static func hidden(_ words: String) -> Move {
        .refuse(
            "\(words.uppercased()) runs statements that Roost cannot inspect, which is not allowed in a service; "
                + "write them into the dump directly")
    }

    /// The reason why a line for the client program is refused.
    static func command(_ line: some Collection<UInt8>) -> String {
        let word = String(decoding: line, as: UTF8.self).split(whereSeparator: \.isWhitespace).first
        if word?.lowercased() == "source" || word?.hasPrefix("\\.") ?? false {
            return IncludedFiles.words(of: "\(word ?? "")", IncludedFiles.mysql)
        }
        return "'\(word ?? "\\")' is a client command, which Roost does not run; "
            + "replace it with SQL in the dump"
    }

    /// The first words of a statement and its remaining tokens.
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

        /// Accounts written as `user`@`host`, with the range of both.
        func accounts(_ tokens: [SQLTokens.Token]) -> [(Definer, Range<Int>)] {
            tokens.indices.dropLast(2).compactMap { index in
                guard isSymbol(tokens[index + 1], "@") else { return nil }
                return account(tokens, at: index)
            }
        }

        /// The account whose name is this token, with or without a host.
        func account(_ tokens: [SQLTokens.Token], at index: Int) -> (Definer, Range<Int>)? {
            guard let user = tokens[safe: index], user.isName else { return nil }
            guard isSymbol(tokens[safe: index + 1], "@"), let host = tokens[safe: index + 2], host.isName else {
                return (Definer(user: text(user), host: "%"), user.range)
            }
            // An unquoted host continues over dots: `app@web.example.com`.
            var end = host.range.upperBound
            let points = [UInt8(ascii: "."), UInt8(ascii: "$")]
            while host.kind == .word, end < bytes.count, bytes[end].isOfName || points.contains(bytes[end]) { end += 1 }
            let bare = String(decoding: bytes[host.range.lowerBound..<end], as: UTF8.self)
            return (
                Definer(user: text(user), host: host.kind == .word ? bare : text(host)), user.range.lowerBound..<end
            )
        }
    }

    func isKept(_ user: String) -> Bool { user == applicationUser || SystemAccounts.areHidden(user) }

    private func select(_ reading: Reading) -> Move {
        let words = reading.all(atMost: 5000).map { $0.kind == .word ? reading.tokens.word($0) : "" }
        if words.contains("outfile") || words.contains("dumpfile") {
            return .refuse("SELECT … INTO OUTFILE writes a file of the server, which is not allowed in a dump")
        }
        return words.contains("load_file")
            ? .refuse("LOAD_FILE reads a file of the server, which is not allowed in a dump") : .pass
    }
}

extension SQLTokens.Token {
    var isName: Bool { kind == .word || kind == .name || kind == .text }
}
