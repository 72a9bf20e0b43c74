import RoostEngines
import RoostModel
import Synchronization

extension LocalHost {
    /// Loads a dump into a service's running server, as Roost. The server goes on running, even if the import fails.
    func importDump(
        _ dump: Dump, _ terms: LoadTerms, _ order: InstanceOrder, progress: @escaping @Sendable (LoadProgress) -> Void
    ) async throws(HostFailure) -> LoadReport {
        let (engine, build) = try engine(for: order)
        let plan = try serverPlan(order)
        servers.withLock { $0[order.id, default: Server()].imports += 1 }
        defer { servers.withLock { $0[order.id]?.imports -= 1 } }
        do {
            return try await reserve.watching(paths.instance(order.id).folder) {
                try await engine.loading().load(
                    dump, into: plan, terms, build: build, user: order.user, progress: progress)
            }
        } catch {
            if let failure = error as? HostFailure { throw failure }
            throw HostFailure("\(error)")
        }
    }
}
