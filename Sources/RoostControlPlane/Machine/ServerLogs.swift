import Foundation
import Logging
import RoostAgentProtocol
import RoostControl
import RoostModel

/// Keeps the log files and the change logs of servers within bounds.
struct ServerLogs: Sendable {
    /// Size of the change logs that are kept, besides the servers' own age limit: it bounds many writes in little
    /// time.
    private static let changesKept: ByteCount = .gibibytes(1)

    let parts: ReconcilerParts

    func rotate() async throws {
        let instances = try await parts.records.services().map(\.value).flatMap { service in
            service.instances.map { InstanceID(service.id, $0.index) }
        }
        _ = try await parts.agent.call(RotateLogs(of: instances))
    }

    /// Asks each running server to drop the oldest of its change logs.
    func trim() async throws {
        for service in try await parts.records.services().map(\.value) where service.goal == .run {
            guard let application = try await parts.records.application(service.id.application)?.value else { continue }
            let seen = parts.statusCache.status(of: service.id)
            for instance in service.instances where seen?.instances[instance.index]?.state == .up {
                let order = SealedOrder(application: application, service: service, index: instance.index)
                do throws(Problem) { _ = try await parts.agent.call(TrimLogs(order, keeping: Self.changesKept)) } catch
                {
                    parts.logger.warning(
                        "Change logs could not be trimmed",
                        metadata: ["of": "\(order.id)", "reason": "\(error.message)"])
                }
            }
        }
    }
}
