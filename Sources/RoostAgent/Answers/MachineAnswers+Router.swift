import RoostAgentProtocol
import RoostModel

extension MachineAnswers {
    func onRouter(_ calls: inout CallTable) {
        let (router, link) = (router, RouterLink(process: router))
        calls.on(ReachRouter.self) { try await link.reach($0.connection) }
        calls.on(AskRouter.self) { try await link.send($0.request, over: $0.connection) }
        calls.on(job: FollowRouter.self, at: boards.jobs) { job, _ in
            await link.follow(job.connection)
            return Done()
        }
        calls.on(ReadRouterTable.self) { _ in ReadRouterTable.Answer(table: router.storedTable()) }
    }
}
