import RoostBuildFile
import RoostModel
import Testing

/// A build file that must be refused, with every error that must be reported, as `line: key: message`.
struct WrongFile: CustomTestStringConvertible, Sendable {
    let title: String
    let text: String
    let errors: [String]

    init(_ title: String, _ text: String, _ errors: [String]) {
        self.title = title
        self.text = text
        self.errors = errors
    }

    /// A file with one MySQL service, named data, that has these keys as well; they begin on line 4.
    static func data(_ keys: String, _ errors: String...) -> WrongFile {
        let indented = keys.split(separator: "\n").map { "    \($0)\n" }.joined()
        return WrongFile(keys, "services:\n  data:\n    type: mysql\n" + indented, errors)
    }

    var testDescription: String { title }
    static var all: [WrongFile] { syntax + services + keys + collections }
}

extension TypeRule {
    /// A catalog with two MariaDB versions, a type without engines, and one that is not built.
    static let samples: [TypeRule] = [
        TypeRule(type: .mysql, minimumMemory: .mebibytes(128), versions: versions),
        TypeRule(type: .mariadb, minimumMemory: .mebibytes(128), versions: versions),
        TypeRule(type: ServiceType(rawValue: "bare"), minimumMemory: .mebibytes(1), versions: []),
        TypeRule(type: ServiceType(rawValue: "sqlite"), isBuilt: false, minimumMemory: .mebibytes(1), versions: []),
    ]

    private static let versions = ["10.11.19", "11.4.2"].compactMap { EngineVersion($0) }
}

/// The content of a valid file; fails the test if the file is refused.
func read(_ text: String, fileName: String = "roost.yml") throws -> BuildFile {
    try BuildFileReader.read(text, fileName: fileName, rules: TypeRule.samples).get()
}

/// The errors of a file that must be refused, without the file's name.
func errors(of text: String) -> [String] {
    switch BuildFileReader.read(text, fileName: "roost.yml", rules: TypeRule.samples) {
    case .success: []
    case .failure(let error): error.diagnostics.map { String($0.description.dropFirst("roost.yml:".count)) }
    }
}
