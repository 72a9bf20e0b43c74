import Foundation
import RoostAgentProtocol
import RoostHost
import RoostModel

/// The agent's answers about the pool and the use of the disks.
struct StorageAnswers: Sendable {
    let storage: HomeStorage
    let boards: AgentBoards

    func register(in calls: inout CallTable) {
        let (storage, paths) = (storage, storage.disk.paths)
        calls.on(job: DescribeStorage.self, at: boards.jobs) { _, _ in try await storage.info() }
        calls.on(LookAtPool.self) { _ in paths.hasPool ? .mounted : paths.isPoolMissing ? .missing : .none }
        calls.on(job: MakePool.self, at: boards.jobs) { job, _ in
            try await storage.makePool(size: job.size)
            return Done()
        }
        calls.on(job: GrowPool.self, at: boards.jobs) { job, _ in
            try await storage.growPool(size: job.size)
            return Done()
        }
        calls.on(CheckMove.self) { call in
            do throws(HostFailure) { try await storage.refuseMove(of: call.instances) } catch {
                throw Problem(
                    .diskFull, error.description, next: ["roost storage info", "roost storage grow --size 40G"])
            }
            return Done()
        }
        calls.on(FindInstances.self) { call in
            call.instances.map { id in
                FindInstances.Place(
                    isInPool: paths.place(of: id) == paths.poolPlace,
                    hasData: FileManager.default.fileExists(atPath: paths.instance(id).data))
            }
        }
        calls.on(LookForRoom.self) { _ in
            LookForRoom.Answer(free: await storage.roomForCopies().free, memory: Machine.memoryTotal)
        }
    }
}
