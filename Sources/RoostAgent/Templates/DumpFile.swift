import Foundation
import RoostEngines
import RoostHost
import RoostModel

/// Looks at the file of a dump.
enum DumpFile {
    /// The dump at a path. Its content below any compression decides the format; its name decides nothing.
    static func dump(at path: String, type: ServiceType, catalog: EngineCatalog) async throws(Problem) -> Dump {
        guard path.hasPrefix("/") else {
            throw Problem(.usage, "'\(path)' must be an absolute path on roostd's machine")
        }
        // A path that cannot be looked at cannot be read either.
        guard let entry = try? Storage.look(at: followed(path)) else {
            throw Problem(.sourceNotFound, "there is no dump at \(path)", next: ["give a path on roostd's machine"])
        }
        guard entry.isPlainFile || entry.isFolder else {
            throw Problem(
                .usage, "\(path) is neither a file nor a folder, so roostd cannot read it twice",
                next: ["roost template add NAME --type \(type) --dump - < \(path)"])
        }
        let formats = Array(Set(catalog.serving(type).flatMap { $0.dumpTaking?.dumpFormats ?? [] })).sorted {
            $0.rawValue < $1.rawValue
        }
        guard !formats.isEmpty else {
            throw Problem(.usage, "templates of type \(type) cannot be made from dumps")
        }
        do throws(EngineError) { return try await DumpLook.dump(at: path, formats: formats) } catch {
            throw Problem(.usage, "\(error)")
        }
    }

    /// The path with its symbolic links resolved.
    static func followed(_ path: String) -> String { (path as NSString).resolvingSymlinksInPath }

    /// A fingerprint that changes with the file, and when a symbolic link gets another target.
    static func fingerprint(of path: String) -> String? {
        // A file that is gone or cannot be looked at has no fingerprint.
        (try? Storage.look(at: followed(path)))?.fingerprint
    }
}
