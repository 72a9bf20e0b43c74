import RoostAgentProtocol
import RoostControl
import RoostModel

/// The snapshots on the machine: listed, and removed on request or beyond their number.
struct KeptSnapshots: Sendable {
    let records: Records
    let agent: any Agent
    let clones: Clones
    let events: EventLog

    func list(_ id: ServiceID?) async throws(Problem) -> [SnapshotInfo] {
        let all = try await agent.call(ListSnapshots())
        guard let id else { return try await named(all) }
        return all.filter { $0.application == "\(id.application)" && $0.service == "\(id.service)" }
    }

    /// Snapshots of a clone are listed under the clone's name: its server's name is internal.
    private func named(_ snapshots: [SnapshotInfo]) async throws(Problem) -> [SnapshotInfo] {
        guard snapshots.contains(where: { $0.application == "\(ApplicationName.clones)" }) else { return snapshots }
        let clones = try await clones.all()
        return snapshots.map { snapshot in
            guard snapshot.application == "\(ApplicationName.clones)",
                let clone = clones.first(where: { "\($0.id.service)" == snapshot.service })?.clone
            else { return snapshot }
            return snapshot.told(
                application: clone.origin.application.map { "\($0)" } ?? "",
                service: "clone:\(clone.name?.rawValue ?? "")")
        }
    }

    /// Removes the oldest snapshots beyond the count, of those that people asked for.
    func keepNewest(_ count: Int, of id: ServiceID) async throws(Problem) {
        let used = try await records.snapshotsInUse()
        let own = try await list(id).filter { $0.reason == SnapshotRecord.manual && !used.contains($0.id) }
            .sorted { $0.createdAt > $1.createdAt }
        for old in own.dropFirst(count) {
            _ = try await agent.run(RemoveSnapshot(id, old.id))
            await events.add(
                "snapshot_removed", "snapshot \(old.id) was removed: \(count) newer ones are kept", service: id)
        }
    }

    func remove(
        _ snapshot: String, of id: ServiceID, confirm: String?, dryRun: Bool
    ) async throws(Problem) -> SnapshotInfo {
        guard let info = try await list(id).first(where: { $0.id == snapshot }) else {
            throw Problem(
                .snapshotNotFound, "'\(id.service)' has no snapshot '\(snapshot)'",
                next: ["roost snapshot ls \(id.service) -A \(id.application)"])
        }
        guard !(try await records.snapshotsInUse().contains(snapshot)) else {
            throw Problem(
                .conflict, "snapshot \(snapshot) is needed by a clone or a restore",
                next: ["roost clone ls", "roost clone rm NAME  # for each clone made from it"])
        }
        if dryRun { return info }
        try requireConfirmation(
            confirm, name: snapshot, "removing snapshot \(snapshot) of '\(id.service)' cannot be undone",
            command: "roost snapshot rm \(id.service) \(snapshot) --yes")
        _ = try await agent.run(RemoveSnapshot(id, snapshot))
        await events.add("snapshot_removed", "snapshot \(snapshot) was removed on request", service: id)
        return info
    }
}
