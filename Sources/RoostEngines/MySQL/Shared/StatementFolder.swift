import Foundation
import RoostModel

/// Statements in a file that a server reads as its own user, who may not look into folders of the caller's.
struct StatementFolder {
    private let folder: PrivateFolder
    var file: String { "\(folder.path)/statements.sql" }

    init(_ statements: String, readableBy user: ServerUser) throws(EngineError) {
        do {
            folder = try PrivateFolder()
            try folder.write(["statements.sql": statements])
            // Not root, the caller is the server's user.
            if geteuid() == 0 {
                let owner: [FileAttributeKey: Any] = [.ownerAccountID: user.uid, .groupOwnerAccountID: user.gid]
                try FileManager.default.setAttributes(owner, ofItemAtPath: folder.path)
                try FileManager.default.setAttributes(owner, ofItemAtPath: file)
            }
        } catch {
            throw .initialisationFailed("its statements could not be written: \(error)")
        }
    }

    /// Once no server reads it any more.
    func remove() { folder.remove() }
}
