import Foundation
import Logging
import RoostAgentProtocol
import RoostModel

extension MachineAnswers {
    func onSnapshots(_ calls: inout CallTable) {
        let host = host
        calls.on(ListSnapshots.self) { _ in try await host.snapshots() }
        calls.on(FindSnapshot.self) { call in
            FindSnapshot.Answer(record: try await host.snapshotRecord(call.service, call.snapshot))
        }
        calls.on(job: RemoveSnapshot.self, at: boards.jobs) { job, _ in
            try await host.removeSnapshot(job.service, job.snapshot)
            return Done()
        }
        calls.on(job: RemoveExpiredSnapshots.self, at: boards.jobs) { [paths, logger] job, _ in
            try await host.pool.run {
                try SnapshotFolder(paths: paths).removeExpired(now: job.now, needed: job.needed) { record, error in
                    logger.warning(
                        "An expired snapshot could not be removed",
                        metadata: ["snapshot": "\(record.id)", "reason": "\(error)"])
                }
            }
        }
        calls.on(ListPauses.self) { _ in
            host.snapshotPauses().sorted { $0.key < $1.key }.map {
                ListPauses.Pause(instance: $0.key, seconds: $0.value / .seconds(1))
            }
        }
    }
}
