import Foundation

/// The sources of the product, as these tests read them.
struct SourceFile {
    /// The path from the repository's root: `Sources/RoostModel/Names.swift`.
    let path: String
    let text: String

    static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Every Swift file below a folder of the repository.
    static func all(below folder: String = "Sources") throws -> [SourceFile] {
        let root = repository.path(percentEncoded: false)
        let names = FileManager.default.enumerator(atPath: root + folder)?.compactMap { $0 as? String } ?? []
        return try names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
            SourceFile(
                path: "\(folder)/\(name)",
                text: try String(contentsOf: URL(filePath: "\(root)\(folder)/\(name)"), encoding: .utf8))
        }
    }

    /// The room that the file belongs to: `RoostModel`.
    var room: Substring { path.split(separator: "/")[1] }
}
