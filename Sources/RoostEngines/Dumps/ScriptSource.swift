import Foundation
import RoostModel

/// A script in a file, so that it can be fed like a dump.
struct ScriptSource {
    let source: DumpSource
    private let folder: PrivateFolder

    init(_ text: String) async throws(EngineError) {
        do {
            folder = try PrivateFolder()
            try folder.write(["script.sql": text])
        } catch {
            throw .loadFailed(line: nil, statement: nil, message: "the script could not be written: \(error)")
        }
        let dump = Dump(path: "\(folder.path)/script.sql", format: .sql, layers: [])
        do throws(EngineError) {
            source = try await DumpSource(dump, user: nil, folder: folder.path)
        } catch {
            folder.remove()
            throw error
        }
    }

    func remove() {
        source.close()
        folder.remove()
    }
}
