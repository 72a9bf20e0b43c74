import Foundation
import RoostAgentProtocol
import RoostModel

/// The agent's answers about the snapshots that are kept on its machine.
struct SnapshotAnswers: Sendable {
    let snapshots: SnapshotStore
    let taking: SnapshotTaking
    let boards: AgentBoards

    func register(in calls: inout CallTable) {
        let (snapshots, taking) = (snapshots, taking)
        calls.on(ListSnapshots.self) { _ in try await snapshots.list() }
        calls.on(FindSnapshot.self) { call in
            FindSnapshot.Answer(record: try await snapshots.find(call.service, call.snapshot))
        }
        calls.on(job: RemoveSnapshot.self, at: boards.jobs) { job, _ in
            try await snapshots.remove(job.service, job.snapshot)
            return Done()
        }
        calls.on(job: RemoveExpiredSnapshots.self, at: boards.jobs) { job, _ in
            try await snapshots.removeExpired(now: job.now, needed: job.needed)
        }
        calls.on(ListPauses.self) { _ in
            taking.snapshotPauses().sorted { $0.key < $1.key }.map {
                ListPauses.Pause(instance: $0.key, seconds: $0.value / .seconds(1))
            }
        }
    }
}
