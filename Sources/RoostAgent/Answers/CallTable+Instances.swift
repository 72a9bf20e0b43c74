import Foundation
import RoostAgentProtocol
import RoostModel

extension CallTable {
    /// Work on an instance that is requested beside the instance's reconcile loop.
    mutating func onInstances(_ parts: AgentParts, _ jobs: JobBoard) {
        on(job: TakeSnapshot.self, at: jobs) { job, _ in
            let order = try InstanceOrder(job.order, key: try parts.key())
            return try await parts.host.takeSnapshot(as: job.snapshot, job.terms, order)
        }
        on(TrimLogs.self) { call in
            let order = try InstanceOrder(call.order, key: try parts.key())
            try await parts.host.trimLogs(order, keeping: call.kept)
            return Done()
        }
    }
}
