import Foundation
import RoostControl
import RoostEngines
import RoostHost
import RoostModel

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
        return try? await engine.replicationReport(address)
    }

    /// Makes a replica's first directory from its seed, the snapshot of another member that was taken for it. A
    /// directory at its final path is complete.
    private func seed(_ engine: any Replication, _ order: InstanceOrder) async throws(HostFailure) {
        if paths.isPoolMissing { throw HostFailure(Self.missingPool(paths)) }
        let image = paths.snapshot(
            order.service.id,
            SnapshotRecord.seed(
                of: order.service.status.uid(of: order.index), order.service.epoch))
        try await choosePlace(beside: image.data, order)
        try await writeManifest(order)
        let instance = paths.instance(order.id)
        let copy = "\(instance.folder)/copy"
        let build = try self.engine(for: order).build
        let user = order.user ?? ServerUsers.caller
        try await bulk.run { [self] in
            guard FileManager.default.fileExists(atPath: image.data) else {
                throw HostFailure("its image at \(image.data) is gone")
            }
            try naming("copy the image") {
                try Storage.removeTree(copy, within: instance.folder)
                try reserve.refuseFullDisk(for: image.data, at: instance.folder)
                _ = try Storage.copyTree(from: image.data, to: copy, preferring: .reflink)
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
