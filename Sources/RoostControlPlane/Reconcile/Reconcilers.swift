import Logging
import RoostAgentProtocol
import RoostControl
import RoostModel
import RoostStore
import ServiceLifecycle

/// One reconciler for each service, from the daemon's start or the service's creation until it is forgotten.
package actor Reconcilers: ServiceLifecycle.Service {
    private let parts: ReconcilerParts
    private var running: [ServiceID: ServiceReconciler] = [:]
    private let births: AsyncStream<ServiceReconciler>
    private let birth: AsyncStream<ServiceReconciler>.Continuation

    package init(parts: ReconcilerParts) {
        self.parts = parts
        (births, birth) = AsyncStream.makeStream()
    }

    /// The service is new, or what is asked of it has changed.
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

    /// That an agent is to drop an instance may have been lost.
    private func dropUnlessKnown(_ status: InstanceStatus) async {
        do throws(Problem) {
            if try await parts.records.service(status.id.service)?.value.uid == status.uid { return }
            parts.agent.drop(status.id, of: status.uid)
        } catch {
            // A store that cannot be read says nothing of it.
            parts.logger.warning(
                "Whose an instance is cannot be told",
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
                    // Beside the loop: the others' statuses do not wait for the store.
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
    private func ended(_ reconciler: ServiceReconciler) async {
        guard running[reconciler.id] === reconciler else { return }
        running[reconciler.id] = nil
        if !Task.isCancelled, (try? await parts.records.service(reconciler.id)) != nil {
            // An unreadable store is met by the next wake.
            wake(reconciler.id)
        }
    }
}
