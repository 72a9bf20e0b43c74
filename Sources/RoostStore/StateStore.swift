import Foundation

/// The store of desired state: small JSON documents under slash-separated keys, each with a revision.
///
/// The API is modelled on etcd's (get, range, compare-and-set transaction, watch from a revision), so that one host's
/// SQLite file and several hosts' etcd can be used by the same code. No feature that etcd lacks belongs here;
/// `StoreLimits` limits the size of a key, of a commit and of the kept history.
package protocol StateStore: Sendable {
    func get(_ key: String) async throws(StoreError) -> StoredValue?
    /// All values whose key starts with `prefix`, in key order, as of one moment.
    func list(_ prefix: String) async throws(StoreError) -> [StoredValue]
    /// Carries out all writes or none, and returns the one new revision.
    /// Throws `.conflict` if a key is not at the revision that its write expects.
    ///
    /// A key may appear once in a commit. The deletion of a missing key changes nothing, nor does a check. A commit
    /// that changes nothing makes no revision: it returns the newest one. A cancelled task does not stop a commit, so
    /// its outcome is always reported; only after `.unavailable` it is unknown, and the keys must be read again.
    @discardableResult
    func commit(_ writes: [StoreWrite]) async throws(StoreError) -> Int64
    /// Every change with a revision above `revision`, in order; ends with the task. A reader slower than the bound on
    /// kept changes gets `.compacted` and must list again; so does a reader with a revision that this store never
    /// made (it comes from another store).
    ///
    /// To miss nothing: take `revision()`, then `list`, then watch from that revision. A change between the first two
    /// comes twice.
    func watch(_ prefix: String, from revision: Int64) -> AsyncThrowingStream<StoreChange, any Error>
    /// The newest revision.
    func revision() async throws(StoreError) -> Int64
    /// Whether the opened files are still at their paths.
    var place: StorePlace { get }
}

extension StateStore {
    package var place: StorePlace { .same }
}

/// A value as it was last written.
package struct StoredValue: Equatable, Sendable {
    package let key: String
    package let value: Data
    /// The revision of the commit that wrote it.
    package let revision: Int64

    package init(key: String, value: Data, revision: Int64) {
        self.key = key
        self.value = value
        self.revision = revision
    }
}

/// A write to a single key in a commit.
package enum StoreWrite: Equatable, Sendable {
    /// `expecting`: the revision that the key must be at. 0: the key must not exist; nil: any.
    case put(key: String, value: Data, expecting: Int64?)
    case delete(key: String, expecting: Int64?)
    /// Compares and writes nothing: the commit is carried out only while the key is at this revision (0: it does not
    /// exist). A guard for a document that the commit depends on and does not change, such as a lease or another
    /// writer's spec.
    case check(key: String, expecting: Int64)
}

/// A change of a single key, as a watcher sees it.
package enum StoreChange: Equatable, Sendable {
    case put(StoredValue)
    case deleted(key: String, revision: Int64)
}

/// Why the store did not answer.
package enum StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The key was changed by another writer first. Read again and decide again.
    case conflict(key: String)
    /// The watch fell behind; list again.
    case compacted
    /// The disk is full; nothing was written.
    case full(String)
    /// The file cannot be read as a store. Nothing was changed. `roost recover` rebuilds it.
    case corrupt(path: String, reason: String)
    /// The file was written by a newer Roost.
    case newer(path: String, schema: Int)
    case unavailable(String)

    package var description: String {
        switch self {
        case .conflict(let key): "\(key) was changed by another request in the meantime"
        case .compacted: "the requested changes are no longer kept"
        case .full(let reason): "the disk is full: \(reason)"
        case .corrupt(let path, let reason): "\(path) cannot be read: \(reason)"
        case .newer(let path, let schema): "\(path) was written by a newer Roost (schema \(schema))"
        case .unavailable(let reason): reason
        }
    }
}
