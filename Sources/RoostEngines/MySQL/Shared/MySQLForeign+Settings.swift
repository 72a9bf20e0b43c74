import RoostDumps

// Settings that a dump changes.
extension MySQLForeign {
    /// Settings written by the dump tools themselves: of no use elsewhere, or a matter of this server's own log.
    private static let ownOfTools: Set<String> = [
        "gtid_purged", "gtid_next", "gtid_seq_no", "gtid_domain_id", "server_id", "sql_log_bin", "sql_log_off",
        "binlog_format", "binlog_row_image", "skip_replication", "innodb_stats_auto_recalc",
    ]
    /// Replaces a setting that was left out, so that commas and comments around it can stay.
    private static let nothing = Array("@roost_left_out=0".utf8)

    func set(_ reading: Reading) -> Move {
        let tokens = reading.all(atMost: 5000)
        switch reading.words[safe: 1] {
        case "password": return accounts(reading)
        case "default" where reading.words[safe: 2] == "role": return accounts(reading)
        case "statement":
            return .refuse(
                "SET STATEMENT … FOR runs a statement that Roost cannot inspect; write it into the dump directly")
        default: break
        }
        let settings = Self.settings(tokens, reading)
        let foreign = settings.filter { $0.isGlobal || Self.ownOfTools.contains($0.name) }
        guard !foreign.isEmpty else { return .pass }
        let note = foreign.first { !Self.ownOfTools.contains($0.name) }.map { "\(Self.globalNote)\($0.name)" }
        guard foreign.count < settings.count else { return .skip(note: note) }
        return .replace(reading.replacing(foreign.map { ($0.range, Self.nothing) }), note: note)
    }

    /// An assignment of a SET statement.
    private struct Setting {
        let name: String
        let isGlobal: Bool
        let range: Range<Int>
    }

    private static func settings(_ tokens: [SQLTokens.Token], _ reading: Reading) -> [Setting] {
        var settings: [Setting] = []
        // `SET GLOBAL a = 1, b = 2` sets two global variables; `@@GLOBAL.` applies to one.
        var isGlobal = false
        for part in parts(tokens, reading) {
            var index = part.lowerBound
            // `@name` is a user variable.
            let isOwn = reading.isSymbol(tokens[index], "@") && !reading.isSymbol(tokens[safe: index + 1], "@")
            let isSigned = reading.isSymbol(tokens[index], "@")
            var scope: Bool?
            while index < part.upperBound - 1,
                reading.isSymbol(tokens[index], "@") || reading.isSymbol(tokens[index], ".")
                    || scopes[reading.tokens.word(tokens[index])] != nil
            {
                scope = scopes[reading.tokens.word(tokens[index])] ?? scope
                index += 1
            }
            if let scope, !isSigned { isGlobal = scope }
            let range = tokens[part.lowerBound].range.lowerBound..<tokens[part.upperBound - 1].range.upperBound
            settings.append(
                Setting(
                    name: isOwn ? "" : reading.text(tokens[index]).lowercased(),
                    isGlobal: !isOwn && (isSigned ? scope ?? false : isGlobal), range: range))
        }
        return settings
    }

    /// Whether settings of a scope apply to the whole server.
    private static let scopes = [
        "global": true, "persist": true, "persist_only": true, "session": false, "local": false,
    ]

    /// Token ranges between SET and the top-level commas.
    private static func parts(_ tokens: [SQLTokens.Token], _ reading: Reading) -> [Range<Int>] {
        var (parts, start, depth): ([Range<Int>], Int, Int) = ([], 1, 0)
        for index in tokens.indices.dropFirst() {
            if reading.isSymbol(tokens[index], "(") { depth += 1 }
            if reading.isSymbol(tokens[index], ")") { depth -= 1 }
            if depth == 0, reading.isSymbol(tokens[index], ",") {
                if start < index { parts.append(start..<index) }
                start = index + 1
            }
        }
        if start < tokens.count { parts.append(start..<tokens.count) }
        return parts
    }
}
