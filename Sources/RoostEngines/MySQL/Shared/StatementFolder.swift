import Foundation
import RoostModel

/// A file of statements that a server reads as its own user, who may not read the caller's folders.
struct StatementFolder {
    private let folder: PrivateFolder
    var file: String { "\(folder.path)/statements.sql" }

    init(_ statements: String, readableBy user: ServerUser) throws(EngineError) {
        do {
            folder = try PrivateFolder()
            try folder.write(["statements.sql": statements])
            // If not root, the caller is the server's user.
            if geteuid() == 0 {
                let owner: [FileAttributeKey: Any] = [.ownerAccountID: user.uid, .groupOwnerAccountID: user.gid]
                try FileManager.default.setAttributes(owner, ofItemAtPath: folder.path)
                try FileManager.default.setAttributes(owner, ofItemAtPath: file)
            }
        } catch {
            throw .initialisationFailed("its statements could not be written: \(error)")
        }
    }

    /// Removes the file. Call it when no server reads the file any more.
    func remove() { folder.remove() }
}
