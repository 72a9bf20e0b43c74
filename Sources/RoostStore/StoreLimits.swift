import Foundation

/// The limits of every store.
///
/// etcd carries commits of this size with its default `--max-request-bytes` and `--max-txn-ops=512`.
package struct StoreLimits: Sendable {
    package static let keyBytes = 512
    package static let writesInCommit = 512
    package static let bytesInCommit = 1 << 20

    /// The number of commits that a watcher may be behind.
    package var commitsKept: Int64 = 1_000
    /// The size of keys and values that are kept for watchers, whatever the number of commits. The newest commit is
    /// always kept.
    package var bytesKept: Int64 = 16 << 20

    package init() {}

    /// Refuses writes that no store can take. Keys are printable ASCII, so that texts and their bytes have the same
    /// order.
    static func check(_ writes: [StoreWrite]) throws(StoreError) {
        guard writes.count <= writesInCommit else {
            throw .unavailable("a commit of \(writes.count) writes was refused: it may hold \(writesInCommit)")
        }
        var seen: Set<String> = []
        for write in writes {
            let key = write.key
            guard (1...keyBytes).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
                throw .unavailable(
                    "the key '\(key.prefix(keyBytes))' was refused: use 1 to \(keyBytes) printable ASCII characters")
            }
            guard seen.insert(key).inserted else {
                throw .unavailable("a commit was refused: it names the key '\(key)' twice")
            }
        }
        let bytes = writes.reduce(0) { $0 + $1.bytes }
        guard bytes <= bytesInCommit else {
            throw .unavailable("a commit of \(bytes) bytes was refused: it may hold \(bytesInCommit)")
        }
    }
}

extension StoreWrite {
    var key: String {
        switch self {
        case .put(let key, _, _), .delete(let key, _), .check(let key, _): key
        }
    }

    var expecting: Int64? {
        switch self {
        case .put(_, _, let expecting), .delete(_, let expecting): expecting
        case .check(_, let expecting): expecting
        }
    }

    /// The size that counts against the limits: key and value.
    var bytes: Int {
        switch self {
        case .put(let key, let value, _): key.utf8.count + value.count
        case .delete(let key, _), .check(let key, _): key.utf8.count
        }
    }
}
