import RoostDumps

/// The repair for a statement that the server refused because an object of the other server is missing here; the
/// statement is then sent again. Decided from the server's own error. Pure.
enum PostgreSQLRepair: Equatable {
    /// Creates the role without a right to sign on.
    case role([UInt8])
    case schema([UInt8])
    case skip(note: String?)
    case replace([UInt8], note: String?)
    /// The application user lacks a right.
    case rights(PostgreSQLRights)
    /// No repair: the statement has failed.
    case none

    /// The server's error, with the text in the encoding of the session.
    struct Refusal: Equatable {
        let state: String
        let message: [UInt8]
        let detail: String

        var text: String { String(decoding: message, as: UTF8.self) }

        /// The text in the first double quotes of the message, if the message has this beginning and end.
        func name(after beginning: String, before end: String) -> [UInt8]? {
            guard message.starts(with: beginning.utf8), message.count > beginning.utf8.count + end.utf8.count,
                message.reversed().starts(with: end.utf8.reversed())
            else { return nil }
            return Array(message.dropFirst(beginning.utf8.count).dropLast(end.utf8.count))
        }
    }

    static func of(_ refusal: Refusal, _ statement: Statement) -> PostgreSQLRepair {
        let reading = PostgreSQLForeign.Reading(statement)
        let (verb, second) = (reading.words[safe: 0] ?? "", reading.words[safe: 1] ?? "")
        if let role = refusal.name(after: "role \"", before: "\" does not exist") {
            guard role.starts(with: "pg_".utf8) else { return .role(role) }
            return .skip(
                note: "the role \(String(decoding: role, as: UTF8.self)) is from a later version and was left out")
        }
        if let tablespace = refusal.name(after: "tablespace \"", before: "\" does not exist") {
            return withoutTablespace(tablespace, reading)
        }
        if refusal.state == PostgreSQLRights.state { return PostgreSQLRights.repair(refusal, reading) }
        switch (refusal.state, verb) {
        case ("42704", "alter") where second == "publication",
            ("42704", "comment") where second == "on" && reading.words[safe: 2] == "publication":
            // A publication of all tables was left out.
            return refusal.text.hasPrefix("publication ") ? .skip(note: nil) : .none
        case (PostgreSQLRights.circle, "grant"):
            // The application user is a member of every role that the dump made: the reverse grant would be a circle.
            return .skip(note: PostgreSQLRights.membershipNote)
        case ("42704", _) where ["set", "alter"].contains(verb) && refusal.text.contains("configuration parameter"):
            let setting = refusal.name(after: "unrecognized configuration parameter \"", before: "\"") ?? []
            return .skip(
                note:
                    "the setting \(String(decoding: setting, as: UTF8.self)) is unknown to this version and was left out"
            )
        case ("22023", "set") where reading.words.contains { ["default_tablespace", "temp_tablespaces"].contains($0) }:
            return .replace(Array("SET default_tablespace = ''".utf8), note: PostgreSQLForeign.tablespaceNote)
        case ("3F000", "create"):
            guard let schema = refusal.name(after: "schema \"", before: "\" does not exist"),
                !schema.starts(with: "pg_".utf8)
            else { return .none }
            return .schema(schema)
        case ("42P06", "create") where second == "schema":
            return isPublic(reading) ? .skip(note: nil) : .none
        case ("42710", "create") where refusal.text.hasPrefix("extension \"plpgsql\"") || second.hasSuffix("language"):
            return .skip(note: nil)
        case ("3D000", "comment"), ("3D000", "alter"), ("3D000", "grant"), ("3D000", "revoke"):
            return .skip(note: "statements about the other server's database itself were left out")
        default: return .none
        }
    }

    private static func isPublic(_ reading: PostgreSQLForeign.Reading) -> Bool {
        reading.head.dropFirst(2).contains { reading.tokens.name($0).elementsEqual("public".utf8) }
    }

    /// `… TABLESPACE fast`, `… USING INDEX TABLESPACE fast`
    private static func withoutTablespace(_ name: [UInt8], _ reading: PostgreSQLForeign.Reading) -> PostgreSQLRepair {
        let tokens = reading.all()
        var ranges: [Range<Int>] = []
        for index in tokens.indices.dropLast()
        where reading.isWord(tokens[index], "tablespace") && reading.tokens.name(tokens[index + 1]) == name {
            if index > 0, reading.isWord(tokens[index - 1], "set") {
                return .skip(note: PostgreSQLForeign.tablespaceNote)
            }
            let isOfIndex =
                index > 1 && reading.isWord(tokens[index - 1], "index") && reading.isWord(tokens[index - 2], "using")
            let first = tokens[isOfIndex ? index - 2 : index].range.lowerBound
            ranges.append(first..<tokens[index + 1].range.upperBound)
        }
        guard !ranges.isEmpty else { return .none }
        return .replace(reading.without(ranges), note: PostgreSQLForeign.tablespaceNote)
    }
}
