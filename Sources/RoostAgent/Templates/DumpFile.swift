import Foundation
import RoostEngines
import RoostHost
import RoostModel

/// What a dump's file tells of itself.
enum DumpFile {
    /// The dump at a path, by what is in it, below whatever it is packed in: the name decides nothing.
    static func dump(at path: String, type: ServiceType, catalog: EngineCatalog) async throws(Problem) -> Dump {
        guard path.hasPrefix("/") else {
            throw Problem(.usage, "'\(path)' must be an absolute path of the machine that roostd runs on")
        }
        // What cannot be looked at cannot be read either.
        guard let entry = try? Storage.look(at: followed(path)) else {
            throw Problem(.sourceNotFound, "there is no dump at \(path)", next: ["name a path on roostd's machine"])
        }
        guard entry.isPlainFile || entry.isFolder else {
            throw Problem(
                .usage, "\(path) is neither a file nor a folder, and roostd cannot read it twice",
                next: ["roost template add NAME --type \(type) --dump - < \(path)"])
        }
        let formats = Array(Set(catalog.serving(type).flatMap { $0.dumpTaking?.dumpFormats ?? [] })).sorted {
            $0.rawValue < $1.rawValue
        }
        guard !formats.isEmpty else {
            throw Problem(.usage, "services of type \(type) have no dumps that a template could be made of")
        }
        do throws(EngineError) { return try await DumpLook.dump(at: path, formats: formats) } catch {
            throw Problem(.usage, "\(error)")
        }
    }

    /// What a path leads to, through symbolic links.
    static func followed(_ path: String) -> String { (path as NSString).resolvingSymlinksInPath }

    /// Changes when the file does, or when a symbolic link leads to another one.
    static func fingerprint(of path: String) -> String? {
        // Gone, or not to be looked at: it has none.
        (try? Storage.look(at: followed(path)))?.fingerprint
    }
}
