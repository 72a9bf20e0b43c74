import Foundation
import RoostControl
import RoostEngines
import RoostHost
import RoostModel
import Synchronization

// Members of groups: one server takes writes, the others follow it.
extension LocalHost {
    package func carryOut(_ step: MemberStep, _ order: InstanceOrder) async throws(HostFailure) {
        let engine: any Replication
        do { engine = try self.engine(named: identity(for: order)).replication() } catch let failure as HostFailure {
            throw failure
        } catch { throw HostFailure("\(error)", isPermanent: true) }
        switch step {
        case .seed: return try await seed(engine, order)
        case .follow:
            guard case .replica(let source) = order.place else { return }
            let plan = try serverPlan(order)
            try await askingAtOnce("follow the primary") { () async throws(EngineError) in
                try await engine.follow(source, plan)
            }
        case .promote:
            let plan = try serverPlan(order)
            try await askingAtOnce("become the primary") { () async throws(EngineError) in
                try await engine.promote(plan)
            }
        case .play(let part):
            let plan = try serverPlan(order)
            try await askingAtOnce("change whom its commits wait for") { () async throws(EngineError) in
                try await engine.play(part, plan)
            }
        case .close:
            let plan = try serverPlan(order)
            try await askingAtOnce("close it for writes") { () async throws(EngineError) in try await engine.close(plan)
            }
        }
    }

    /// Nil if the server gave no answer.
    func replicationReport(_ order: InstanceOrder) async -> ReplicationReport? {
        guard let engine = (try? engine(named: identity(for: order))) as? any Replication,
            let address = try? address(order)
        else { return nil }
        // The server's health tells why there is no report.
        let asked = ContinuousClock.now
        guard let report = try? await engine.replicationReport(address) else { return nil }
        return timed(report, order, asked: asked)
    }

    /// Redis and Valkey tell positions without times. The earlier positions of the primary, whose server is on this
    /// host, tell since when a replica lacks something.
    private func timed(
        _ report: ReplicationReport, _ order: InstanceOrder, asked: ContinuousClock.Instant
    ) -> ReplicationReport {
        guard let applied = report.applied, case .redis = applied else { return report }
        var report = report
        switch report.role {
        case .primary: servers.withLock { $0[order.id, default: Server()].positions.note(applied, now: asked) }
        case .replica:
            guard report.link == .up,
                let primary = order.service.instances.first(where: { $0.internalPort == report.source })
            else { break }
            let id = InstanceID(order.service.id, primary.index)
            let history = servers.withLock { $0[id]?.positions }
            report.secondsBehind =
                history?.secondsBehind(applied, silence: report.secondsBehind, now: .now) ?? report.secondsBehind
        }
        return report
    }

    /// Nil if the server gave no answer.
    func openTransactions(_ order: InstanceOrder) async -> OpenTransactions? {
        guard let engine = (try? engine(named: identity(for: order))) as? any Replication,
            let address = try? address(order)
        else { return nil }
        // The time for the transactions is bounded, whether the server answers or not.
        do { return try await engine.oldestTransaction(address).map { .open(oldest: $0) } ?? .absent } catch {
            return nil
        }
    }

    /// The report of a server that was fenced by a clean stop. Nil for other engines, and if the stop was not clean.
    func stoppedReport(_ order: InstanceOrder) async -> ReplicationReport? {
        guard order.service.isGroup, let (found, build) = try? engine(for: order),
            let engine = found as? any FencedByStop
        else { return nil }
        return await engine.stoppedReport(directory: paths.instance(order.id).data, build: build)
    }

    /// Has the server of a member that is not the primary start as a replica, if that is decided before its start.
    func prepareStart(_ order: InstanceOrder, _ engine: any Engine) throws(HostFailure) {
        try forgetUnusablePositions(order, engine)
        guard let engine = engine as? any FencedByStop else { return }
        switch order.place {
        case .alone, .primary: return
        case .replica, .fenced: break
        }
        let plan = try serverPlan(order)
        do throws(EngineError) { try engine.startAsReplica(plan, user: order.user ?? ServerUsers.caller) } catch {
            throw HostFailure("could not have it start as a replica: \(error)")
        }
    }

    /// Makes a replica's first directory from its seed, the snapshot of another member that was taken for it. A
    /// directory at its final path is complete.
    private func seed(_ engine: any Replication, _ order: InstanceOrder) async throws(HostFailure) {
        if paths.isPoolMissing { throw HostFailure(Self.missingPool(paths)) }
        let image = paths.snapshot(
            order.service.id,
            order.service.status.seed(of: order.index))
        try await choosePlace(beside: image.data, order)
        try await writeManifest(order)
        let instance = paths.instance(order.id)
        let copy = "\(instance.folder)/copy"
        let build = try self.engine(for: order).build
        let user = order.user ?? ServerUsers.caller
        let method: StorageMethod = order.service.needsFullCopy(order.index) ? .copy : .reflink
        try await bulk.run { [self] in
            guard FileManager.default.fileExists(atPath: image.data) else {
                throw HostFailure("its image at \(image.data) is gone")
            }
            try naming("copy the image") {
                try Storage.removeTree(copy, within: instance.folder)
                try reserve.refuseFullDisk(
                    for: image.data, at: instance.folder, sharesBlocks: method != .copy)
                _ = try Storage.copyTree(from: image.data, to: copy, preferring: method)
                if Machine.isRoot { try Storage.giveTree(copy, to: user) }
            }
        }
        try await asking("prepare the image for a replica") { () async throws(EngineError) in
            try await engine.prepareReplica(directory: copy, build: build, user: user)
        }
        try await bulk.run { [self] in
            try naming("move the copy to \(instance.data)") { try Storage.rename(from: copy, to: instance.data) }
        }
    }
}
