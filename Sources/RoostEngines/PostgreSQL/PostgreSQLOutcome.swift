import RoostDumps

/// The effect of a statement, derived from the server's command tag and the statement's own words. Pure.
enum PostgreSQLOutcome {
    /// Tags of statements without a lasting effect.
    private static let neutral: Set<Substring> = [
        "", "SET", "RESET", "SHOW", "BEGIN", "START", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PREPARE", "LOCK",
        "DISCARD", "ANALYZE", "VACUUM", "CHECKPOINT", "EXPLAIN", "DEALLOCATE", "DECLARE", "FETCH", "MOVE", "CLOSE",
        "LISTEN", "NOTIFY", "UNLISTEN", "LOAD", "CLUSTER", "REINDEX", "COPY",
    ]
    /// Built-in functions that dumps call.
    private static let settings: Set<String> = ["set_config"]
    private static let changing: Set<String> = ["setval", "lo_create", "lo_from_bytea", "lo_put", "lowrite"]

    /// `tag`: `CREATE TABLE`, `INSERT 0 500`. `rows`: the row count of the same tag.
    static func of(tag: String, rows: Int, _ text: UnsafePointer<UInt8>) -> StatementOutcome {
        let words = tag.split(separator: " ")
        switch words.first ?? "" {
        case "INSERT": return .filled(rows: rows)
        case "UPDATE", "DELETE", "MERGE": return rows > 0 ? .made : .neutral
        case "DO", "CALL": return .ran(changes: true)
        case "SELECT": return selected(rows, text)
        case "CREATE" where words.last == "TABLE": return .table(rows: 0)
        case "DROP": return first(of: text, 12).contains("exists") ? .neutral : .made
        case "CREATE", "COMMENT", "GRANT", "REVOKE":
            return isOfEveryDatabase(first(of: text, 12)) ? .neutral : .made
        case let word: return neutral.contains(word) ? .neutral : .made
        }
    }

    /// Whether the statement is about the schema or the language that every new database has: dumps of empty databases
    /// name them.
    private static func isOfEveryDatabase(_ words: [String]) -> Bool {
        if words.contains("extension") { return words.contains("plpgsql") }
        guard zip(words, words.dropFirst()).contains(where: { $0 == ("schema", "public") }) else { return false }
        return !["grant", "revoke"].contains(words.first) || words.last == "public"
    }

    /// `CREATE TABLE … AS SELECT …`, `SELECT … INTO t`, `SELECT pg_catalog.setval(…)`, `SELECT fill()`
    private static func selected(_ rows: Int, _ text: UnsafePointer<UInt8>) -> StatementOutcome {
        if text.pointee | 0x20 == UInt8(ascii: "c") { return .table(rows: rows) }
        var tokens = SQLTokens(bytes(of: text), .postgresql, escapes: true)
        var (last, count) = ("", 0)
        var outcome = StatementOutcome.neutral
        while count < 200, let token = tokens.next() {
            count += 1
            guard token.kind != .symbol(UInt8(ascii: "(")) else {
                if changing.contains(last) { return .made }
                if !last.isEmpty, !settings.contains(last) { outcome = .ran(changes: false) }
                continue
            }
            last = token.kind == .word ? tokens.word(token) : token.kind == .name ? "a name" : ""
            if last == "into" { return .table(rows: rows) }
        }
        return outcome
    }

    private static func bytes(of text: UnsafePointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        var count = 0
        while count < 10_000, text[count] != 0 { count += 1 }
        return UnsafeBufferPointer(start: text, count: count)
    }

    /// The first words; names among them are decoded.
    private static func first(of text: UnsafePointer<UInt8>, _ count: Int) -> [String] {
        var tokens = SQLTokens(bytes(of: text), .postgresql, escapes: true)
        var words: [String] = []
        while words.count < count, let token = tokens.next() {
            words.append(String(decoding: tokens.name(token), as: UTF8.self))
        }
        return words
    }
}
