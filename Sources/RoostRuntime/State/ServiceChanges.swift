import RoostModel
import RoostStore

/// The one way in which what is asked of services changes: documents and the operation's entry in the journal in one
/// commit; then the operation is followed, the environment files are written and the reconcilers woken.
package struct ServiceChanges: Sendable {
    let records: Records
    let operations: Operations
    let reconcilers: Reconcilers
    let files: EnvironmentFiles

    /// What is committed together.
    struct Draft {
        fileprivate private(set) var writes: [StoreWrite] = []
        fileprivate private(set) var targets: [OperationRecord.Target] = []
        /// Whether somebody may read the environment files as soon as the change is carried out, which is as fast as they
        /// are written: a password that changed, a program that reads them at its start.
        fileprivate private(set) var needsFilesFirst = false

        var isEmpty: Bool { writes.isEmpty }
        /// Whether there is anything to carry out.
        var hasTargets: Bool { !targets.isEmpty }

        mutating func create(_ service: Service) throws(Problem) {
            writes += try Records.creation(of: service)
            targets.append(.init(service: service.id, generation: service.generation))
            if service.custom != nil { needsFilesFirst = true }
        }

        mutating func change(_ found: StoredService, to spec: ServiceSpec) throws(Problem) {
            writes += try Records.change(of: found, to: spec)
            targets.append(.init(service: spec.id, generation: spec.generation))
            needsFilesFirst = true
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

    /// Begins an operation. `filesOf`: whose environment files change; nil: nobody's.
    func commit(
        _ draft: Draft, beginning begun: Begun, filesOf application: ApplicationName? = nil
    ) async throws(Problem) -> OperationRecord {
        let journal = try operations.journal(
            begun.kind, application: begun.application, service: begun.service, targets: draft.targets,
            result: begun.result)
        try await records.commit(draft.writes + [journal.write])
        await operations.follow(journal.record, completing: begun.completion)
        await carryOut(draft, filesOf: application)
        return journal.record
    }

    /// Goes on with an operation that made ready what the change needs.
    func commit(
        _ draft: Draft, continuing record: OperationRecord, filesOf application: ApplicationName? = nil
    ) async throws(Problem) -> OperationRecord {
        let journal = try operations.prepared(record, targets: draft.targets)
        try await records.commit(draft.writes + [journal.write])
        await operations.aim(journal.record)
        await carryOut(draft, filesOf: application)
        return journal.record
    }

    /// A change that nobody follows: a clone whose making, or handing out, is nobody's operation.
    func commit(_ draft: Draft) async throws(Problem) {
        try await records.commit(draft.writes)
        await carryOut(draft, filesOf: nil)
    }

    private func carryOut(_ draft: Draft, filesOf application: ApplicationName?) async {
        if let application, draft.needsFilesFirst { await files.write(application) }
        for target in draft.targets { await reconcilers.wake(target.service) }
        // Else beside the servers' start: the addresses and passwords in them are settled already.
        if let application, !draft.needsFilesFirst { await files.write(application) }
    }
}
