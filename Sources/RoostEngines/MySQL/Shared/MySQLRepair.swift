import RoostDumps

/// The repair of a statement that a server of the MySQL family refused because it was written for another one. The
/// server's error decides. Pure.
enum MySQLRepair: Equatable {
    case skip(note: String?)
    case replace([UInt8], note: String)
    /// The database is created, and the statement sent again.
    case database(String)
    /// The statement has failed.
    case none

    enum Code {
        static let databaseExists = 1007
        static let unknownDatabase = 1049
        static let emptyQuery = 1065
        static let unknownVariable = 1193
        static let wrongValueForVariable = 1231
        static let readOnlyVariable = 1238
        static let unknownCollation = 1273
        static let unknownEngine = 1286
        static let cannotCreateUser = 1396
    }

    /// `collations`: those of the server, as candidates for a replacement. `own`: databases that exist because Roost
    /// created them.
    static func of(
        _ fault: ClientFault, _ statement: Statement, collations: () -> Set<String>, own: Set<String>
    ) -> MySQLRepair {
        let reading = MySQLForeign.Reading(statement)
        let verb = reading.words.first ?? ""
        switch fault.code {
        // The whole statement was a comment to this server.
        case Code.emptyQuery: return .skip(note: nil)
        case Code.databaseExists where verb == "create":
            let isOwn = reading.head.contains { own.contains(reading.text($0)) }
            return isOwn ? .skip(note: nil) : .none
        case Code.unknownDatabase where verb == "use":
            return reading.head[safe: 1].map { .database(reading.text($0)) } ?? .none
        case Code.unknownVariable where verb == "set", Code.readOnlyVariable where verb == "set":
            return .skip(note: "a setting that is unknown to this server was left out: \(quoted(fault) ?? "")")
        case Code.wrongValueForVariable where verb == "set": return withoutMode(fault, reading)
        case Code.unknownCollation: return otherCollation(fault, reading, collations())
        case Code.unknownEngine: return otherEngine(fault, reading)
        case Code.cannotCreateUser where verb == "create" || verb == "drop":
            return .skip(note: MySQLForeign.accountNote)
        default: return .none
        }
    }

    /// The last text in single quotes of the server's message.
    private static func quoted(_ fault: ClientFault) -> String? {
        let parts = fault.message.split(separator: "'", omittingEmptySubsequences: false)
        return parts.count >= 3 ? String(parts[parts.count - 2]) : nil
    }

    /// `Variable 'sql_mode' can't be set to the value of 'NO_AUTO_CREATE_USER'`
    private static func withoutMode(_ fault: ClientFault, _ reading: MySQLForeign.Reading) -> MySQLRepair {
        guard fault.message.contains("'sql_mode'"), let mode = quoted(fault) else { return .none }
        let changes = reading.all().compactMap { token -> (Range<Int>, [UInt8])? in
            guard token.kind == .text else { return nil }
            let modes = reading.text(token).split(separator: ",")
            let left = modes.filter { $0.uppercased() != mode.uppercased() }
            return left.count == modes.count ? nil : (token.range, Array("'\(left.joined(separator: ","))'".utf8))
        }
        guard !changes.isEmpty else { return .none }
        return .replace(
            reading.replacing(changes), note: "the SQL mode \(mode) is unknown to this server and was left out")
    }

    private static func otherCollation(
        _ fault: ClientFault, _ reading: MySQLForeign.Reading, _ known: Set<String>
    ) -> MySQLRepair {
        guard let name = quoted(fault), let other = Collations.nearest(to: name, among: known) else { return .none }
        let changes = replacements(of: name, by: other, reading)
        guard !changes.isEmpty else { return .none }
        return .replace(
            reading.replacing(changes),
            note: "the collation \(name) is unknown to this server; \(other) was used instead")
    }

    private static func otherEngine(_ fault: ClientFault, _ reading: MySQLForeign.Reading) -> MySQLRepair {
        guard let name = quoted(fault), ["aria", "tokudb", "rocksdb", "ndbcluster"].contains(name.lowercased()) else {
            return .none
        }
        let changes = replacements(of: name, by: "InnoDB", reading)
        guard !changes.isEmpty else { return .none }
        return .replace(
            reading.replacing(changes), note: "this server does not support \(name); InnoDB was used instead")
    }

    /// Replacements of a name that is a word of its own, or is quoted as a whole.
    private static func replacements(
        of name: String, by other: String, _ reading: MySQLForeign.Reading
    ) -> [(Range<Int>, [UInt8])] {
        reading.all().compactMap { token in
            if case .symbol = token.kind { return nil }
            guard reading.text(token).lowercased() == name.lowercased() else { return nil }
            return (token.range, Array((token.kind == .text ? "'\(other)'" : other).utf8))
        }
    }
}

/// Nearest equivalents between the collations of MySQL and MariaDB. Pure.
enum Collations {
    /// The known collation that sorts and compares most alike. Nil if there is none.
    static func nearest(to name: String, among known: Set<String>) -> String? {
        candidates(name.lowercased()).first(where: known.contains)
    }

    /// MariaDB's names of languages.
    private static let languages = [
        "cs": "czech", "da": "danish", "de_pb": "german2", "eo": "esperanto", "es": "spanish", "es_trad": "spanish2",
        "et": "estonian", "hr": "croatian", "hu": "hungarian", "is": "icelandic", "la": "roman", "lt": "lithuanian",
        "lv": "latvian", "pl": "polish", "ro": "romanian", "sk": "slovak", "sl": "slovenian", "sv": "swedish",
        "tr": "turkish", "vi": "vietnamese",
    ]

    private static func candidates(_ name: String) -> [String] {
        let parts = name.split(separator: "_").map(String.init)
        guard parts.count >= 3, let set = parts.first else { return [] }
        // `utf8mb4_da_0900_as_cs`, `utf8mb4_uca1400_danish_as_cs`, `utf8mb4_uca1400_nopad_ai_ci`
        let strength = parts.drop { !["ai", "as"].contains($0) }.joined(separator: "_")
        if let place = parts.firstIndex(of: "0900") {
            if parts.last == "bin" { return ["\(set)_nopad_bin", "\(set)_bin"] }
            let short = parts[1..<place].joined(separator: "_")
            let language = languages[short].map { "\($0)_" } ?? ""
            return [
                "\(set)_uca1400_\(language)nopad_\(strength)", "\(set)_uca1400_\(language)\(strength)",
                "\(set)_\(language)ci", "\(set)_uca1400_nopad_\(strength)", "\(set)_uca1400_\(strength)",
                "\(set)_unicode_520_ci", "\(set)_unicode_ci",
            ]
        }
        if let place = parts.firstIndex(of: "uca1400") {
            let long = parts[(place + 1)...].first { !["nopad", "ai", "as"].contains($0) }
            let short = long.flatMap { long in languages.first { $0.value == long }?.key }.map { "\($0)_" } ?? ""
            // For collations that distinguish accents but not case, MySQL has no name other than `as_ci`.
            return [
                "\(set)_\(short)0900_\(strength)", "\(set)_0900_\(strength)", "\(set)_0900_ai_ci",
                "\(set)_unicode_520_ci", "\(set)_unicode_ci",
            ]
        }
        if parts.contains("nopad") { return [parts.filter { $0 != "nopad" }.joined(separator: "_")] }
        return []
    }
}
