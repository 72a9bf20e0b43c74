import Foundation
import RoostModel
import RoostTasks
import Synchronization

/// The jobs of an agent, by id.
package final class JobBoard: Sendable {
    /// Limit of ended jobs that are kept for followers that went away.
    private static let endedKept = 256

    private struct Entry {
        let work: Task<Void, Never>
        let log: JobLog
    }

    private struct State {
        var entries: [String: Entry] = [:]
        /// Ids of the jobs, in the order of their starts.
        var order: [String] = []
        /// Ids of jobs that were cancelled before they were known: a cancellation may overtake the start.
        var cancelled: [String] = []
        var isStopped = false
    }

    private let state = Mutex(State())

    package init() {}

    /// Starts a job, unless one with the id is known. `work` returns the encoded result.
    func start(_ id: String, _ work: @escaping @Sendable (JobLog) async throws -> Data) throws(Problem) {
        let refusal: Problem? = state.withLock { state in
            if state.entries[id] != nil { return nil }
            if state.isStopped { return Problem(.serviceUnavailable, "roostd is stopping", next: ["try again"]) }
            if state.cancelled.contains(id) { return Problem(.failed, "it was cancelled") }
            let log = JobLog()
            let task = Task {  // Cancelled by `cancel` and `stop`, and awaited by `stop`.
                do { log.end(.success(try await work(log))) } catch {
                    log.end(.failure((error as? Problem) ?? Problem(.failed, "\(error)")))
                }
            }
            state.entries[id] = Entry(work: task, log: log)
            state.order.append(id)
            return nil
        }
        if let refusal { throw refusal }
        dropOldest()
    }

    private func dropOldest() {
        state.withLock { state in
            let ended = state.order.filter { state.entries[$0]?.log.hasEnded ?? true }
            for id in ended.dropLast(Self.endedKept) { state.entries[id] = nil }
            state.order.removeAll { state.entries[$0] == nil }
        }
    }

    func log(_ id: String) throws(Problem) -> JobLog {
        guard let log = state.withLock({ $0.entries[id]?.log }) else {
            throw Problem(.operationNotFound, "the agent has no job \(id): it has been restarted since")
        }
        return log
    }

    /// Cancels a job. If the id is not known, the job has ended, or its later start is refused.
    func cancel(_ id: String) {
        let work = state.withLock { state -> Task<Void, Never>? in
            if let entry = state.entries[id] { return entry.work }
            state.cancelled = state.cancelled.suffix(Self.endedKept) + [id]
            return nil
        }
        work?.cancel()
    }

    /// Forgets a job that has ended. A running job is kept.
    func forget(_ id: String) {
        state.withLock { state in
            guard state.entries[id]?.log.hasEnded ?? false else { return }
            state.entries[id] = nil
            state.order.removeAll { $0 == id }
        }
    }

    /// Cancels all jobs, and returns when none runs. No job is started afterwards.
    package func stop() async {
        let work = state.withLock { state in
            state.isStopped = true
            return state.entries.values.map(\.work)
        }
        for task in work { task.cancel() }
        for task in work { await task.value }
    }
}

/// The notes of a job that were not fetched yet, its last progress, and its end. Bounded: a job that writes notes
/// faster than they are fetched waits.
package final class JobLog: Sendable {
    private static let most = 256

    private struct State {
        var notes: [JobNote] = []
        /// The number of the last note that was fetched and forgotten.
        var forgotten = 0
        var progress: JobProgress?
        var isProgressNew = false
        var end: Result<Data, Problem>?
    }

    private let state = Mutex(State())
    private let news = WakeSignal()
    private let room = WakeSignal()

    var hasEnded: Bool { state.withLock { $0.end != nil } }

    /// Adds a note. Waits while too many notes are not fetched, except in a cancelled task.
    package func tell(_ note: JobNote) async {
        while !Task.isCancelled, state.withLock({ $0.notes.count >= Self.most }) { await room.sleep(.seconds(60)) }
        state.withLock { $0.notes.append(note) }
        news.ring()
    }

    package func show(_ progress: JobProgress) {
        state.withLock {
            $0.progress = progress
            $0.isProgressNew = true
        }
        news.ring()
    }

    /// Runs a step, with a note when it begins and a note on how long it took.
    package func step<Value>(_ name: String, _ work: () async throws -> Value) async throws -> Value {
        try Task.checkCancellation()
        let began = ContinuousClock.now
        await tell(.began(step: name))
        let value = try await work()
        await did(name, began.duration(to: .now))
        return value
    }

    package func did(_ step: String, _ took: Duration) async {
        await tell(.did(step: step, milliseconds: Int(took / .milliseconds(1))))
    }

    func end(_ result: Result<Data, Problem>) {
        state.withLock { $0.end = result }
        news.ring()
    }

    struct News {
        let notes: [JobNote]
        let last: Int
        let progress: JobProgress?
        let end: Result<Data, Problem>?
    }

    /// The notes after those that were seen, the progress and the end. Waits for news until the time is over.
    func news(seen: Int, within time: Duration) async -> News {
        let deadline = ContinuousClock.now + time
        while true {
            let (found, isNews) = state.withLock { state in
                // Acknowledged notes are not sent again.
                let known = max(0, min(seen - state.forgotten, state.notes.count))
                state.notes.removeFirst(known)
                state.forgotten += known
                let isNews = !state.notes.isEmpty || state.isProgressNew || state.end != nil
                state.isProgressNew = false
                return (
                    News(
                        notes: state.notes, last: state.forgotten + state.notes.count, progress: state.progress,
                        end: state.end), isNews
                )
            }
            room.ring()
            let left = ContinuousClock.now.duration(to: deadline)
            if isNews || left <= .zero || Task.isCancelled { return found }
            await news.sleep(left)
        }
    }
}
