import RoostAgentProtocol
import RoostEngines
import RoostModel

/// The agent's answers about comparisons of a group's members.
struct ComparisonAnswers: Sendable {
    let plans: ServerPlans
    let secrets: HomeSecrets
    let boards: AgentBoards

    func register(in calls: inout CallTable) {
        let (plans, secrets) = (plans, secrets)
        calls.on(job: CompareMembers.self, at: boards.jobs) { job, log in
            let primary = try secrets.open(job.primary)
            let engine = try plans.engine(named: primary.service.engine).comparing()
            var comparison = MemberComparison(
                engine: engine, primary: try plans.address(primary),
                replicas: try job.replicas.map { try plans.address(try secrets.open($0)) }
            ) { table, number, count in
                log.show(JobProgress(text: "table \(number) of \(count): \(table)"))
            }
            do { return try await comparison.run() } catch let error as EngineError {
                throw HostFailure("the primary \(primary.id.name) could not be asked: \(error)")
            }
        }
    }
}
