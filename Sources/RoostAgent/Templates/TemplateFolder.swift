import Foundation
import RoostHost
import RoostModel

/// The finished versions of templates on this machine. They outlive the store.
struct TemplateFolder: Sendable {
    let paths: HomePaths

    /// Complete versions, oldest first. Blocks. A version whose record cannot be read is left out and left alone.
    func all() -> [TemplateRecord] {
        paths.places.flatMap { place in
            Self.names(in: place.templates).flatMap { name in
                Self.names(in: "\(place.templates)/\(name)").compactMap { version in
                    let paths = TemplatePaths(folder: "\(place.templates)/\(name)/\(version)")
                    guard FileManager.default.fileExists(atPath: paths.data) else { return nil }
                    return FileManager.default.contents(atPath: paths.record).flatMap { try? JSON.decode(from: $0) }
                }
            }
        }.sorted { $0.version.id < $1.version.id }
    }

    private static func names(in folder: String) -> [String] {
        // A missing folder lists nothing, and a half-removed folder is no version.
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { !$0.hasSuffix(Storage.unfinished) }.sorted()
    }
}
