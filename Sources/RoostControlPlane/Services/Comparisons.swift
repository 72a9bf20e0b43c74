import Foundation
import RoostAgentProtocol
import RoostModel

/// Comparisons of the members of services: one per service at a time, each a journaled operation that runs without its
/// caller. A comparison that finds differences has done its work: its operation is done, not failed.
package actor Comparisons {
    /// Limit of the comparisons that run at one time: each reads whole databases.
    private static let most = 2

    private let agent: any Agent
    private let operations: Operations
    private let events: EventLog
    private let book: ComparisonBook
    private var isStopped = false
    private var busy: Set<ServiceID> = []
    /// Tasks by operation id, until the operation's end is stored.
    private var tasks: [String: Task<Void, Never>] = [:]

    package init(agent: any Agent, operations: Operations, events: EventLog, book: ComparisonBook) {
        self.book = book
        self.agent = agent
        self.operations = operations
        self.events = events
    }

    /// Starts a comparison. `absent`: replicas that are not compared, with the reason.
    func begin(
        _ job: CompareMembers, absent: [MembersComparison.Member]
    ) async throws(Problem) -> OperationInfo {
        let id = job.primary.service.id
        try refuse(id)
        busy.insert(id)
        let operation: OperationInfo
        do throws(Problem) {
            operation = try await operations.begin(
                "verify", service: id,
                interruption: "roostd stopped before all tables were compared; nothing was changed")
        } catch {
            busy.remove(id)
            throw error
        }
        let task = Task {  // Cancelled by `stop` or by a user, and awaited by `stop`.
            await operations.perform(operation.id, unregister: { busy.remove(id) }) {
                await carryOut(job, absent, operation.id)
            }
            tasks[operation.id] = nil
        }
        tasks[operation.id] = task
        await operations.letCancel(operation.id) { task.cancel() }
        return operation
    }

    /// Whether a comparison of the service would not be refused because of others.
    func canBegin(_ id: ServiceID) -> Bool { !isStopped && !busy.contains(id) && busy.count < Self.most }

    private func refuse(_ id: ServiceID) throws(Problem) {
        guard !isStopped else { throw Problem(.serviceUnavailable, "roostd is stopping", next: ["try again"]) }
        let holder = busy.contains(id) ? "'\(id.service)'" : "\(Self.most) services"
        guard !busy.contains(id), busy.count < Self.most else {
            throw Problem(
                .conflict, "the members of \(holder) are already being compared",
                next: ["roost operation ls", "try again when it has ended"])
        }
    }

    package func stop() async {
        isStopped = true
        let ending = Array(tasks.values)
        for task in ending { task.cancel() }
        for task in ending { await task.value }
    }

    private func carryOut(
        _ job: CompareMembers, _ absent: [MembersComparison.Member], _ operation: String
    ) async -> Operations.Outcome {
        let (operations, began, id) = (operations, ContinuousClock.now, job.primary.service.id)
        do throws(Problem) {
            await operations.begin("compare tables", on: operation)
            var found = try await agent.run(job) { await operations.tell($0, on: operation) }
            found.members = (found.members + absent).sorted { $0.name < $1.name }
            await operations.set(found, on: operation)
            await operations.note(found.summary, took: began.duration(to: .now), on: operation)
            await remember(found, operation, id)
            await report(found, operation, id)
            return .done(result: nil)
        } catch {
            if Task.isCancelled { return .failed("it was cancelled; nothing was changed") }
            let reason = Hint.addressed(error.message, to: id)
            await events.add(
                "comparison_failed", "the members of \(id.service) could not be compared: \(reason)", service: id)
            return .failed(reason)
        }
    }

    private func remember(_ found: MembersComparison, _ operation: String, _ id: ServiceID) async {
        let last = ComparisonNote.Last(
            endedAt: Date(), operation: operation, isEqual: found.isEqual, summary: found.summary)
        do throws(Problem) { try await book.change(id) { $0.last = last } } catch {
            await operations.remark(
                ["the time of this comparison could not be stored: \(error.message)"], on: operation)
        }
    }

    private func report(_ found: MembersComparison, _ operation: String, _ id: ServiceID) async {
        guard found.hasDifference else {
            await events.add(
                "members_compared", "the members of \(id.service) were compared: \(found.summary)", service: id)
            return
        }
        let members = found.members.filter { $0.differing > 0 }.map(\.name)
        let subject = members.joined(separator: ", ") + (members.count == 1 ? " has" : " have")
        await events.add(
            "members_differ",
            "\(subject) other data than the primary \(found.primary); 'roost operation show \(operation)' names the tables",
            service: id)
    }
}
