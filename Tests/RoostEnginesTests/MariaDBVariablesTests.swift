import RoostModel
import Testing

@testable import RoostEngines

/// How an option file writes a value and how the server shows it.
@Suite struct MariaDBVariablesTests {
    private typealias Form = ExpectedVariables.Form

    private static let number = Form(type: "BIGINT UNSIGNED", least: 16384, most: 1e12, block: 1024)
    private static let word = Form(type: "ENUM", words: ["NEVER", "AUTO", "ALWAYS"])
    private static let onOff = Form(type: "BOOLEAN", words: ["OFF", "ON"])
    private static let modes = Form(type: "SET", words: ["ANSI_QUOTES", "TRADITIONAL", "STRICT_ALL_TABLES"])
    private static let flags = Form(type: "FLAGSET")

    private static let cases: [(form: Form, wanted: String, shown: String, isSame: Bool)] = [
        (number, "64M", "67108864", true), (number, "67108864", "67108864", true), (number, "1", "16384", true),
        (number, "20000", "19456", true), (number, "64M", "67108863", false), (number, "x", "16384", false),
        (Form(type: "DOUBLE"), "0.5", "0.500000", true), (Form(type: "DOUBLE"), "1", "1.000000", true),
        (Form(type: "DOUBLE"), "1", "1.500000", false),
        (word, "2", "ALWAYS", true), (word, "always", "ALWAYS", true), (word, "1", "ALWAYS", false),
        (word, "9", "ALWAYS", false),
        (onOff, "true", "ON", true), (onOff, "0", "OFF", true), (onOff, "1", "OFF", false),
        (modes, "ansi_quotes", "ANSI_QUOTES", true), (modes, "TRADITIONAL", "STRICT_ALL_TABLES,TRADITIONAL", true),
        (modes, "ANSI_QUOTES", "ANSI_QUOTES,STRICT_ALL_TABLES", false), (modes, "", "ANSI_QUOTES", false),
        (flags, "mrr=on", "index_merge=on,mrr=on", true), (flags, "mrr=on", "index_merge=on,mrr=off", false),
        (Form(type: "VARCHAR"), "utf8mb4", "UTF8MB4", true), (Form(type: "VARCHAR"), "a", "b", false),
    ]

    @Test(arguments: cases.indices) func aValueIsReadAsTheServerReadsIt(_ index: Int) {
        let row = Self.cases[index]
        #expect(row.form.reads(row.wanted, as: row.shown) == row.isSame, "\(row)")
    }

    @Test func onlyWhatIsNotWantedIsSuspect() {
        let variables = ExpectedVariables(
            wanted: ["wait_timeout": "100", "sql_mode": "", "log_slow_query_time": "0.5"], exempt: ["sync_binlog"])
        let rows: [[String?]] = [
            ["variable", "wait_timeout", "100"], ["variable", "log_slow_query_time", "0.5"],
            ["variable", "long_query_time", "0.5"], ["variable", "sql_mode", ""],
            ["variable", "max_connections", "50"],
            ["variable", "init_connect", "SELECT 1"], ["rights", "wait_timeout", "3"], ["mark", "", "1"],
        ]
        let suspects = variables.suspects(rows, own: ["max_connections": "50"])
        #expect(suspects == [ExpectedVariables.Seen("init_connect", "SELECT 1")])
        #expect(suspects.map(variables.drift).map(\.text) == ["init_connect is SELECT 1, not the default"])
        #expect(variables.rows.contains("'read_only'") && variables.rows.contains("'sync_binlog'"))
    }
}
