import RoostControl
import RoostModel
import Testing

/// Which services have users who read changes.
struct ChangeReaderRuleTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let wire: String
        var config: [String: String] = [:]
        /// Words of the reason against a new reader. Nil: it is possible.
        var refused: String?
        /// Words of the reason against these settings while there is a reader. Nil: they are possible.
        var settingRefused: String?
    }

    private static let push = "Push 'config: {wal_level: logical}' for 'data' first"
    private static let stays = "'wal_level: logical' must stay while users read changes (anna, bert)"

    static let cases = [
        Case(testDescription: "MariaDB and MySQL", wire: "mysql"),
        Case(testDescription: "PostgreSQL", wire: "postgresql", refused: push, settingRefused: stays),
        Case(
            testDescription: "PostgreSQL, other settings", wire: "postgresql", config: ["work_mem": "logical"],
            refused: push, settingRefused: stays),
        Case(
            testDescription: "PostgreSQL, too low", wire: "postgresql", config: ["wal_level": "replica"], refused: push,
            settingRefused: stays),
        Case(testDescription: "PostgreSQL, logical", wire: "postgresql", config: ["wal_level": "logical"]),
        Case(testDescription: "PostgreSQL, in capitals", wire: "postgresql", config: ["WAL_Level": "LOGICAL"]),
        Case(testDescription: "MongoDB", wire: "mongodb", refused: "every user may open change streams"),
        Case(testDescription: "Redis", wire: "redis", refused: "no log of changes that a client may read"),
        Case(testDescription: "a program of the user's", wire: "tcp", refused: "have no such right"),
    ]

    @Test(arguments: cases) func aServiceHasReadersOrSaysWhyNot(_ row: Case) throws {
        let family = EngineFamily(
            name: row.wire, types: [], wire: row.wire, variableInfix: "X", urlScheme: "x", isSQL: true,
            applicationUser: "root", names: nil, defaultMemory: .mebibytes(64), minimumMemory: .mebibytes(64))
        let settings = ServiceSettings(memory: .mebibytes(256), config: row.config)
        let rule = ChangeReaderRule(family, settings)
        let name = try ServiceName("data")
        let reason = rule.fault(name)?.reason
        #expect(row.refused.map { reason?.contains($0) ?? false } ?? (reason == nil), "\(reason ?? "-")")
        let fault = rule.fault(readers: ["anna", "bert"], of: name)
        #expect(row.settingRefused.map { fault?.contains($0) ?? false } ?? (fault == nil), "\(fault ?? "-")")
        #expect(rule.fault(readers: [], of: name) == nil)
    }
}
