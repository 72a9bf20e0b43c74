import Dispatch
import Foundation
import GRDB
import RoostModel
import Synchronization

/// The state of one host in one SQLite file.
///
/// A commit is on the disk when it returns (WAL, `synchronous=FULL`). A file that cannot be read is reported and left
/// as it is: nothing here deletes a store or makes a new one in its place.
///
/// Two handles on one file keep to compare-and-set and never see half a commit. A watch wakes for commits of its own
/// handle; another handle's are delivered, in order, at the next of those. The daemon's lock on its home sees to it
/// that there is one.
package final class SQLiteStore: StateStore {
    /// How the store is kept. The defaults are the ones to run with.
    package struct Options: Sendable {
        package var ballast = BallastFile.usualSize
        /// A store larger than this is a fault: commits are refused with `.full`.
        package var largestFile = ByteCount.gibibytes(1)
        package var limits = StoreLimits()
        var schema = Schema.current
        /// Ends the writing-anew of a store before a step, as an error of the disk would. For tests.
        var beforeStep: @Sendable (AnewStep) throws -> Void = { _ in }

        package init() {}
    }

    /// Seconds that a connection waits for another process's lock.
    static let longestWait = 5.0
    private static let pageBytes: Int64 = 4096

    package let path: String
    package let ballast: BallastFile
    let options: Options
    /// The file's connections; others once the file was written anew (`SQLiteStore+Anew`).
    let file: Mutex<OpenFile>
    let signal: CommitSignal
    /// How many commits go without trying to take the ballast, after a try that the file system refused.
    private let ballastPause = Mutex(0)
    /// Copies are made one after the other, off the concurrency pool.
    let copying = DispatchQueue(label: "roost.store.copy")

    /// Opens the store, or makes an empty one, readable by its owner alone, where there is none.
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
        // A store is never empty: it gets its name when it is whole.
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

    /// Opens a store that is there, at the newest schema.
    static func connect(_ path: String, _ options: Options) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.busyMode = .timeout(Self.longestWait)
        configuration.label = "roost.store"
        let pool = try DatabasePool(path: path, configuration: configuration)
        let pages = options.largestFile.bytes / Self.pageBytes
        // After opening: the pool sets its writer to NORMAL, which loses the newest commits with the power.
        try pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA max_page_count = \(pages)")
        }
        try options.schema.migrator.migrate(pool)
        return pool
    }

    /// Builds the store under another name and gives it its own when it is whole and on the disk.
    private static func create(_ path: String, schema: Schema) throws(StoreError) {
        if try StoreFile.kind(of: path + "-wal") != .absent {
            // Another handle was faster.
            guard try StoreFile.kind(of: path) == .absent else { return }
            // A log without its store is what a lost store leaves behind; SQLite would apply it to the new one.
            throw .corrupt(path: path, reason: "the file is gone, but its log \(path)-wal is there")
        }
        let draft = path + ".new-" + String(UInt64.random(in: .min ... .max), radix: 16)
        try StoreFile.create(draft)
        // The draft's data is safe under its second name, or never was; what stays here after a fault is only litter.
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
        // False: another handle was first, and made the same.
        _ = try StoreFile.publish(draft, as: path)
    }

    /// Whether the room kept for a full disk is used up. True also where the disk never had room for it.
    package var isBallastSpent: Bool { !ballast.isHeld }

    /// Takes the ballast where it is not held. Without it the store works on, and `isBallastSpent` says so.
    func takeBallast() {
        ballastPause.withLock { pause in
            guard pause == 0 else { return pause -= 1 }
            do throws(StoreError) {
                try ballast.take()
            } catch .full {
                // Found out at the price of one call, so every commit may ask.
            } catch {
                pause = 100
            }
        }
    }

    /// SQLite's check of the whole file's structure. Blocks for as long as it takes to read the file.
    package func checkIntegrity() throws(StoreError) {
        do {
            try pool.read { db in try Schema.quickCheck(db, path: path) }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// One of SQLite's settings, as the writer has it.
    func setting(_ name: String) throws(StoreError) -> String? {
        do {
            return try pool.writeWithoutTransaction { db in try String.fetchOne(db, sql: "PRAGMA \(name)") }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Ends all watches and closes the file. What is asked of the store afterwards is `.unavailable`.
    package func close() {
        signal.close()
        // Readers first: the last connection to close empties the log into the file, which a reader cannot.
        pool.releaseMemory()
        // It fails while a statement is running; the connections then close with the last reference to the store.
        try? pool.close()
    }
}
