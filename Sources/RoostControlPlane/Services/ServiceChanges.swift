import RoostModel
import RoostStore

/// The only way to change specs of services: documents and the operation's entry in the journal in one commit; then
/// the operation is followed and the environment files are written. Reconcilers follow the store.
package struct ServiceChanges: Sendable {
    let records: Records
    let operations: Operations
    let files: EnvironmentFiles

    /// The writes of one commit.
    struct Draft {
        fileprivate private(set) var writes: [StoreWrite] = []
        fileprivate private(set) var targets: [OperationRecord.Target] = []

        var isEmpty: Bool { writes.isEmpty }
        /// Whether any service has a generation to reach.
        var hasTargets: Bool { !targets.isEmpty }

        mutating func create(_ service: Service) throws(Problem) {
            writes += try Records.creation(of: service)
            targets.append(.init(service: service.id, generation: service.generation))
        }

        mutating func change(_ found: StoredService, to spec: ServiceSpec) throws(Problem) {
            writes += try Records.change(of: found, to: spec)
            targets.append(.init(service: spec.id, generation: spec.generation))
        }

        /// Adds other documents to the same commit.
        mutating func add(_ more: [StoreWrite]) { writes += more }
    }

    /// The new operation that a change begins.
    struct Begun {
        let kind: String
        let application: ApplicationName?
        /// The service, if the operation is about a single one. Nil also for a clone, whose service name is internal.
        let service: ServiceID?
        var result: String?
        var completion: Operations.Completion?
    }

    /// Begins an operation. `filesOf`: the application whose environment files change; nil if none do. The files are
    /// written before the operation's end is reported.
    func commit(
        _ draft: Draft, beginning begun: Begun, filesOf application: ApplicationName? = nil
    ) async throws(Problem) -> OperationRecord {
        let journal = try operations.journal(
            begun.kind, application: begun.application, service: begun.service, targets: draft.targets,
            result: begun.result)
        try await records.commit(draft.writes + [journal.write])
        // The files are written while the reconcilers, which know of the commit by now, do their work; awaited below.
        let written = Task { if let application { await files.write(application) } }
        let completion: Operations.Completion = {
            await written.value
            await begun.completion?()
        }
        await operations.follow(journal.record, completing: completion)
        await written.value
        return journal.record
    }

    /// Continues an operation that prepared what the change needs.
    func commit(
        _ draft: Draft, continuing record: OperationRecord, filesOf application: ApplicationName? = nil
    ) async throws(Problem) -> OperationRecord {
        let journal = try operations.prepared(record, targets: draft.targets)
        try await records.commit(draft.writes + [journal.write])
        await operations.aim(journal.record)
        if let application { await files.write(application) }
        return journal.record
    }

    /// Commits a change without an operation: a clone that is made for a pool, or handed out; a pause of a service.
    func commit(_ draft: Draft) async throws(Problem) { try await records.commit(draft.writes) }
}
