import Foundation
import RoostAgentProtocol
import RoostModel

/// Takes snapshots of services: for people, clones and templates.
package struct Snapshots: Sendable {
    let records: Records
    let agent: any Agent
    let events: EventLog

    /// Idempotent: an existing snapshot with this id is returned.
    func take(
        _ id: ServiceID, as snapshot: String, _ terms: SnapshotTerms
    ) async throws(Problem) -> SnapshotRecord {
        let order = try await order(id)
        try refuseUnlessRunning(order.service)
        let taken: SnapshotRecord
        do throws(Problem) {
            taken = try await agent.run(TakeSnapshot(snapshot, terms, order))
        } catch {
            throw Problem(.failed, "no snapshot of \(id) could be taken: \(error.message)")
        }
        let pause = taken.pauseMilliseconds.map { ", its writers waited \($0.rounded(toPlaces: 1)) ms" } ?? ""
        await events.add(
            "snapshot_taken", "snapshot \(snapshot) of \(id.service) was taken by \(taken.method)\(pause)", service: id)
        return taken
    }

    /// A snapshot taken on the way to other data or to another engine would match neither.
    private func refuseUnlessRunning(_ service: Service) throws(Problem) {
        guard service.goal != .run else { return }
        throw Problem(
            .conflict, "\(service.id) is already being changed", next: ["roost wait \(service.id.service)"])
    }

    private func order(_ id: ServiceID) async throws(Problem) -> SealedOrder {
        guard let service = try await records.service(id)?.value,
            let application = try await records.application(id.application)?.value
        else { throw Problem(.serviceNotFound, "service \(id) no longer exists", next: ["roost ls"]) }
        return SealedOrder(application: application, service: service, index: service.status.primary)
    }
}
