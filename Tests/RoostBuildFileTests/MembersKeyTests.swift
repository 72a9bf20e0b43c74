import RoostBuildFile
import RoostModel
import Testing

/// `members:`, what is said about single members.
struct MembersKeyTests {
    private static let rules = [
        TypeRule(type: .mysql, minimumMemory: .mebibytes(128), mostInstances: 8, versions: []),
        TypeRule(type: .custom, keys: ServiceKey.custom, minimumMemory: .mebibytes(64), versions: []),
    ]

    private func read(_ members: String, type: String = "mysql") -> Result<BuildFile, BuildFileInvalid> {
        BuildFileReader.read(
            "services:\n  shop: {type: \(type), instances: 4, members: \(members)}\n", fileName: "roost.yml",
            rules: Self.rules)
    }

    @Test(
        arguments: [
            ("{}", [:]), ("{1: {}}", [:]), ("{1: {priority: 0}}", [1: MemberSettings(priority: 0)]),
            (
                "{1: {priority: 0}, 2: {delay: 1h}, 3: {storage: separate}}",
                [
                    1: MemberSettings(priority: 0), 2: MemberSettings(delaySeconds: 3600),
                    3: MemberSettings(storage: .separate),
                ]
            ),
            ("{7: {priority: 0, delay: 90s}}", [7: MemberSettings(priority: 0, delaySeconds: 90)]),
            ("{0: {priority: 100, storage: shared}}", [0: MemberSettings(priority: 100, storage: .shared)]),
        ] as [(String, [Int: MemberSettings])])
    func membersAreReadByTheirNumber(_ text: String, _ members: [Int: MemberSettings]) throws {
        #expect(try read(text).get().services.first?.members == members)
    }

    @Test func aFileWithoutTheKeySaysNothing() throws {
        let file = try BuildFileReader.read(
            "services:\n  shop: {type: mysql}\n", fileName: "roost.yml", rules: Self.rules
        ).get()
        #expect(file.services.first?.members == nil)
    }

    @Test(
        arguments: [
            ("[1]", "members: expected settings by the number of an instance, such as {1: {priority: 0}}"),
            ("{1: low}", "members.1: expected settings such as {priority: 0}"),
            (
                "{8: {priority: 0}}",
                "members.8: '8' is no number of an instance; instances are numbered from 0, up to 7"
            ),
            ("{-1: {priority: 0}}", "members.-1: '-1' is no number of an instance"),
            ("{01: {priority: 0}}", "members.01: '01' is no number of an instance"),
            ("{data.1: {priority: 0}}", "'data.1' is no number of an instance"),
            (
                "{1: {prioritty: 0}}",
                "members.1.prioritty: unknown key (did you mean 'priority'?); known keys: priority"
            ),
            ("{1: {priority: 101}}", "members.1.priority: expected a whole number from 0 (never promoted) to 100"),
            ("{1: {priority: -1}}", "found '-1'"), ("{1: {priority: 1.5}}", "found '1.5'"),
            ("{1: {priority: '0'}}", "found '0'"),
            ("{1: {delay: 3600}}", "members.1.delay: expected a time from 1s to 2d with s, m, h or d, such as 1h"),
            ("{1: {delay: 0s}}", "found '0s'"), ("{1: {delay: 3d}}", "found '3d'"),
            ("{1: {delay: -1h}}", "found '-1h'"),
            ("{1: {delay: 99999999999999999999d}}", "found '99999999999999999999d'"),
            ("{1: {storage: own}}", "members.1.storage: expected one of shared, separate; found 'own'"),
            ("{1: {delay: 1h, priority: 1}}", "members.1: a member with a delay is never promoted"),
        ])
    func aWrongValueIsRefusedAndNamed(_ text: String, _ words: String) {
        guard case .failure(let error) = read(text) else {
            Issue.record("it was read")
            return
        }
        let message = error.diagnostics.map(\.description).joined(separator: "\n")
        #expect(error.diagnostics.count == 1 && message.contains(words), "\(message)")
    }

    @Test func aCustomServiceHasNoMembers() {
        guard case .failure(let error) = read("{}", type: "custom") else {
            Issue.record("it was read")
            return
        }
        let message = error.diagnostics.map(\.description).joined(separator: "\n")
        #expect(message.contains("members: is not valid for services of type 'custom'"), "\(message)")
    }
}
