import RoostBuildFile
import RoostModel
import Testing

/// `instances:` of an engine that elects its primary by a majority.
struct InstanceCountTests {
    private static let rules = [
        TypeRule(type: .mysql, minimumMemory: .mebibytes(128), mostInstances: 9, versions: []),
        TypeRule(
            type: ServiceType(rawValue: "mongodb"), minimumMemory: .mebibytes(128), mostInstances: 7,
            needsOddInstances: true, versions: []),
    ]

    @Test(
        arguments: [
            ("mysql", 2, nil), ("mysql", 8, nil), ("mongodb", 1, nil), ("mongodb", 3, nil), ("mongodb", 7, nil),
            ("mongodb", 2, "2 instances survive no more losses than 1"),
            ("mongodb", 6, "6 instances survive no more losses than 5"),
            ("mongodb", 8, "a service can have at most 7 instances"),
        ] as [(String, Int, String?)])
    func anEvenNumberIsRefusedWithTheReason(_ type: String, _ instances: Int, _ words: String?) {
        let text = "services:\n  shop: {type: \(type), instances: \(instances)}\n"
        switch BuildFileReader.read(text, fileName: "roost.yml", rules: Self.rules) {
        case .success: #expect(words == nil)
        case .failure(let error):
            let message = error.diagnostics.map(\.description).joined(separator: "\n")
            #expect(words.map(message.contains) == true, "\(message)")
        }
    }
}
