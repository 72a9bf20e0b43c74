import Foundation
import Logging
import RoostAgentProtocol
import RoostModel

/// Imports into services: one per service at a time, each a journaled operation that runs without its caller.
///
/// An import begins only after the whole dump has arrived: a caller that disconnects before that has changed nothing.
package actor Importer {
    /// How long a snapshot that was taken for an import is kept, in seconds.
    private static let kept: TimeInterval = 7 * 24 * 3600

    private let parts: Parts
    private var isStopped = false
    private var busy: Set<ServiceID> = []
    /// Tasks by operation id, until the operation's end is stored.
    private var tasks: [String: Task<Void, Never>] = [:]

    package struct Parts: Sendable {
        let agent: any Agent
        let operations: Operations
        let events: EventLog
        let snapshots: Snapshots
        let logger: Logger
    }

    package init(parts: Parts) { self.parts = parts }

    /// Called before a dump is sent as well: no upload must be refused only at its end.
    func refuse(_ id: ServiceID) throws(Problem) {
        guard !isStopped else { throw Problem(.serviceUnavailable, "roostd is stopping", next: ["try again"]) }
        guard !busy.contains(id) else {
            throw Problem(
                .conflict, "an import into '\(id.service)' is already running",
                next: ["roost operation ls -A \(id.application)", "try again when it has ended"])
        }
    }

    /// Starts to load a kept dump, which is removed at the end.
    func begin(_ path: String, _ terms: ImportTerms, _ order: SealedOrder) async throws(Problem) -> OperationInfo {
        let id = order.service.id
        try refuse(id)
        busy.insert(id)
        let snapshot = terms.takesSnapshot ? TimedID.make() : nil
        do throws(Problem) {
            let operation = try await parts.operations.begin(
                "import", service: id,
                interruption: "roostd stopped during the import, and what was loaded before is kept; "
                    + Self.wayBack(snapshot, id))
            let task = Task {
                await parts.operations.perform(operation.id, unregister: { busy.remove(id) }) {
                    let outcome = await carryOut(path, terms, order, snapshot, operation.id)
                    await drop(path)
                    return outcome
                }
                tasks[operation.id] = nil
            }
            tasks[operation.id] = task
            await parts.operations.letCancel(operation.id) { task.cancel() }
            return operation
        } catch {
            busy.remove(id)
            throw error
        }
    }

    package func stop() async {
        isStopped = true
        let ending = Array(tasks.values)
        for task in ending { task.cancel() }
        for task in ending { await task.value }
    }

    // MARK: One import

    private func carryOut(
        _ path: String, _ terms: ImportTerms, _ order: SealedOrder, _ snapshot: String?, _ operation: String
    ) async -> Operations.Outcome {
        let id = order.service.id
        do throws(Problem) {
            if let snapshot { try await take(snapshot, id, operation) }
        } catch {
            return .failed(
                "\(error.message); nothing was imported. Take a snapshot of the stopped server with "
                    + "'roost snapshot new \(id.service) --stop', or import without a snapshot with '--no-snapshot'")
        }
        guard !Task.isCancelled else { return .failed("it was cancelled; nothing was imported") }
        let (operations, began) = (parts.operations, ContinuousClock.now)
        do throws(Problem) {
            let report = try await parts.agent.run(ImportDump(path, into: terms.database, order)) {
                await operations.tell($0, on: operation)
            }
            await operations.note("import\(Self.counts(report))", took: began.duration(to: .now), on: operation)
            await operations.remark(Self.notes(report, id), on: operation)
            await parts.events.add("imported", "a dump was imported into \(id.service)", service: id)
            return .done(result: snapshot)
        } catch {
            let reason = Task.isCancelled ? "it was cancelled" : Hint.addressed(error.message, to: id)
            // The reason is left out: it may quote the dump, and events are visible to everybody.
            await parts.events.add("import_failed", "an import into \(id.service) failed", service: id)
            return .failed("\(reason); what was loaded before is kept; \(Self.wayBack(snapshot, id))")
        }
    }

    /// Removes the dump, also after a cancelled import.
    private func drop(_ path: String) async {
        // A dump that could not be removed is cleared at the next start.
        _ = await Task { [parts] in try? await parts.agent.call(DropDump(path)) }.value
    }

    private func take(_ snapshot: String, _ id: ServiceID, _ operation: String) async throws(Problem) {
        let began = ContinuousClock.now
        let taken = try await parts.snapshots.take(
            id, as: snapshot,
            SnapshotTerms(reason: SnapshotRecord.manual, expiresAt: Date().addingTimeInterval(Self.kept)))
        await parts.operations.note(
            "snapshot \(snapshot) (\(taken.method))", took: began.duration(to: .now), on: operation)
    }

    /// For example ` (12 statements: 2 tables, 30 rows)`; empty if there were no statements.
    static func counts(_ report: LoadReport) -> String {
        guard report.statements > 0 else { return "" }
        let statements = "\(report.statements) statement\(report.statements == 1 ? "" : "s")"
        return " (\(statements)\(report.content.map { ": \($0.words)" } ?? ""))"
    }

    /// Notes for the user about a loaded dump.
    static func notes(_ report: LoadReport, _ id: ServiceID) -> [String] {
        report.notes.map { Hint.addressed($0, to: id) }
            + (report.content?.isEmpty == true ? [LoadContent.emptyNote] : [])
    }

    static func wayBack(_ snapshot: String?, _ id: ServiceID) -> String {
        guard let snapshot else { return "no snapshot was taken, as requested" }
        return "to undo the import, run 'roost snapshot restore \(id.service) \(snapshot) -A \(id.application)'"
    }
}
