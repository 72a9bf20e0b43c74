import Synchronization

/// What the dump of another server says of that server, rather than of its data: roles that are not here, databases that
/// are, and settings that came with a later version. Roles are made, without a right to sign on, as soon as a line names
/// one: a dump that was not made for this server would else end at its first OWNER. Databases are made as Roost makes
/// them, because the locale of another machine need not be on this one.
final class PostgreSQLForeign: Sendable {
    struct Words: Equatable {
        /// What stands for the line.
        var line: String
        /// To be made first.
        var roles: [String] = []
        var database: String?
    }

    private let shownUser: String
    private let major: Int
    private let known: Mutex<Set<String>>

    init(shownUser: String, major: Int, roles: [String]) {
        self.shownUser = shownUser
        self.major = major
        known = Mutex(Set(roles))
    }

    convenience init(plan: ServerPlan, major: Int, roles: [String]) {
        self.init(shownUser: plan.shownUser, major: major, roles: roles)
    }

    private static let beginnings = [
        "ALTER ", "GRANT ", "REVOKE ", "CREATE ROLE ", "CREATE USER ", "CREATE DATABASE ", "DROP DATABASE ",
        "CREATE POLICY ", "CREATE SCHEMA ", "SET ",
    ].map { Array($0.utf8) }

    /// Whether a line may be one of them.
    static func concerns(_ line: ArraySlice<UInt8>) -> Bool { beginnings.contains { line.starts(with: $0) } }

    func read(_ line: String) -> Words {
        if let words = database(line) ?? setting(line) ?? own(line) { return words }
        var words = Words(line: line)
        if let match = line.prefixMatch(of: /CREATE (ROLE|USER) (?!MAPPING)("([^"]|"")+"|[^\s;]+)/) {
            note(String(match.2), &words)
            // One that stands already is changed as the dump says.
            words.line = "ALTER ROLE \(match.2)" + line[match.range.upperBound...]
            return words
        }
        if let words = owner(line) { return words }
        for role in Self.roles(in: line) { note(role, &words) }
        // Who granted it over there need not be able to here.
        if line.hasPrefix("GRANT ") {
            words.line = line.replacing(/\ GRANTED BY ("([^"]|"")+"|[^\s;]+)(?=;)/, with: "")
        }
        return words
    }

    // MARK: Private

    private static func comment(_ line: String) -> String { "-- " + line }

    private func database(_ line: String) -> Words? {
        if let match = line.prefixMatch(of: /CREATE DATABASE ("([^"]|"")+"|[^\s;]+)/), Self.isWhole(line) {
            return Words(line: Self.comment(line), database: Self.name(String(match.1)))
        }
        // The one that is being filled may be it.
        if line.hasPrefix("DROP DATABASE "), Self.isWhole(line) { return Words(line: Self.comment(line)) }
        return nil
    }

    /// Of a later version, at its default in every dump.
    private func setting(_ line: String) -> Words? {
        guard major < 17, line.hasPrefix("SET transaction_timeout = 0;") else { return nil }
        return Words(line: Self.comment(line))
    }

    /// What would change Roost's own account.
    private func own(_ line: String) -> Words? {
        guard let match = line.prefixMatch(of: /(CREATE|ALTER) (ROLE|USER) ("([^"]|"")+"|[^\s;]+)/),
            [PostgreSQLAccounts.administrator, PostgreSQLRoles.importer].contains(Self.name(String(match.3))),
            Self.isWhole(line)
        else { return nil }
        return Words(line: Self.comment(line))
    }

    /// What only a superuser may own stays with who makes it; Roost's own account, over there, was nobody's.
    private func owner(_ line: String) -> Words? {
        guard line.contains(" OWNER TO ") else { return nil }
        if line.prefixMatch(of: /ALTER (EVENT TRIGGER|FOREIGN DATA WRAPPER|SUBSCRIPTION)\b/) != nil, Self.isWhole(line)
        {
            return Words(line: Self.comment(line))
        }
        let own = " OWNER TO \(PostgreSQLAccounts.administrator);"
        guard line.contains(own) else { return nil }
        return Words(line: line.replacing(own, with: " OWNER TO \(PostgreSQLText.identifier(shownUser));"))
    }

    private func note(_ text: String, _ words: inout Words) {
        let name = Self.name(text)
        let others: Set = ["public", "current_user", "session_user", "current_role", "none", "default"]
        guard !name.hasPrefix("pg_"), text.hasPrefix("\"") || !others.contains(name) else { return }
        if known.withLock({ $0.insert(name).inserted }) { words.roles.append(name) }
    }

    /// Whether the statement ends with the line.
    private static func isWhole(_ line: String) -> Bool {
        line.reversed().first { !$0.isWhitespace } == ";"
    }

    /// The roles that a statement names, as they stand there.
    private static func roles(in line: String) -> [String] {
        let name = #"("(?:[^"]|"")+"|[A-Za-z_][\w$]*)"#
        let after: [String] =
            if line.hasPrefix("ALTER ") {
                [" OWNER TO \(name);", " FOR (?:ROLE|USER) \(name) .* (?:TO|FROM) \(name)(?: WITH GRANT OPTION)?;"]
            } else if line.hasPrefix("GRANT ") || line.hasPrefix("REVOKE ") {
                [" (?:TO|FROM) \(name)(?: WITH [A-Z, ]+)?(?: GRANTED BY \(name))?(?: CASCADE)?;"]
            } else if line.hasPrefix("CREATE POLICY ") {
                [" TO \(name)(?:, \(name))*(?: USING| WITH|;)"]
            } else if line.hasPrefix("CREATE SCHEMA ") {
                [" AUTHORIZATION \(name)"]
            } else if line.hasPrefix("SET SESSION AUTHORIZATION ") {
                [" AUTHORIZATION '?\(name)'?;"]
            } else if line.hasPrefix("CREATE USER MAPPING ") {
                [" FOR \(name) "]
            } else {
                []
            }
        return after.flatMap { pattern -> [String] in
            // The patterns above are well formed.
            guard let expression = try? Regex(pattern), let match = line.firstMatch(of: expression) else { return [] }
            return match.output.dropFirst().compactMap { $0.substring.map(String.init) }
        }
    }

    /// `"Old ""one"""` → `Old "one"`; a bare name is in small letters.
    private static func name(_ text: String) -> String {
        guard text.hasPrefix("\""), text.count >= 2 else { return text.lowercased() }
        return String(text.dropFirst().dropLast()).replacing("\"\"", with: "\"")
    }
}
