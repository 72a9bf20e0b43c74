import RoostDumps

/// The help for a statement for which the application user lacks a right (SQLSTATE 42501). Pure.
///
/// A dump is loaded into a service as the application user. Few kinds of statements of ordinary dumps need more. For
/// these, Roost's own account performs the one missing step, built from the statement's names and never from its text:
/// the meaning of a text depends on the session that it was written for.
enum PostgreSQLRights: Equatable {
    /// Membership in a role that is to own an object or to receive one.
    case join([UInt8])
    case membership(PostgreSQLMembership)
    case setting(PostgreSQLRoleSetting)
    case makesExtension(name: [UInt8], schema: [UInt8]?)
    /// A new owner needs the right CREATE at the moment of the change, on `SCHEMA "x"` or `DATABASE "x"`.
    case lend(on: [UInt8], to: [UInt8])
    /// The triggers of a table, including those of its constraints. `statement`: for the user's triggers.
    case triggers(of: [UInt8], isOff: Bool, statement: [UInt8])
    /// `session_replication_role`, for the duration of the load.
    case replicationRole
    case wrapper([UInt8])
    /// A COPY into a table of an extension, which usually has no rows.
    case emptyRows

    static let state = "42501"
    /// SQLSTATE of a grant that would make a role a member of itself.
    static let circle = "0LP01"
    static let hint =
        "a dump is loaded as the service's application user, who lacks this privilege; remove the statement, or build "
        + "a template from the dump ('roost template add NAME --dump FILE --type postgresql')"
    static let membershipNote = "role memberships that the application user may not grant were left out"
    static let settingNote = "settings that only a superuser may change were left out"
    static let serversNote =
        "privileges and comments on objects of the server or of an extension were left out"
    static let publicationNote = "publications of all tables were left out: only a superuser may create one"
    static let leakproofNote = "LEAKPROOF was left out: only a superuser may set it"

    static func repair(_ refusal: PostgreSQLRepair.Refusal, _ reading: PostgreSQLForeign.Reading) -> PostgreSQLRepair {
        let (verb, second) = (reading.words[safe: 0] ?? "", reading.words[safe: 1] ?? "")
        for words in ["must be member of role \"", "must be able to SET ROLE \""] {
            if let role = refusal.name(after: words, before: "\"") { return .rights(.join(role)) }
        }
        if let setting = refusal.name(after: "permission denied to set parameter \"", before: "\"") {
            if verb != "alter", setting.elementsEqual("session_replication_role".utf8) {
                return .rights(.replicationRole)
            }
            return ["set", "alter"].contains(verb) ? .skip(note: settingNote) : .none
        }
        switch verb {
        case "set": return authorization(reading)
        case "alter": return alteration(second, refusal, reading)
        case "create": return creation(second, refusal, reading)
        case "grant", "revoke": return grant(reading)
        case "comment": return .skip(note: serversNote)
        case "copy": return PostgreSQLForeign.hasRows(reading) ? .rights(.emptyRows) : .none
        case "update" where refusal.text == "permission denied for table pg_database": return .skip(note: nil)
        default: return .none
        }
    }

    /// `SET SESSION AUTHORIZATION 'anna'` needs a superuser; a member of `anna` can do the same with SET ROLE.
    private static func authorization(_ reading: PostgreSQLForeign.Reading) -> PostgreSQLRepair {
        guard reading.words.contains("authorization"), let name = reading.head.last else { return .none }
        return .replace(Array("SET ROLE ".utf8) + Array(reading.bytes[name.range]), note: nil)
    }

    private static func grant(_ reading: PostgreSQLForeign.Reading) -> PostgreSQLRepair {
        let tokens = reading.all()
        if tokens.contains(where: { reading.isWord($0, "on") }) { return .skip(note: serversNote) }
        return PostgreSQLMembership(reading, tokens).map { .rights(.membership($0)) } ?? .none
    }

    private static func creation(
        _ second: String, _ refusal: PostgreSQLRepair.Refusal, _ reading: PostgreSQLForeign.Reading
    ) -> PostgreSQLRepair {
        let tokens = reading.all()
        if let name = refusal.name(after: "permission denied to create extension \"", before: "\"") {
            let schema = tokens.firstIndex { reading.isWord($0, "schema") }.flatMap { tokens[safe: $0 + 1] }
            return .rights(.makesExtension(name: name, schema: schema.map { reading.tokens.name($0) }))
        }
        if let name = refusal.name(after: "permission denied for foreign-data wrapper ", before: "") {
            return .rights(.wrapper(name))
        }
        if second == "publication", refusal.text.contains("FOR ALL TABLES") { return .skip(note: publicationNote) }
        if refusal.text.contains("leakproof function"),
            let word = tokens.first(where: { reading.isWord($0, "leakproof") })
        {
            return .replace(reading.without([word.range]), note: leakproofNote)
        }
        return .none
    }

