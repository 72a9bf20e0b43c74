import Logging
import RoostAgentProtocol
import RoostControl
import RoostModel
import RoostStore
import ServiceLifecycle

/// Runs a reconciler for each service, from the daemon's start or the service's creation until the service is
/// forgotten.
package actor Reconcilers: ServiceLifecycle.Service {
    private let parts: ReconcilerParts
    private var running: [ServiceID: ServiceReconciler] = [:]
    private let births: AsyncStream<ServiceReconciler>
    private let birth: AsyncStream<ServiceReconciler>.Continuation

    package init(parts: ReconcilerParts) {
        self.parts = parts
        (births, birth) = AsyncStream.makeStream()
    }

    /// Called when the service is new, or its spec has changed.
    private func wake(_ id: ServiceID) {
        if let reconciler = running[id] {
            reconciler.wake()
        } else {
            let reconciler = ServiceReconciler(id, parts)
            running[id] = reconciler
            birth.yield(reconciler)
        }
    }

    private func receive(_ status: InstanceStatus) -> Bool {
        guard let reconciler = running[status.id.service] else { return false }
        reconciler.receive(status)
        return true
    }

    /// Repeats the drop of an unknown instance, because an earlier message to its agent may have been lost.
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
            // The databases go on; only their reconcilers end.
            group.cancelAll()
        }
    }

    /// Follows the store: a part that changes a service's spec need not notify anybody else.
    private func follow() async {
        let records = parts.records
        while !Task.isCancelled {
            do {
                // Read in this order, a change between the two reads comes twice, and none is missed.
                let revision = try await records.store.revision()
                for service in try await records.services() { wake(service.value.id) }
                for try await change in records.store.watch(Records.Kind.services.prefix, from: revision) {
                    // A removed spec was removed by its own reconciler.
                    if case .put(let stored) = change, let id = Records.owner(ofSpec: stored.key) { wake(id) }
                }
            } catch StoreError.compacted {
                // The watch has fallen behind, or the store was written anew: all services are looked at again.
                continue
            } catch {
                parts.logger.error("The store cannot be watched", metadata: ["reason": "\(error)"])
                // If the task is cancelled, the loop ends.
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Starts a new reconciler if the service was made again under the same name while its last one was ending.
    private func ended(_ reconciler: ServiceReconciler) async {
        guard running[reconciler.id] === reconciler else { return }
        running[reconciler.id] = nil
        if !Task.isCancelled, (try? await parts.records.service(reconciler.id)) != nil {
            // If the store is unreadable here, the next wake starts the reconciler.
            wake(reconciler.id)
        }
    }
}
