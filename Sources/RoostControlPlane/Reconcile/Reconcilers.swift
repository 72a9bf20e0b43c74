import Logging
import RoostAgentProtocol
import RoostControl
import RoostModel
import RoostStore
import ServiceLifecycle

/// Runs a reconciler for each service, from the daemon's start or the service's creation until the service is
/// removed from the store, and passes it the changes of its spec and the statuses of its instances.
package actor Reconcilers: ServiceLifecycle.Service {
    private let parts: ReconcilerParts
    private var running: [ServiceID: ServiceReconciler] = [:]
    /// Reconcilers that were made and not started yet.
    private let births: AsyncStream<ServiceReconciler>
    private let birth: AsyncStream<ServiceReconciler>.Continuation

    package init(parts: ReconcilerParts) {
        self.parts = parts
        (births, birth) = AsyncStream.makeStream()
    }

    /// Wakes the service's reconciler, or makes one. Called for each service at the start, and when a spec has changed.
    private func wake(_ id: ServiceID) {
        if let reconciler = running[id] {
            reconciler.wake()
        } else {
            let reconciler = ServiceReconciler(id, parts)
            running[id] = reconciler
            birth.yield(reconciler)
        }
    }

    /// False if no reconciler runs for the instance's service.
    private func receive(_ status: InstanceStatus) -> Bool {
        guard let reconciler = running[status.id.service] else { return false }
        reconciler.receive(status)
        return true
    }

    /// Tells the agent to drop an instance that belongs to no service. The reconciler said so when the service ended, but
    /// that message may have been lost.
    private func dropUnlessKnown(_ status: InstanceStatus) async {
        do throws(Problem) {
            if try await parts.records.service(status.id.service)?.value.uid == status.uid { return }
            parts.agent.drop(status.id, of: status.uid)
        } catch {
            // If the store cannot be read, nothing is known about the instance.
            parts.logger.warning(
                "Cannot determine which service an instance belongs to",
                metadata: ["instance": "\(status.id)", "reason": "\(error.message)"])
        }
    }

    package func run() async throws {
        let (strangers, unknown) = AsyncStream.makeStream(
            of: InstanceStatus.self, bufferingPolicy: .bufferingNewest(64))
        await withDiscardingTaskGroup { group in
            group.addTask { for await status in strangers { await self.dropUnlessKnown(status) } }
            group.addTask {
                for await status in self.parts.agent.statuses.cancelOnGracefulShutdown() {
                    if await self.receive(status) { continue }
                    // Handled outside this loop, so that statuses of other instances do not wait for the store.
                    unknown.yield(status)
                }
            }
            group.addTask { await self.follow() }
            for await reconciler in births.cancelOnGracefulShutdown() {
                group.addTask {
                    await reconciler.run()
                    await self.ended(reconciler)
                }
            }
            // The daemon stops. The databases keep running; only their reconcilers end.
            group.cancelAll()
        }
    }

    /// Wakes reconcilers for changes in the store, so whoever changes a spec need not notify anybody.
    private func follow() async {
        let records = parts.records
        while !Task.isCancelled {
            do {
                // In this order, a change between the two reads is seen twice, and none is missed.
                let revision = try await records.store.revision()
                for service in try await records.services() { wake(service.value.id) }
                for try await change in records.store.watch(Records.Kind.services.prefix, from: revision) {
                    // Only `put`: a spec is removed by its own reconciler, which need not be woken for it.
                    if case .put(let stored) = change, let id = Records.owner(ofSpec: stored.key) { wake(id) }
                }
            } catch StoreError.compacted {
                // The watch has fallen behind, or the store's file was rewritten: the loop reads all services again.
                continue
            } catch {
                parts.logger.error("The store cannot be watched", metadata: ["reason": "\(error)"])
                // If the task is cancelled, the loop ends.
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Forgets a reconciler that has ended. If a new service of the same name was created meanwhile, starts one for it.
    private func ended(_ reconciler: ServiceReconciler) async {
        guard running[reconciler.id] === reconciler else { return }
        running[reconciler.id] = nil
        if !Task.isCancelled, (try? await parts.records.service(reconciler.id)) != nil {
            // If the store is unreadable here, the next wake starts the reconciler.
            wake(reconciler.id)
        }
    }
}
