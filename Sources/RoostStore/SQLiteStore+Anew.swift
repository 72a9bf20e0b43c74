import Dispatch
import GRDB
import Glibc
import RoostModel
import Synchronization

/// The connections to the store's file, and the identities of the files that they are to.
struct OpenFile: Sendable {
    var pool: DatabasePool
    let folder: FileIdentity?
    /// Identities of the file and its log.
    var parts: [FileIdentity?]
    /// The complete copy beside the store that is to take its place. Once there is one, nothing may be committed
    /// through the pool, which stays open until the copy serves.
    var copy: FileIdentity?
    /// The new name of files that were moved from the store's path by attempts to write it anew.
    var aside: String?
    /// Old pools whose close failed.
    var unclosed: [DatabasePool] = []

    init(pool: DatabasePool, path: String) {
        self.pool = pool
        folder = Sight.look(at: StoreFile.folder(of: path)).identity
        parts = Self.looks(at: path).map(\.identity)
    }

    var isRetired: Bool { copy != nil }

    static func looks(at path: String) -> [Sight] { ["", "-wal"].map { Sight.look(at: path + $0) } }
}

extension SQLiteStore {
    /// Steps of writing a store anew that follow the copy.
    enum AnewStep: Sendable { case takePlace, connect }

    var pool: DatabasePool { file.withLock { $0.pool } }

    /// The path of the complete copy of a store that is being written anew. The copy gets this name when it is
    /// complete and on the disk, and loses it when the store at its path has been opened and has everything.
    static func copy(of path: String) -> String { path + ".anew" }

    /// Whether an earlier process completed a copy of the store and did not put it in its place, which `open` does.
    package static func isBeingReplaced(_ path: String) -> Bool { access(copy(of: path), F_OK) == 0 }

    /// Keeps a copy that waits to take the store's place under another name: a recovery makes another store.
    package static func setCopyAside(of path: String) throws(StoreError) {
        _ = try setAside(path: copy(of: path))
    }

    /// Compares the files at the store's path with the open ones.
    package var place: StorePlace {
        let open = file.withLock { $0 }
        guard let folder = open.folder else {
            return .unknown("the store's folder could not be examined when the store was opened")
        }
        let place = StorePlace.judge(
            path, known: open.parts, found: OpenFile.looks(at: path), folder: folder,
            foundFolder: Sight.look(at: StoreFile.folder(of: path)))
        return place == .same && open.isRetired ? .displaced : place
    }

    /// Writes a displaced store anew from the files that are still open, and continues with the new file. Files at
    /// the store's path are kept under another name, which is returned; nil if there were none.
    ///
    /// After an error, the next call continues: the content is in the open files, and in the copy once that is
    /// complete.
    package func writeAnew() async throws(StoreError) -> String? {
        let result: Result<String?, StoreError> = await withCheckedContinuation { continuation in
            copying.async { [self] in
                continuation.resume(returning: Result { () throws(StoreError) in try replaceFile() })
            }
        }
        return try result.get()
    }

    private func replaceFile() throws(StoreError) -> String? {
        if case .unknown(let reason) = place { throw .unavailable("the store cannot be rewritten: \(reason)") }
        let copy = Self.copy(of: path)
        let known = file.withLock { $0.copy }
        // The copy may have been removed together with the store: the open files still have everything.
        if known == nil || Sight.look(at: copy).identity != known { try makeCopy(copy) }
        do { try options.beforeStep(.takePlace) } catch { throw StoreError(error, path: path) }
        if let aside = try Self.takePlace(copy, path) { file.withLock { $0.aside = aside } }
        let old = pool
        let new: DatabasePool
        do {
            try options.beforeStep(.connect)
            new = try Self.connect(path, options)
            try verify(new, against: old, copy)
        } catch { throw StoreError(error, path: path) }
        let parts = OpenFile.looks(at: path).map(\.identity)
        let aside = file.withLock { file in
            defer { file.aside = nil }
            file.pool = new
            file.parts = parts
            file.copy = nil
            return file.aside
        }
        // The copy's path is a second name of the store; the next open removes it if this fails.
        try? StoreFile.discard(copy)
        // SQLite removes no log at this close, because its file is no longer the one at the path.
        do { try old.close() } catch { file.withLock { $0.unclosed.append(old) } }
        return aside
    }

    /// Copies the content of the open files, and ends commits to them.
    private func makeCopy(_ copy: String) throws(StoreError) {
        let draft = copy + ".new"
        for suffix in ["", "-wal", "-shm", "-journal"] { try StoreFile.discard(draft + suffix) }
        do {
            // The barrier excludes other writers: every commit is in the copy, and none follows it.
            try pool.barrierWriteWithoutTransaction { db in
                try db.execute(sql: "VACUUM INTO ?", arguments: [draft])
                chmod(draft, 0o600)
                try options.schema.inspect(draft)
                // An earlier process or another program may have left a file at the copy's path.
                _ = try Self.setAside(path: copy)
                try StoreFile.replace(copy, by: draft)
                guard let made = Sight.look(at: copy).identity else {
                    throw StoreError.unavailable("\(copy) was removed while the store was being rewritten")
                }
                file.withLock { $0.copy = made }
            }
        } catch { throw StoreError(error, path: path) }
    }

    /// Gives the copy the store's name as well. A file at that path is moved aside, and its new name is returned.
    /// Idempotent.
    private static func takePlace(_ copy: String, _ path: String) throws(StoreError) -> String? {
        if let whole = Sight.look(at: copy).identity, Sight.look(at: path).identity == whole { return nil }
        let aside = try setAside(path: path)
        guard try StoreFile.publish(copy, as: path) else {
            throw .unavailable("\(path) was created by another process in the meantime")
        }
        return aside
    }

    /// Checks that the new connections are to the copy, and have the revision of the old ones.
    private func verify(_ new: DatabasePool, against old: DatabasePool, _ copy: String) throws {
        let head = try old.read { db in try Head.fetch(db).revision }
        let found = try new.read { db in
            try Schema.quickCheck(db, path: path)
            return try Head.fetch(db).revision
        }
        guard found == head, let whole = Sight.look(at: copy).identity, Sight.look(at: path).identity == whole else {
            throw StoreError.unavailable("\(path) was changed by another process while it was being rewritten")
        }
    }

    /// Finishes a replacement that an earlier process had begun: its copy is complete, and newer than any file at the
    /// path.
    static func finishReplacement(of path: String, _ schema: Schema) throws(StoreError) {
        let copy = copy(of: path)
        guard try StoreFile.kind(of: copy) != .absent else { return }
        if Sight.look(at: copy).identity != Sight.look(at: path).identity {
            try schema.inspect(copy)
            _ = try takePlace(copy, path)
        }
        try StoreFile.discard(copy)
    }
}
