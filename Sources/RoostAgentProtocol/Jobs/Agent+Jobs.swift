import Foundation
import RoostModel

extension Agent {
    /// Runs a job, and returns at its end. If the task is cancelled, the job is cancelled, and this returns when it
    /// has ended.
    package func run<Job: AgentJob>(
        _ job: Job, id: String = UUID().uuidString,
        told: @escaping @Sendable (JobNews) async -> Void = { _ in }
    ) async throws(Problem) -> Job.Result {
        if Task.isCancelled { throw Problem(.failed, "it was cancelled") }
        // No child task: the job of a cancelled caller is followed to its end.
        let following = Task { await self.follow(job, id, told) }
        let result = await withTaskCancellationHandler {
            await following.value
        } onCancel: {
            Task { await self.insist(CancelJob(id: id)) }  // Ends with the agent's answer.
        }
        return try result.get()
    }

    private func follow<Job: AgentJob>(
        _ job: Job, _ id: String, _ told: @Sendable (JobNews) async -> Void
    ) async -> Result<Job.Result, Problem> {
        if case .failure(let problem) = await insist(StartJob(id: id, job: job)) { return .failure(problem) }
        var (seen, progress): (Int, JobProgress?) = (0, nil)
        while true {
            let news: FollowJob<Job>.Answer
            switch await insist(FollowJob<Job>(id: id, seen: seen)) {
            case .failure(let problem): return .failure(problem)
            case .success(let answer): news = answer
            }
            for note in news.notes { await told(.note(note)) }
            seen = news.last
            if let latest = news.progress, latest != progress {
                progress = latest
                await told(.progress(latest))
            }
            guard let end = news.end else { continue }
            _ = await insist(ForgetJob(id: id))
            switch end {
            case .done(let value): return .success(value)
            case .failed(let body): return .failure(body.problem)
            }
        }
    }

    /// Repeats the call until an answer comes.
    @discardableResult
    private func insist<Call: AgentCall>(_ call: Call) async -> Result<Call.Answer, Problem> {
        while true {
            do throws(AgentSilence) { return try await ask(call) } catch {
                // `try?`: the task is never cancelled, see `run`.
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
    }
}
