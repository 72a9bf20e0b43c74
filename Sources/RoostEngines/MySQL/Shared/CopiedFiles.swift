import Foundation
import RoostModel

/// Files in a data directory of the MySQL family that belong to one server alone.
enum CopiedFiles {
    /// Binary logs and relay logs, under Roost's names and the usual ones, with their indexes and state files; a
    /// replica's notes about its source; the buffer pool dump; the PID file and socket of a running server.
    static func isOfOriginal(_ name: String) -> Bool {
        if exact.contains(name) || name.hasPrefix(MariaDBRelayRecovery.unread) || name.hasSuffix(".pid")
            || name.hasSuffix(".sock") || name.hasSuffix(".sock.lock")
        {
            return true
        }
        return name.wholeMatch(
            of:
                #/(binlog|relay|[A-Za-z0-9_.-]+-(bin|relay-bin)|relay-.+|master-.+|relay-log-.+)\.([0-9]+(\.idx)?|index|state|info)/#
        )
            != nil
    }

    private static let exact: Set = [
        "auto.cnf", "master.info", "relay-log.info", "multi-master.info", "ib_buffer_pool", "ib_buffer_pool.incomplete",
        "binlog.~rec~", "mysqld-auto.cnf", SeedNote.backup, SeedNote.seed,
        AcknowledgedNote.name,
    ]

    /// Whether a replica must not take over the file: as `isOfOriginal`, except for the binary log, which tells the
    /// position of the data.
    static func isOfMember(_ name: String) -> Bool {
        isOfOriginal(name) && !name.hasPrefix("binlog.") && name != SeedNote.seed
    }

    /// Removes these files from a directory that no server runs on.
    static func remove(
        from directory: String, where isRemoved: (_ name: String) -> Bool = isOfOriginal
    ) throws(EngineError) {
        do {
            for name in try FileManager.default.contentsOfDirectory(atPath: directory)
            where isRemoved(name) && !FolderEntry.exists("\(directory)/\(name)", isFolder: true) {
                try FileManager.default.removeItem(atPath: "\(directory)/\(name)")
            }
        } catch {
            throw .copyFailed("\(directory) could not be prepared for its own server: \(error)")
        }
    }

    /// Copies the notes in which a server records the version of its tables. The engine's own backup leaves them out,
    /// and without them no server would be started on the copy.
    static func carry(
        _ names: [String], from source: String, to target: String, owner: ServerUser?
    ) throws(EngineError) {
        for name in names {
            guard let bytes = FolderEntry.bytes("\(source)/\(name)", atMost: longestNote) else { continue }
            try DirectoryFile.write(bytes, to: name, in: target, owner: owner)
        }
    }

    static let longestNote = 64 << 10
}
