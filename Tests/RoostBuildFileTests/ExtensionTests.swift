import RoostBuildFile
import RoostModel
import Testing

/// `extensions:`, which only one type accepts.
struct ExtensionTests {
    private static let rules = [
        TypeRule(type: .mysql, minimumMemory: .mebibytes(128), versions: []),
        TypeRule(
            type: ServiceType(rawValue: "postgresql"), keys: ServiceKey.sql.union([.extensions]),
            minimumMemory: .mebibytes(128), versions: [],
            names: NameRules(longestDatabase: 63, ownDatabases: ["template1"])),
    ]

    private func read(_ type: String, _ extensions: String) -> Result<BuildFile, BuildFileInvalid> {
        BuildFileReader.read(
            "services:\n  data: {type: \(type), extensions: \(extensions)}\n", fileName: "roost.yml", rules: Self.rules)
    }

    @Test func theyAreReadAsTheyAreWritten() throws {
        let file = try read("postgresql", "[postgis, \"uuid-ossp\"]").get()
        #expect(file.services.first?.extensions == ["postgis", "uuid-ossp"])
    }

    @Test(arguments: [
        ("postgresql", "[a, a]", "extension 'a' is listed twice"),
        ("postgresql", "[\"a/../b\"]", "'a/../b' is not a valid extension name"),
        ("postgresql", "[-a]", "'-a' is not a valid extension name"),
        ("postgresql", "[[a]]", "expected an extension name; found a list"),
        ("postgresql", "postgis", "expected a list of names, such as [postgis]; found text"),
        ("mysql", "[postgis]", "is only valid for type 'postgresql'"),
    ])
    func whatIsNoneIsRefused(_ type: String, _ extensions: String, _ message: String) {
        guard case .failure(let error) = read(type, extensions) else {
            Issue.record("it was read")
            return
        }
        #expect(error.diagnostics.map(\.message).count == 1)
        #expect(error.diagnostics.first?.message.hasPrefix(message) == true, "\(error.diagnostics)")
    }
}
