import RoostControl
import RoostEngines
import RoostHost
import RoostModel
import Synchronization

// Visits: whether new clients of a running server are let in, and whether its files are all there.
extension LocalHost {
    /// Adds the findings of visits to the health of a server that serves, and visits it if a visit is due.
    func visited(_ health: InstanceHealth, _ process: ServerProcess, _ order: InstanceOrder) async -> InstanceHealth {
        let drift: [AccountDrift]
        switch health {
        case .healthy: drift = []
        case .drifted(let seen): drift = seen
        case .lockedOut, .closed, .starting, .unhealthy, .crowded, .unknown, .filesGone: return health
        }
        let isDue = servers.withLock { servers in
            // No visit during an import, which may drop objects and make them anew.
            servers[order.id]?.imports == 0 && servers[order.id]?.visits.isDue(at: .now) == true
        }
        if isDue, order.profile != .building, let visit = await visit(process, order) {
            servers.withLock { $0[order.id]?.visits.hear(visit, at: .now) }
        }
        let told = told(order)
        return drift.isEmpty && told.isEmpty ? .healthy : .drifted(drift + told)
    }

    private func visit(_ process: ServerProcess, _ order: InstanceOrder) async -> Visit? {
        guard let plan = try? serverPlan(order), let engine = try? engine(named: identity(for: order)) else {
            return nil  // Told by whatever else needs them.
        }
        // The pool stops only with the daemon.
        let removed = try? await pool.run { OpenFiles.removed(process.pid, below: plan.folders.data) }
        let aim = servers.withLock { $0[order.id]?.visits.aim(removed: removed ?? []) }
        let visit = await engine.visit(plan, aim ?? VisitAim(removed: removed ?? []))
        // A server that has ended meanwhile refuses clients, which is no finding.
        return process.isRunning ? visit : nil
    }

    private func told(_ order: InstanceOrder) -> [AccountDrift] {
        let visits = servers.withLock { $0[order.id]?.visits }
        return [
            lostFiles(order).map { AccountDrift(.files, $0, isMendable: false) },
            visits?.remark.map { AccountDrift(.files, $0, isMendable: false) },
            visits?.refusal.map { AccountDrift(.reach, $0, isMendable: false) },
        ].compactMap(\.self)
    }

    /// Clause on the removed files of a running server, and what to do. Nil if no file is known to be missing.
    func lostFiles(_ order: InstanceOrder) -> String? {
        let missing = servers.withLock { $0[order.id]?.visits.missing ?? [] }
        return missing.isEmpty ? nil : Self.lostFiles(missing, data: paths.instance(order.id).data, order.id)
    }

    static func lostFiles(_ missing: [String], data: String, _ id: InstanceID) -> String {
        let service = "\(id.service.service) -A \(id.service.application)"
        return
            "data files were removed while its server is running: \(Visit.list(missing)), below \(data). "
            + "Only the running server still holds their content, so it is not stopped. Save what it can still export "
            + "with 'roost export \(service)', then choose a snapshot with 'roost snapshot ls \(service)' and restore "
            + "it with 'roost snapshot restore \(id.service.service) SNAPSHOT -A \(id.service.application)'"
    }
}
