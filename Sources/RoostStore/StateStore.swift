import Foundation

/// Where desired state lives: small JSON documents under slash-separated keys, each with a revision.
///
/// The shape is etcd's (get, range, compare-and-set transaction, watch from a revision), so that one host's SQLite file
/// and several hosts' etcd can stand behind the same code. No feature that etcd lacks belongs here; `StoreLimits` says
/// how large a key, a commit and the kept history may be.
package protocol StateStore: Sendable {
    func get(_ key: String) async throws(StoreError) -> StoredValue?
    /// All values whose key starts with `prefix`, in key order, as they stood together at one moment.
    func list(_ prefix: String) async throws(StoreError) -> [StoredValue]
    /// Carries out all writes or none, and returns the one new revision.
    /// Throws `.conflict` where a key is not at the revision its write expects.
    ///
    /// A key may appear once in a commit. Deleting what does not exist changes nothing, nor does a check; a commit that changes
    /// nothing makes no revision: it returns the newest one. Cancelling the task does not stop a commit, so its outcome
    /// is always reported; after `.unavailable` alone it is unknown, and the keys must be read again.
    @discardableResult
    func commit(_ writes: [StoreWrite]) async throws(StoreError) -> Int64
    /// Every change with a revision above `revision`, in order; ends with the task. A reader slower than the bound on
    /// kept changes gets `.compacted` and must list again, and so does one that comes with a revision this store never
    /// made (it has read another store's life).
    ///
    /// To miss nothing: take `revision()`, then `list`, then watch from that revision. A change made between the first
    /// two comes twice.
    func watch(_ prefix: String, from revision: Int64) -> AsyncThrowingStream<StoreChange, any Error>
    /// The newest revision.
    func revision() async throws(StoreError) -> Int64
    /// Whether what was opened still stands where it was.
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

/// One key's part of a commit.
package enum StoreWrite: Equatable, Sendable {
    /// `expecting`: the revision the key must be at; 0: it must not exist; nil: whatever it is.
    case put(key: String, value: Data, expecting: Int64?)
    case delete(key: String, expecting: Int64?)
    /// Compares and writes nothing: the commit is carried out only while the key is at this revision (0: it does not
    /// exist). A guard on a document that the commit depends on and does not change, as a lease or another writer's spec.
    case check(key: String, expecting: Int64)
}

/// One key's part of a commit, as a watcher sees it.
package enum StoreChange: Equatable, Sendable {
    case put(StoredValue)
    case deleted(key: String, revision: Int64)
}

/// Why the store did not answer.
package enum StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Somebody else wrote the key first. Read again and decide again.
    case conflict(key: String)
    /// The watch fell behind; list again.
    case compacted
    /// The disk is full; nothing was written.
    case full(String)
    /// The file cannot be read as a store. Nothing was changed. `roost recover` rebuilds it.
    case corrupt(path: String, reason: String)
    /// Written by a newer Roost.
    case newer(path: String, schema: Int)
    case unavailable(String)

    package var description: String {
        switch self {
        case .conflict(let key): "\(key) was changed by somebody else meanwhile"
        case .compacted: "the changes that were asked for are not kept any more"
        case .full(let reason): "the disk is full: \(reason)"
        case .corrupt(let path, let reason): "\(path) cannot be read: \(reason)"
        case .newer(let path, let schema): "\(path) was written by a newer Roost (schema \(schema))"
        case .unavailable(let reason): reason
        }
    }
}
