import Logging
import RoostModel
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

    /// The service is new, or what is desired of it has changed.
    package func wake(_ id: ServiceID) {
        if let reconciler = running[id] {
            reconciler.wake()
        } else {
            let reconciler = Reconciler(id, parts)
            running[id] = reconciler
            birth.yield(reconciler)
        }
    }

    package func run() async throws {
        for service in try await parts.records.services() { wake(service.value.id) }
        let exits = parts.host.exits
        await withDiscardingTaskGroup { group in
            group.addTask {
                for await exit in exits.cancelOnGracefulShutdown() {
                    self.parts.exits.add(exit)
                    await self.wake(exit.instance.service)
                }
            }
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
