import Logging
import RoostModel
import RoostStore
import ServiceLifecycle

/// One reconciler for each service, from the daemon's start or the service's creation until it is forgotten.
package actor Reconcilers: ServiceLifecycle.Service {
    private let parts: ReconcilerParts
    private var running: [ServiceID: Reconciler] = [:]
    private let births: AsyncStream<Reconciler>
    private let birth: AsyncStream<Reconciler>.Continuation

    package init(parts: ReconcilerParts) {
        self.parts = parts
        (births, birth) = AsyncStream.makeStream()
    }

    /// The service is new, what is asked of it has changed, or a server of it has ended.
    private func wake(_ id: ServiceID) {
        if let reconciler = running[id] {
            reconciler.wake()
        } else {
            let reconciler = Reconciler(id, parts)
            running[id] = reconciler
            birth.yield(reconciler)
        }
    }

    package func run() async throws {
        let exits = parts.host.exits
        await withDiscardingTaskGroup { group in
            group.addTask {
                for await exit in exits.cancelOnGracefulShutdown() {
                    self.parts.exits.add(exit)
                    await self.wake(exit.instance.service)
                }
            }
            group.addTask { await self.follow() }
            for await reconciler in births.cancelOnGracefulShutdown() {
                group.addTask {
                    await reconciler.run()
                    await self.ended(reconciler)
                }
            }
            // The databases go on; only the looking after them ends.
            group.cancelAll()
        }
    }

    /// Follows what the store is told: whoever changes what is asked of a service need not say so to anybody else.
    private func follow() async {
        let records = parts.records
        while !Task.isCancelled {
            do {
                // In this order: what changes between the two comes twice, and nothing is missed.
                let revision = try await records.store.revision()
                for service in try await records.services() { wake(service.value.id) }
                for try await change in records.store.watch(Records.Kind.services.prefix, from: revision) {
                    // A spec that is gone was removed by its own reconciler.
                    if case .put(let stored) = change, let id = Records.owner(ofSpec: stored.key) { wake(id) }
                }
            } catch StoreError.compacted {
                // Fallen behind, or the store was written anew: everything is looked at again.
                continue
            } catch {
                parts.logger.error("The store cannot be followed", metadata: ["reason": "\(error)"])
                // Cancelled: the loop ends.
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// A service may have been made again under the same name while its last reconciler was ending.
    private func ended(_ reconciler: Reconciler) async {
        guard running[reconciler.id] === reconciler else { return }
        running[reconciler.id] = nil
        if !Task.isCancelled, (try? await parts.records.service(reconciler.id)) != nil {
            // An unreadable store is met by the next wake.
            wake(reconciler.id)
        }
    }
}
