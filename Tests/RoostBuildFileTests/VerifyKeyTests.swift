import RoostBuildFile
import RoostModel
import Testing

/// `verify:`, the schedule of comparisons.
struct VerifyKeyTests {
    private static let rules = [
        TypeRule(type: .mysql, minimumMemory: .mebibytes(128), mostInstances: 8, versions: []),
        TypeRule(
            type: ServiceType(rawValue: "redis"), keys: ServiceKey.sql.subtracting([.verify]),
            minimumMemory: .mebibytes(64), versions: []),
    ]

    private func read(_ verify: String, type: String = "mysql") -> Result<BuildFile, BuildFileInvalid> {
        BuildFileReader.read(
            "services:\n  shop: {type: \(type), verify: \(verify)}\n", fileName: "roost.yml", rules: Self.rules)
    }

    @Test(arguments: [("{every: 1h}", 3600), ("{every: 24h}", 86_400), ("{every: 30d}", 2_592_000), ("{}", nil)])
    func theTimeIsRead(_ text: String, _ seconds: Int?) throws {
        #expect(try read(text).get().services.first?.verify == VerifySettings(everySeconds: seconds))
    }

    @Test(
        arguments: [
            (
                "{every: 59m}",
                "verify.every: expected a time from 1h to 30d with s, m, h or d, such as 24h; found '59m'"
            ),
            ("{every: 31d}", "found '31d'"), ("{every: 24}", "found '24'"),
            ("{every: '0 3 * * *'}", "found '0 3 * * *'"),
            ("{every: [1h]}", "verify.every: expected a time from 1h to 30d"),
            ("{evry: 24h}", "verify.evry: unknown key (did you mean 'every'?); known keys: every"),
            ("24h", "verify: expected {every: 24h}, or {} for no schedule; found text"),
        ])
    func aWrongScheduleIsRefused(_ text: String, _ message: String) {
        let refusal = #expect(throws: BuildFileInvalid.self) { try read(text).get() }
        #expect(refusal?.diagnostics.count == 1 && refusal?.description.contains(message) ?? false, "\(refusal as Any)")
    }

    @Test func aTypeWhoseMembersCannotBeComparedHasNoSchedule() {
        let refusal = #expect(throws: BuildFileInvalid.self) { try read("{every: 24h}", type: "redis").get() }
        #expect(refusal?.description.contains("verify: is not valid for services of type 'redis'") ?? false)
    }
}
