import Dispatch
import Foundation
import GRDB
import RoostModel
import Synchronization

/// The state of one host, in one SQLite file.
///
/// A commit is on the disk when it returns (WAL, `synchronous=FULL`). An unreadable file is reported and left as it
/// is: no code here deletes a store, or makes a new one in its place.
///
/// Two handles on one file keep to compare-and-set, and never see half a commit. A watch wakes for commits of its own
/// handle; another handle's commits are delivered, in order, at the next of those. The daemon's lock on its home
/// ensures that there is a single handle.
package final class SQLiteStore: StateStore {
    /// How the store is kept. The defaults are for production.
    package struct Options: Sendable {
        package var ballast = BallastFile.usualSize
        /// The size limit of a store: commits to a larger one are refused with `.full`.
        package var largestFile = ByteCount.gibibytes(1)
        package var limits = StoreLimits()
        var schema = Schema.current
        /// Throws to fail a step of writing the store anew, as a disk error would. For tests.
        var beforeStep: @Sendable (AnewStep) throws -> Void = { _ in }

        package init() {}
    }

    /// Seconds that a connection waits for another process's lock.
    static let longestWait = 5.0
    private static let pageBytes: Int64 = 4096

    package let path: String
    package let ballast: BallastFile
    let options: Options
    /// The file's connections; replaced when the file is written anew (`SQLiteStore+Anew`).
    let file: Mutex<OpenFile>
    let signal: CommitSignal
    /// Number of commits without an attempt to take the ballast, after an attempt that the file system refused.
    private let ballastPause = Mutex(0)
    /// Copies are made one after the other, off the concurrency pool.
    let copying = DispatchQueue(label: "roost.store.copy")

    /// Opens the store; if there is none, makes an empty one, readable by its owner only.
    package static func open(path: String) throws(StoreError) -> SQLiteStore {
        try open(path: path, options: Options())
    }

    package static func open(path: String, options: Options) throws(StoreError) -> SQLiteStore {
        let ballast = BallastFile(path: path + "-ballast", size: options.ballast)
        let store: SQLiteStore
        do {
            store = try SQLiteStore(path: path, ballast: ballast, options: options)
        } catch .full(let reason) {
            guard ballast.release() else { throw .full(reason) }
            store = try SQLiteStore(path: path, ballast: ballast, options: options)
        }
        store.takeBallast()
        return store
    }

    private init(path: String, ballast: BallastFile, options: Options) throws(StoreError) {
        self.path = path
        self.ballast = ballast
        self.options = options
        try Self.finishReplacement(of: path, options.schema)
        switch try StoreFile.kind(of: path) {
        case .absent: try Self.create(path, schema: options.schema)
        // A store is never empty: it gets its final path when it is complete.
        case .empty: throw .corrupt(path: path, reason: "the file is empty")
        case .file: break
        case .other: throw .unavailable("\(path) is not a file")
        }
        let schema = try options.schema.inspect(path)
        if schema < options.schema.steps.count { try Self.keepCopy(of: path, schema: schema) }
        do {
            let pool = try Self.connect(path, options)
            file = Mutex(OpenFile(pool: pool, path: path))
            signal = CommitSignal(try pool.read { db in try Head.fetch(db).revision })
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Opens an existing store, and migrates it to the newest schema.
    static func connect(_ path: String, _ options: Options) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.busyMode = .timeout(Self.longestWait)
        configuration.label = "roost.store"
        let pool = try DatabasePool(path: path, configuration: configuration)
        let pages = options.largestFile.bytes / Self.pageBytes
        // Set after opening: the pool sets its writer to NORMAL, which loses the newest commits at a power failure.
        try pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA max_page_count = \(pages)")
        }
        try options.schema.migrator.migrate(pool)
        return pool
    }

    /// Builds the store under another name, and renames it to its final path when it is complete and on the disk.
    private static func create(_ path: String, schema: Schema) throws(StoreError) {
        if try StoreFile.kind(of: path + "-wal") != .absent {
            // The store was made by another handle meanwhile.
            guard try StoreFile.kind(of: path) == .absent else { return }
            // A log without its store is left of a lost store; SQLite would apply it to the new one.
            throw .corrupt(path: path, reason: "the file is gone, but its log \(path)-wal is there")
        }
        let draft = path + ".new-" + String(UInt64.random(in: .min ... .max), radix: 16)
        try StoreFile.create(draft)
        // The draft's data are safe under the final path, or were never complete; a draft left by a failure is only
        // litter.
        defer { for suffix in ["", "-journal"] { try? StoreFile.discard(draft + suffix) } }
        do {
            let queue = try DatabaseQueue(path: draft)
            try queue.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA page_size = \(pageBytes); PRAGMA application_id = \(Schema.applicationID)")
            }
            try schema.migrator.migrate(queue)
            try queue.close()
        } catch {
            throw StoreError(error, path: path)
        }
        // False: another handle was first, and made the same store.
        _ = try StoreFile.publish(draft, as: path)
    }

    /// Whether the reserved disk space is used up. True also if the disk never had room for it.
    package var isBallastSpent: Bool { !ballast.isHeld }

    /// Takes the ballast if it is not held. The store works without it, and `isBallastSpent` reports that.
    func takeBallast() {
        ballastPause.withLock { pause in
            guard pause == 0 else { return pause -= 1 }
            do throws(StoreError) {
                try ballast.take()
            } catch .full {
                // A full disk is detected by one cheap call, so every commit may try.
            } catch {
                pause = 100
            }
        }
    }

    /// Runs SQLite's check of the whole file's structure. Blocks for as long as it takes to read the file.
    package func checkIntegrity() throws(StoreError) {
        do {
            try pool.read { db in try Schema.quickCheck(db, path: path) }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// The value of an SQLite setting on the writer's connection.
    func setting(_ name: String) throws(StoreError) -> String? {
        do {
            return try pool.writeWithoutTransaction { db in try String.fetchOne(db, sql: "PRAGMA \(name)") }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Ends all watches and closes the file. Later calls throw `.unavailable`.
    package func close() {
        signal.close()
        // Readers are closed first: the last connection to close empties the log into the file, which a reader
        // cannot.
        pool.releaseMemory()
        // The close fails while a statement is running; the connections then close with the last reference to the
        // store.
        try? pool.close()
    }
}
