import RoostBuildFile
import RoostModel
import Testing

/// `databases:`, whose bounds are the type's own.
struct DatabaseNameTests {
    private static let rules = [
        TypeRule(type: .mysql, minimumMemory: .mebibytes(128), versions: []),
        TypeRule(
            type: ServiceType(rawValue: "postgresql"), minimumMemory: .mebibytes(128), versions: [],
            names: NameRules(longestDatabase: 63, ownDatabases: ["template1"])),
        TypeRule(
            type: ServiceType(rawValue: "mongodb"), minimumMemory: .mebibytes(128), versions: [],
            names: NameRules(longestDatabase: 63, ownDatabases: ["local"], foldsCase: true)),
    ]

    private static func message(_ type: String, _ databases: String) -> String? {
        let text = "services:\n  shop: {type: \(type), databases: \(databases)}\n"
        switch BuildFileReader.read(text, fileName: "roost.yml", rules: rules) {
        case .success: return nil
        case .failure(let error): return error.diagnostics.map(\.description).joined(separator: "\n")
        }
    }

    private static let long = String(repeating: "x", count: 64)

    @Test(
        arguments: [
            ("mysql", "[\(long)]", nil), ("mysql", "[shop, Shop]", nil),
            ("postgresql", "[\(long)]", "is not a valid database name; use 1 to 63 letters, digits, _ and -"),
            ("postgresql", "[\(long.dropLast())]", nil),
            ("postgresql", "[Template1]", "'Template1' is a system database of the server"),
            ("mongodb", "[\(long)]", "use 1 to 63"),
            ("mongodb", "[local]", "'local' is a system database of the server"),
            ("mongodb", "[orders, Orders]", "'Orders' differs from 'orders' only in case"),
            ("mongodb", "[Shop]", "'Shop' differs from 'shop' only in case"), ("mongodb", "[shop]", nil),
        ] as [(String, String, String?)])
    func eachTypeHasItsOwnBounds(_ type: String, _ databases: String, _ words: String?) {
        let message = Self.message(type, databases)
        guard let words else {
            #expect(message == nil)
            return
        }
        #expect(message?.contains("roost.yml:2: services.shop.databases.") == true, "\(message ?? "")")
        #expect(message?.contains(words) == true, "\(message ?? "")")
    }
}
