import RoostModel
import RoostStore

/// The one way in which what is asked of services changes: documents and the operation's entry in the journal in one
/// commit; then the operation is followed and the environment files are written. Reconcilers follow the store.
package struct ServiceChanges: Sendable {
    let records: Records
    let operations: Operations
    let files: EnvironmentFiles

    /// What is committed together.
    struct Draft {
        fileprivate private(set) var writes: [StoreWrite] = []
        fileprivate private(set) var targets: [OperationRecord.Target] = []

        var isEmpty: Bool { writes.isEmpty }
        /// Whether there is anything to carry out.
        var hasTargets: Bool { !targets.isEmpty }

        mutating func create(_ service: Service) throws(Problem) {
            writes += try Records.creation(of: service)
            targets.append(.init(service: service.id, generation: service.generation))
        }

        mutating func change(_ found: StoredService, to spec: ServiceSpec) throws(Problem) {
            writes += try Records.change(of: found, to: spec)
            targets.append(.init(service: spec.id, generation: spec.generation))
        }

        /// Other documents that change with them.
        mutating func add(_ more: [StoreWrite]) { writes += more }
    }

    /// A new operation that the change begins.
    struct Begun {
        let kind: String
        let application: ApplicationName?
        /// Nil: it is about several, or about a clone, which has no service's name.
        let service: ServiceID?
        var result: String?
        var completion: Operations.Completion?
    }

    /// Begins an operation. `filesOf`: whose environment files change; nil: nobody's. Whoever hears that the operation has
    /// ended finds them written.
    func commit(
        _ draft: Draft, beginning begun: Begun, filesOf application: ApplicationName? = nil
    ) async throws(Problem) -> OperationRecord {
        let journal = try operations.journal(
            begun.kind, application: begun.application, service: begun.service, targets: draft.targets,
            result: begun.result)
        try await records.commit(draft.writes + [journal.write])
        // Beside the work of the reconcilers, which know of the commit by now; awaited below.
        let written = Task { if let application { await files.write(application) } }
        let completion: Operations.Completion = {
            await written.value
            await begun.completion?()
        }
        await operations.follow(journal.record, completing: completion)
        await written.value
        return journal.record
    }

    /// Goes on with an operation that made ready what the change needs.
    func commit(
        _ draft: Draft, continuing record: OperationRecord, filesOf application: ApplicationName? = nil
    ) async throws(Problem) -> OperationRecord {
        let journal = try operations.prepared(record, targets: draft.targets)
        try await records.commit(draft.writes + [journal.write])
        await operations.aim(journal.record)
        if let application { await files.write(application) }
        return journal.record
    }

    /// A change that nobody follows: a clone whose making, or handing out, is nobody's operation.
    func commit(_ draft: Draft) async throws(Problem) { try await records.commit(draft.writes) }
}