    private static func alteration(
        _ second: String, _ refusal: PostgreSQLRepair.Refusal, _ reading: PostgreSQLForeign.Reading
    ) -> PostgreSQLRepair {
        let tokens = reading.all()
        switch second {
        case "role", "user": return PostgreSQLRoleSetting(reading, tokens).map { .rights(.setting($0)) } ?? .none
        case "extension", "language", "procedural": return .skip(note: serversNote)
        case "table": if let repair = triggers(reading, tokens) { return repair }
        case "function", "routine", "procedure":
            if refusal.text.contains("leakproof function") { return .skip(note: leakproofNote) }
        default: break
        }
        guard tokens.count > 4, reading.isWord(tokens[tokens.count - 2], "to"),
            reading.isWord(tokens[tokens.count - 3], "owner")
        else { return .none }
        let owner = reading.tokens.name(tokens[tokens.count - 1])
        for kind in ["schema", "database"] {
            guard let name = refusal.name(after: "permission denied for \(kind) ", before: "") else { continue }
            return .rights(.lend(on: Array("\(kind.uppercased()) ".utf8) + quoted(name), to: quoted(owner)))
        }
        return .none
    }

    private static func quoted(_ name: [UInt8]) -> [UInt8] {
        let quote = UInt8(ascii: "\"")
        return [quote] + name.flatMap { $0 == quote ? [quote, quote] : [$0] } + [quote]
    }

    /// `ALTER TABLE ONLY public.t DISABLE TRIGGER ALL`
    private static func triggers(
        _ reading: PostgreSQLForeign.Reading, _ tokens: [SQLTokens.Token]
    ) -> PostgreSQLRepair? {
        let count = tokens.count
        guard count > 5, reading.isWord(tokens[count - 1], "all"), reading.isWord(tokens[count - 2], "trigger") else {
            return nil
        }
        let isOff = reading.isWord(tokens[count - 3], "disable")
        guard isOff || reading.isWord(tokens[count - 3], "enable") else { return nil }
        let table = reading.bytes[tokens[2].range.lowerBound..<tokens[count - 4].range.upperBound]
        return .rights(
            .triggers(
                of: Array(table), isOff: isOff,
                statement: reading.replacing([(tokens[count - 1].range, Array("USER".utf8))])))
    }
}

/// `GRANT a, b TO c WITH ADMIN OPTION`, `REVOKE ADMIN OPTION FOR a FROM c`: its parts, without its text. Pure.
struct PostgreSQLMembership: Equatable {
    let isGrant: Bool
    let roles: [[UInt8]]
    let members: [[UInt8]]
    /// Key words only.
    let options: [String]

    private static let optionWords: Set = ["admin", "inherit", "set", "option", "true", "false"]

    /// Built-in roles that give no more than read access, and nothing beyond the databases.
    static let harmless: Set = [
        "pg_monitor", "pg_read_all_settings", "pg_read_all_stats", "pg_stat_scan_tables", "pg_signal_backend",
        "pg_read_all_data", "pg_write_all_data", "pg_checkpoint", "pg_maintain",
    ]

    init?(_ reading: PostgreSQLForeign.Reading, _ tokens: [SQLTokens.Token]) {
        let isGrant = reading.words.first == "grant"
        self.isGrant = isGrant
        guard let middle = tokens.firstIndex(where: { reading.isWord($0, isGrant ? "to" : "from") }) else {
            return nil
        }
        func isEnd(_ token: SQLTokens.Token) -> Bool {
            ["with", "granted", "cascade", "restrict"].contains { reading.isWord(token, $0) }
        }
        let ending = tokens[middle...].firstIndex(where: { isEnd($0) }) ?? tokens.count
        var granted = tokens[1..<middle]
        var words: [String] = []
        if !isGrant, let end = granted.firstIndex(where: { reading.isWord($0, "for") }) {
            words = granted[..<end].map { reading.tokens.word($0) }
            granted = granted[(end + 1)...]
        } else if isGrant, tokens[safe: ending].map({ reading.isWord($0, "with") }) == true {
            words = tokens[(ending + 1)...].map { reading.tokens.word($0) }.filter { $0 != "," }
        }
        guard words.allSatisfy(Self.optionWords.contains) else { return nil }
        options = words
        let isName = { (token: SQLTokens.Token) in token.kind.isName }
        roles = granted.filter(isName).map { reading.tokens.name($0) }
        members = tokens[(middle + 1)..<ending].filter(isName).map { reading.tokens.name($0) }
        guard !roles.isEmpty, !members.isEmpty else { return nil }
    }

