import Foundation
import RoostModel

extension CallTable {
    /// The longest time that an answer waits for news.
    private static let patience: Duration = .seconds(20)

    /// Registers the calls that cancel and forget jobs, whatever their kind.
    package mutating func onJobs(of board: JobBoard) {
        on(CancelJob.self) { call in
            board.cancel(call.id)
            return Done()
        }
        on(ForgetJob.self) { call in
            board.forget(call.id)
            return Done()
        }
    }

    package mutating func on<Job: AgentJob>(
        job type: Job.Type, at board: JobBoard,
        _ work: @escaping @Sendable (Job, JobLog) async throws -> Job.Result
    ) {
        on(StartJob<Job>.self) { call in
            try board.start(call.id) { log in try JSON.encode(try await work(call.job, log)) }
            return Done()
        }
        on(FollowJob<Job>.self) { call in
            let news = try await board.log(call.id).news(seen: call.seen, within: Self.patience)
            let end: JobEnd<Job.Result>? =
                switch news.end {
                case nil: nil
                case .success(let data): .done(try JSON.decode(Job.Result.self, from: data))
                case .failure(let problem): .failed(ProblemBody(problem))
                }
            return FollowJob<Job>.Answer(notes: news.notes, last: news.last, progress: news.progress, end: end)
        }
    }
}
