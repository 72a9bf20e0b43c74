import RoostControl
import RoostEngines
import RoostHost
import RoostModel
import Synchronization

// Whether those who come to a running server are let in, and whether its files are all there.
extension LocalHost {
    /// Adds to the answer of a server that serves what visits of it showed, and makes one where it is due.
    func visited(_ health: InstanceHealth, _ process: ServerProcess, _ order: InstanceOrder) async -> InstanceHealth {
        let drift: [AccountDrift]
        switch health {
        case .healthy: drift = []
        case .drifted(let seen): drift = seen
        case .lockedOut, .closed, .starting, .unhealthy, .unknown, .filesGone: return health
        }
        let isDue = servers.withLock { servers in
            // An import may drop what it makes anew.
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
        // The pool stops with the daemon alone.
        let removed = try? await pool.run { OpenFiles.removed(process.pid, below: plan.folders.data) }
        let aim = servers.withLock { $0[order.id]?.visits.aim(removed: removed ?? []) }
        let visit = await engine.visit(plan, aim ?? VisitAim(removed: removed ?? []))
        // One that has ended meanwhile lets nobody in.
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

    /// Which files of a running server were removed, and what to do; nil: none is known to be.
    func lostFiles(_ order: InstanceOrder) -> String? {
        let missing = servers.withLock { $0[order.id]?.visits.missing ?? [] }
        return missing.isEmpty ? nil : Self.lostFiles(missing, data: paths.instance(order.id).data, order.id)
    }

    static func lostFiles(_ missing: [String], data: String, _ id: InstanceID) -> String {
        let service = "\(id.service.service) -A \(id.service.application)"
        return
            "files of its data were removed while its server runs: \(Visit.list(missing)), below "
            + "\(data). What they held is in the running server alone and ends with it, so it is not stopped. Save what it "
            + "still tells with 'roost export \(service)', then choose a snapshot with 'roost snapshot ls \(service)' and go "
            + "back to it with 'roost snapshot restore \(id.service.service) SNAPSHOT -A \(id.service.application)'"
    }
}
