import RoostModel
import RoostStore
import Synchronization
import Testing

@testable import RoostControlPlane

/// Reconcilers follow what the store is told.
@Suite struct ReconcilersTests {
    /// `World.change` wakes a reconciler that does not run: the reconcilers here hear of the change from the store
    /// alone.
    private static let following: @Sendable (World) async -> Void = { world in
        // The reconcilers end with the test's task.
        try? await Reconcilers(parts: world.parts).run()
    }

    @Test func aChangeInTheStoreIsCarriedOutThoughNobodySaysSo() async throws {
        try await withReconciler(running: Self.following) { world in
            try await world.settle(1)
            try await world.change { $0.settings.memory = .gibibytes(1) }
            try await world.settle(2)
            #expect(world.host.machine.withLock { $0.done.last } == "applyLimits")
        }
    }

    /// A watcher that fell behind lists all services again, and so finds changes that it was not told.
    @Test func whoFellBehindLooksAtEverythingAgain() async throws {
        let store = ForgetfulStore()
        try await withReconciler(store: store, running: Self.following) { world in
            try await world.settle(1)
            try await world.change { $0.settings.memory = .gibibytes(1) }
            try await world.settle(2)
            #expect(store.watches.withLock { $0 } > 1)
        }
    }

    @Test(
        arguments: [
            ("/services/shop/data/spec", "shop/data"), ("/services/shop/data/status", nil),
            ("/services/shop/data", nil),
            ("/services/_clones/c1/spec", "_clones/c1"), ("/templates/shop/spec", nil), ("/services/a/b/c/spec", nil),
        ] as [(String, String?)])
    func aKeyIsOfAServicesSpec(_ key: String, _ service: String?) {
        #expect(Records.owner(ofSpec: key).map { "\($0)" } == service)
    }
}

/// A store whose first watch keeps no change.
private final class ForgetfulStore: StateStore {
    let watches = Mutex(0)
    private let inner = MemoryStore()

    func get(_ key: String) async throws(StoreError) -> StoredValue? { try await inner.get(key) }
    func list(_ prefix: String) async throws(StoreError) -> [StoredValue] { try await inner.list(prefix) }
    func revision() async throws(StoreError) -> Int64 { try await inner.revision() }
    func commit(_ writes: [StoreWrite]) async throws(StoreError) -> Int64 { try await inner.commit(writes) }

    func watch(_ prefix: String, from revision: Int64) -> AsyncThrowingStream<StoreChange, any Error> {
        let isFirst = watches.withLock { count in
            count += 1
            return count == 1
        }
        let changes = inner.watch(prefix, from: revision)
        guard isFirst else { return changes }
        return AsyncThrowingStream {
            // The first change to a spec is lost.
            for try await change in changes where change.key.hasSuffix("/spec") { break }
            throw StoreError.compacted
        }
    }
}