    /// Builds the statement from names that the server has confirmed.
    func statement(_ roles: [String], _ members: [String]) -> String {
        let (whose, whom) = (
            roles.map(PostgreSQLText.identifier).joined(separator: ", "),
            members.map(PostgreSQLText.identifier).joined(separator: ", ")
        )
        let words = options.map { $0.uppercased() }
        guard isGrant else {
            return "REVOKE \(words.isEmpty ? "" : words.joined(separator: " ") + " FOR ")\(whose) FROM \(whom)"
        }
        // `options` is `ADMIN OPTION`, or pairs: `ADMIN TRUE, INHERIT FALSE`.
        let pairs = stride(from: 0, to: words.count, by: 2).map { words[$0..<min($0 + 2, words.count)] }
        let with = pairs.map { $0.joined(separator: " ") }.joined(separator: ", ")
        return "GRANT \(whose) TO \(whom)\(with.isEmpty ? "" : " WITH \(with)")"
    }
}

/// `ALTER ROLE a IN DATABASE b SET c TO 'd', 'e'`: its parts, without its text. Pure.
struct PostgreSQLRoleSetting: Equatable {
    let role: [UInt8]
    let database: [UInt8]?
    /// A single name, or two if the setting is an extension's.
    let parameter: [[UInt8]]
    /// Nil: reset.
    let values: [[UInt8]]?

    init?(_ reading: PostgreSQLForeign.Reading, _ tokens: [SQLTokens.Token]) {
        guard tokens.count > 4, tokens[2].kind.isName, !reading.isWord(tokens[2], "all") else { return nil }
        role = reading.tokens.name(tokens[2])
        var rest = tokens[3...]
        if rest.count > 3, reading.isWord(tokens[3], "in"), reading.isWord(tokens[4], "database") {
            database = reading.tokens.name(tokens[5])
            rest = rest.dropFirst(3)
        } else {
            database = nil
        }
        guard let verb = rest.popFirst() else { return nil }
        let isReset = reading.isWord(verb, "reset")
        guard isReset || reading.isWord(verb, "set"), let first = rest.popFirst(), first.kind.isName else { return nil }
        var names = [reading.tokens.name(first)]
        if rest.first?.kind == .symbol(UInt8(ascii: ".")), let second = rest.dropFirst().first, second.kind.isName {
            names.append(reading.tokens.name(second))
            rest = rest.dropFirst(2)
        }
        parameter = names
        if isReset {
            guard rest.isEmpty, names != [Array("all".utf8)] else { return nil }
            values = nil
            return
        }
        guard let sign = rest.popFirst(), sign.kind == .symbol(UInt8(ascii: "=")) || reading.isWord(sign, "to") else {
            return nil
        }
        guard let read = Self.values(rest, reading) else { return nil }
        values = rest.count == 1 && reading.isWord(rest[rest.startIndex], "default") ? nil : read
    }

    /// Words, numbers and plain texts.
    private static func values(
        _ tokens: ArraySlice<SQLTokens.Token>, _ reading: PostgreSQLForeign.Reading
    ) -> [[UInt8]]? {
        var values: [[UInt8]] = []
        for part in tokens.split(
            omittingEmptySubsequences: false, whereSeparator: { $0.kind == .symbol(UInt8(ascii: ",")) })
        {
            guard let first = part.first, let last = part.last else { return nil }
            if part.count == 1, first.kind == .text || first.kind == .name {
                let text = reading.bytes[first.range]
                let isPlain =
                    [UInt8(ascii: "'"), UInt8(ascii: "\"")].contains(text.first) && !text.contains(.backslash)
                guard isPlain else { return nil }
                values.append(reading.tokens.name(first))
            } else {
                let text = Array(reading.bytes[first.range.lowerBound..<last.range.upperBound])
                guard text.allSatisfy({ $0.isOfName || "+-.".utf8.contains($0) }) else { return nil }
                values.append(text)
            }
        }
        return values.isEmpty ? nil : values
    }

    /// Builds the statement from texts that the server has decoded.
    func statement(_ role: String, _ database: String?, _ parameter: [String], _ values: [String]?) -> String {
        let place = database.map { " IN DATABASE \(PostgreSQLText.identifier($0))" } ?? ""
        let name = parameter.map(PostgreSQLText.identifier).joined(separator: ".")
        let what =
            values.map { "SET \(name) TO \($0.map(PostgreSQLText.literal).joined(separator: ", "))" } ?? "RESET \(name)"
        return "ALTER ROLE \(PostgreSQLText.identifier(role))\(place) \(what)"
    }
}

extension SQLTokens.Token.Kind {
    fileprivate var isName: Bool { self == .word || self == .name }
}
