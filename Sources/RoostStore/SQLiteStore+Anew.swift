import Foundation
import GRDB
import Glibc
import RoostModel
import Synchronization

/// The connections to the store's file, and which files they are to.
struct OpenFile: Sendable {
    struct Identity: Equatable, Sendable {
        let device: UInt64
        let inode: UInt64
    }

    var pool: DatabasePool
    /// Of the file and its log.
    var parts: [Identity?]
    /// Nothing may be committed through the pool any more: its content was copied.
    var isRetired = false
    /// Pools that could not be closed. A pool that is closed later would remove the log of the file that took the place of
    /// its own, so they stay open.
    var unclosed: [DatabasePool] = []

    static let suffixes = ["", "-wal"]

    static func identities(of path: String) -> [Identity?] {
        suffixes.map { suffix in
            var status = stat()
            guard stat(path + suffix, &status) == 0 else { return nil }
            return Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        }
    }
}

extension SQLiteStore {
    var pool: DatabasePool { file.withLock { $0.pool } }

    /// Whether the store's file or its log were removed or replaced under the open store: commits then go to files that
    /// nobody finds again.
    package var isDisplaced: Bool {
        let (known, isRetired) = file.withLock { ($0.parts, $0.isRetired) }
        if isRetired { return true }
        let found = OpenFile.identities(of: path)
        return zip(known, found).contains { known, found in known != nil && known != found }
    }

    /// Writes a store that is displaced anew, from the files that are still open, and works on with that one. What stands at
    /// the store's path now is kept under another name; its name is returned, nil where there was nothing.
    package func writeAnew() async throws(StoreError) -> String? {
        let result: Result<String?, StoreError> = await withCheckedContinuation { continuation in
            copying.async { [self] in
                continuation.resume(returning: Result { () throws(StoreError) in try replaceFile() })
            }
        }
        return try result.get()
    }

    private func replaceFile() throws(StoreError) -> String? {
        let draft = path + ".anew"
        for suffix in ["", "-wal", "-shm", "-journal"] { try StoreFile.discard(draft + suffix) }
        let old = pool
        do {
            // Alone with the file: what was committed is in the copy, and nothing is committed after it.
            try old.barrierWriteWithoutTransaction { db in
                try db.execute(sql: "VACUUM INTO ?", arguments: [draft])
                file.withLock { $0.isRetired = true }
            }
            chmod(draft, 0o600)
            try options.schema.inspect(draft)
        } catch {
            file.withLock { $0.isRetired = false }
            throw StoreError(error, path: path)
        }
        // Before the new one is there: the last connection to close removes the log by its name.
        do { try old.close() } catch { file.withLock { $0.unclosed.append(old) } }
        let aside = try Self.setAside(path: path)
        guard try StoreFile.publish(draft, as: path) else {
            throw .unavailable("\(path) was made by somebody else meanwhile")
        }
        try StoreFile.discard(draft)
        do {
            let pool = try Self.connect(path, options)
            file.withLock { file in
                file.pool = pool
                file.parts = OpenFile.identities(of: path)
                file.isRetired = false
            }
        } catch { throw StoreError(error, path: path) }
        return aside
    }
}
