import Foundation
import RoostModel

/// The replication position of a directory that came from an online backup: such a copy has no binary logs that would
/// tell it.
///
/// A file in the data directory. It has one name in a backup and another once the copy is prepared for a replica: a
/// backup may also be restored as a service, whose own positions then differ from the note.
enum SeedNote {
    /// File name in a backup.
    static let backup = "roost-backup-position"
    /// File name in a directory that is prepared for a replica, until the replica follows its primary.
    static let seed = "roost-seed-position"

    /// Writes the position of a backup beside its data.
    static func write(_ position: String, to directory: String, owner: ServerUser?) throws(EngineError) {
        try DirectoryFile.write(Array(position.utf8), to: backup, in: directory, owner: owner)
    }

    /// Makes the note of a backup that of a replica's first directory. Idempotent.
    static func take(in directory: String) throws(EngineError) {
        guard FolderEntry.exists("\(directory)/\(backup)", isFolder: false) else { return }
        guard rename("\(directory)/\(backup)", "\(directory)/\(seed)") == 0 else {
            throw .copyFailed("the note of its position could not be renamed (error \(errno))")
        }
    }

    /// The position of a replica that has not followed yet. Nil if the directory has no such note.
    static func position(in directory: String) -> String? {
        FolderEntry.text("\(directory)/\(seed)", atMost: CopiedFiles.longestNote)
    }

    /// Forgets the position, which the server itself has recorded.
    static func remove(from directory: String) {
        // A note that is left behind is older than the server's own position, and ignored.
        try? FileManager.default.removeItem(atPath: "\(directory)/\(seed)")
    }
}
