import Logging
import RoostModel
import RoostStore

/// Migrates documents that an older Roost stored to today's form, before anything else reads them.
///
/// Each service is one commit: a daemon that is killed meanwhile leaves every service in one form or the other, and
/// the next daemon continues. `SQLiteStore` keeps a copy of the store as it was (`keepCopy`).
struct DocumentMigration {
    let store: any StateStore
    let logger: Logger

    /// Returns the number of documents that were changed.
    @discardableResult
    func run() async throws(Problem) -> Int {
        do throws(StoreError) {
            var changed = 0
            for stored in try await store.list(Records.Kind.services.prefix) where Self.isOneDocument(stored.key) {
                try await split(stored)
                changed += 1
            }
            if changed > 0 {
                logger.notice("Converted stored services to spec and status", metadata: ["services": "\(changed)"])
            }
            return changed
        } catch { throw Problem(error) }
    }

    /// Whether the key is `/services/ramen/data`, which is `/services/ramen/data/spec` today.
    private static func isOneDocument(_ key: String) -> Bool {
        key.dropFirst(Records.Kind.services.prefix.count).split(separator: "/").count == 2
    }

    private func split(_ stored: StoredValue) async throws(StoreError) {
        let service: Service
        do { service = try JSON.decode(ServiceBeforeSpec.self, from: stored.value).service } catch {
            throw .corrupt(path: stored.key, reason: "\(error)")
        }
        let writes: [StoreWrite]
        do throws(Problem) { writes = try Records.creation(of: service) } catch {
            throw .corrupt(path: stored.key, reason: error.message)
        }
        try await store.commit([.delete(key: stored.key, expecting: stored.revision)] + writes)
    }
}
