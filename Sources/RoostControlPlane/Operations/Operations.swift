import Foundation
import Logging
import RoostControl
import RoostModel
import RoostStore
import ServiceLifecycle
import Synchronization

/// An operation's document: journaled in the same commit as the change that it carries out, ended by observation.
package struct OperationRecord: Codable, Equatable, Sendable {
    /// A service that has to reach a generation, or to be removed.
    package struct Target: Codable, Equatable, Sendable {
        package let service: ServiceID
        package let generation: Int
    }

    package var info: OperationInfo
    package var targets: [Target]
    /// The failure to report if the daemon ends before the operation: the daemon itself does the work, or prepares
    /// what no document describes yet. Nil for an operation that the next daemon follows.
    package var interruption: String?
    /// Inputs of the daemon's own work, which the next daemon carries out again. Nil if it cannot.
    package var work: DaemonWork?
    /// Number of daemons in a row that died with this work under way.
    package var deaths: Int?

    /// Work that ended this many daemons is not begun again: it may be the cause.
    static let deathsTolerated = 2

    /// Whether the daemon that finds this record carries its work out again.
    var isResumable: Bool { work != nil && (deaths ?? 0) < Self.deathsTolerated }
}

/// The journal of operations. Operations that were running when the daemon crashed are followed again to their end.
package actor Operations: ServiceLifecycle.Service {
    private static let keptEnded = 500
    /// Failed attempts in a row after which an operation counts as failed; the reconciler goes on trying.
    private static let failuresTolerated = 3

    /// Start of the latest operation, in milliseconds since 1970; no two operations share one.
    private static let lastStart = Mutex<Int64>(0)

    let records: Records
    private let statusCache: StatusCache
    private let logger: Logger
    private(set) var running: [String: OperationRecord] = [:]
    private var waiters: [String: [UUID: CheckedContinuation<Void, Never>]] = [:]
    private(set) var cancellations: [String: @Sendable () -> Void] = [:]
    private let starts: AsyncStream<Start>
    private let start: AsyncStream<Start>.Continuation

    /// Prepares what an operation needs, then stores its targets; returns the record as stored.
    package typealias Preparation = @Sendable (OperationRecord) async throws(Problem) -> OperationRecord

    /// Work after an operation's targets are reached and before its end is reported. It does not survive the daemon.
    package typealias Completion = @Sendable () async -> Void

    /// The outcome of work that the daemon does itself.
    package enum Outcome: Sendable {
        case done(result: String?)
        case failed(String)
        /// The daemon stops. The operation stays in the journal, and the next daemon carries its work out again.
        case interrupted
    }

    private struct Start {
        let record: OperationRecord
        let preparation: Preparation?
        let completion: Completion?
    }

    package init(records: Records, statusCache: StatusCache, logger: Logger) {
        self.records = records
        self.statusCache = statusCache
        self.logger = logger
        (starts, start) = AsyncStream.makeStream()
    }

    /// The write that journals a new operation; to be committed with the change, then given to `follow`.
    package nonisolated func journal(
        _ kind: String, application: ApplicationName?, service: ServiceID?, targets: [OperationRecord.Target],
        interruption: String? = nil, work: DaemonWork? = nil, result: String? = nil
    ) throws(Problem) -> (record: OperationRecord, write: StoreWrite) {
        let milliseconds = Self.lastStart.withLock { last in
            last = max(last + 1, Int64(Date().timeIntervalSince1970 * 1000))
            return last
        }
        // Rounded as in the store, so that operations have one order whether they are read from memory or from the
        // store.
        let now = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
        // The id is sortable by time, and unique by its random part.
        let stamp = String(milliseconds, radix: 36)
        let id = "op-\(stamp)-\(String(UInt32.random(in: .min ... .max), radix: 36))"
        // Clones are kept under an application of Roost's own, which users do not see.
        let isOwn = service?.application.isOwn ?? false
        let info = OperationInfo(
            id: id, kind: kind, application: (application?.isOwn ?? false) ? nil : application?.rawValue,
            service: isOwn ? nil : service?.service.rawValue, state: .running,
            steps: [], error: nil, result: result, startedAt: now, endedAt: nil)
        let record = OperationRecord(info: info, targets: targets, interruption: interruption, work: work)
        return (record, try Records.put(record, at: Self.key(id), expecting: 0))
    }

    package func follow(
        _ record: OperationRecord, preparing preparation: Preparation? = nil, completing completion: Completion? = nil
    ) {
        running[record.info.id] = record
        start.yield(Start(record: record, preparation: preparation, completion: completion))
    }

    /// The write that gives a prepared operation its targets; to be committed with the change.
    package nonisolated func prepared(
        _ record: OperationRecord, targets: [OperationRecord.Target]
    ) throws(Problem) -> (record: OperationRecord, write: StoreWrite) {
        var record = record
        record.targets = targets
        record.interruption = nil
        return (record, try Records.put(record, at: Self.key(record.info.id), expecting: nil))
    }

    /// Gives a prepared operation its targets: from now on it lists their steps, and survives the daemon.
    package func aim(_ record: OperationRecord) {
        running[record.info.id]?.targets = record.targets
        running[record.info.id]?.interruption = record.interruption
    }

    /// Journals work that the daemon does itself. `perform` carries it out and reports its end. If the daemon ends
    /// first, the next one carries `work` out again; without `work`, it reports the interruption.
    package func begin(
        _ kind: String, application: ApplicationName? = nil, service: ServiceID? = nil, interruption: String,
        work: DaemonWork? = nil
    ) async throws(Problem) -> OperationInfo {
        let journal = try journal(
            kind, application: application ?? service?.application, service: service, targets: [],
            interruption: interruption, work: work)
        running[journal.record.info.id] = journal.record
        do throws(Problem) { try await records.commit([journal.write]) } catch {
            running[journal.record.info.id] = nil
            throw error
        }
        return journal.record.info
    }

    /// Carries out work that was journaled by `begin`; no other way ends it.
    ///
    /// `unregister` frees what the work held (the template, the family, the service) before the end is reported: a
    /// caller that sees the end may begin the next work at once.
    package nonisolated(nonsending) func perform(
        _ id: String, unregister: () async -> Void = {},
        _ work: () async -> Outcome
    ) async {
        let outcome = await work()
        await unregister()
        switch outcome {
        case .done(let result): await end(id, failure: nil, result: result)
        case .failed(let reason): await end(id, failure: reason)
        case .interrupted: await leave(id)
        }
    }

    /// Work of earlier daemons that this daemon is to carry out again, oldest first. Called once, before `run`.
    package func takeInterrupted() async throws(Problem) -> [OperationRecord] {
        var found: [OperationRecord] = []
        for stored in try await records.list(OperationRecord.self, under: Records.Kind.operations.prefix)
        where stored.value.info.state == .running && stored.value.isResumable {
            running[stored.value.info.id] = stored.value
            found.append(stored.value)
        }
        return found
    }

    /// Records that the work of an operation begins. If the daemon ends before the work does, that counts as a death;
    /// `leave` takes it back. Work that waits, or was not reached yet, ends no daemon.
    func beginWork(_ id: String) async {
        guard var record = running[id], record.work != nil else { return }
        record.deaths = (record.deaths ?? 0) + 1
        running[id]?.deaths = record.deaths
        do throws(Problem) {
            try await records.commit([try Records.put(record, at: Self.key(id), expecting: nil)])
        } catch {
            // A death that is not counted only means one more attempt.
            logger.warning("The begin of an operation could not be stored", metadata: ["reason": "\(error.message)"])
        }
    }

    /// Leaves interrupted work to the next daemon. A stop is no death.
    func leave(_ id: String) async {
        guard var record = running[id], record.info.state == .running else { return }
        running[id]?.deaths = nil
        record.deaths = nil
        record.info.steps = []
        record.info.currentStep = nil
        record.info.progress = nil
        do throws(Problem) {
            try await records.commit([try Records.put(record, at: Self.key(id), expecting: nil)])
        } catch {
            // The journal still has the operation as running, with a death too many.
            logger.warning("An interrupted operation could not be stored", metadata: ["reason": "\(error.message)"])
        }
    }

    /// Begins a step of work that the daemon does itself.
    package func begin(_ step: String, on id: String) {
        guard running[id]?.info.state == .running else { return }
        running[id]?.info.currentStep = OperationInfo.RunningStep(name: step, startedAt: Date())
        release(id)
    }

    /// Records a finished step of work that the daemon does itself.
    package func note(_ step: String, took: Duration, on id: String) {
        guard let record = running[id], record.info.steps.count < 200 else { return }
        running[id]?.info.steps.append(OperationInfo.Step(name: step, milliseconds: Int(took / .milliseconds(1))))
        running[id]?.info.progress = nil
        running[id]?.info.currentStep = nil
        release(id)
    }

    /// Sets how the work of an operation is cancelled.
    package func letCancel(_ id: String, _ cancel: @escaping @Sendable () -> Void) {
        guard running[id]?.info.state == .running else { return }
        cancellations[id] = cancel
    }

    /// Adds notes for users on how the work went.
    package func remark(_ notes: [String], on id: String) {
        guard let record = running[id] else { return }
        running[id]?.info.notes += notes.prefix(max(0, 100 - record.info.notes.count))
        release(id)
    }

    /// Sets what a comparison of members has found.
    package func set(_ comparison: MembersComparison, on id: String) {
        running[id]?.info.comparison = comparison
    }

    /// Sets the progress of the current step.
    package func progress(_ text: String, bytes: ByteCount? = nil, of total: ByteCount? = nil, on id: String) {
        guard running[id]?.info.state == .running else { return }
        running[id]?.info.progress = text
        running[id]?.info.currentStep?.bytes = bytes
        running[id]?.info.currentStep?.totalBytes = total
        release(id)
    }

    /// Adds a line that a builder, or a script of the owner's, printed.
    package func add(output line: String, on id: String) {
        guard running[id]?.info.state == .running else { return }
        var output = running[id]?.info.output ?? OperationInfo.Output()
        output.add(line)
        running[id]?.info.output = output
        release(id)
    }

    /// Begins a reconciler's step in the operations that target the service.
    package func begin(_ step: String, of instance: InstanceID) {
        for (id, record) in running where record.targets.contains(where: { $0.service == instance.service }) {
            begin("\(Self.subject(instance.service))\(step)", on: id)
        }
    }

    /// Records a reconciler's finished step in the operations that target the service.
    package func note(_ step: String, took: Duration, of instance: InstanceID) {
        let milliseconds = Int(took / .milliseconds(1))
        for (id, record) in running where record.targets.contains(where: { $0.service == instance.service }) {
            guard record.info.steps.count < 200 else { continue }
            running[id]?.info.steps.append(
                OperationInfo.Step(name: "\(Self.subject(instance.service))\(step)", milliseconds: milliseconds))
            running[id]?.info.currentStep = nil
            running[id]?.info.progress = nil
            release(id)
        }
    }

    /// Sets what the current step of a service waits for.
    package func progress(_ text: String, of instance: InstanceID) {
        for (id, record) in running where record.targets.contains(where: { $0.service == instance.service }) {
            progress(text, on: id)
        }
    }

    /// The operation as it is now; with `wait`, once it has more than `seenSteps` steps, changes or ends, or the time
    /// is over.
    package func find(_ id: String, wait: Duration?, seenSteps: Int) async throws(Problem) -> OperationInfo {
        // An ended operation stays in memory until its end is stored, and does not change any more.
        if let wait, let record = running[id], record.info.state == .running, record.info.steps.count <= seenSteps {
            await change(of: id, within: wait)
        }
        if let record = running[id] { return record.info }
        guard let stored = try await records.get(OperationRecord.self, at: Self.key(id)) else {
            throw Problem(.operationNotFound, "there is no operation '\(id)'")
        }
        return stored.value.info
    }

    // MARK: Following

    package func run() async throws {
        for stored in try await records.list(OperationRecord.self, under: Records.Kind.operations.prefix)
        where stored.value.info.state == .running && running[stored.value.info.id] == nil {
            guard let interruption = stored.value.interruption else {
                follow(stored.value)
                continue
            }
            running[stored.value.info.id] = stored.value
            await end(stored.value.info.id, failure: interruption)
        }
        await withDiscardingTaskGroup { group in
            for await start in starts.cancelOnGracefulShutdown() {
                group.addTask { await self.carry(start) }
            }
            group.cancelAll()
        }
    }

    private func carry(_ start: Start) async {
        var record = start.record
        if let preparation = start.preparation {
            let id = record.info.id
            switch await prepare(record, preparation) {
            case .success(let prepared): record = prepared
            case .failure(let problem):
                if Task.isCancelled { return }  // Stays in the journal as it is; the next daemon says so.
                return await end(id, failure: problem.message)
            }
        }
        var failure: String?
        for target in record.targets {
            failure = await outcome(of: target, kind: record.info.kind)
            if Task.isCancelled { return }  // Stays running in the journal; the next daemon follows it.
            if failure != nil { break }
        }
        if failure == nil { await start.completion?() }
        await end(record.info.id, failure: failure)
    }

    /// Until the targets are stored the operation can be cancelled: nothing was changed by then.
    private func prepare(
        _ record: OperationRecord, _ preparation: @escaping Preparation
    ) async -> Result<OperationRecord, Problem> {
        let id = record.info.id
        let work = Task { () async -> Result<OperationRecord, Problem> in
            do throws(Problem) { return .success(try await preparation(record)) } catch { return .failure(error) }
        }
        let cancelled = Atomic(false)
        letCancel(id) {
            cancelled.store(true, ordering: .releasing)
            work.cancel()
        }
        let result = await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            work.cancel()
        }
        cancellations[id] = nil
        guard case .failure = result, cancelled.load(ordering: .acquiring) else { return result }
        return .failure(Problem(.failed, "it was cancelled; nothing was changed"))
    }

    /// Waits until the target is reached or fails. Returns the failure; nil if the target was reached.
    private func outcome(of target: OperationRecord.Target, kind: String) async -> String? {
        // Subscribed before the look-up: a service that is forgotten in between is seen by one or the other.
        let updates = statusCache.updates(of: target.service)
        if await isGone(target.service) { return Self.goneMeans(kind, target.service) }
        for await status in updates {
            switch Self.judge(status, target, kind: kind) {
            case .reached: return await abandoned(target)
            case .failed(let reason): return reason
            case .underway: continue
            }
        }
        return nil
    }

    /// Whether the service was removed, by this operation's destroy or by one that overtook the operation.
    private func isGone(_ service: ServiceID) async -> Bool {
        // A service that cannot be read is not gone: its reconciler reports more.
        do { return try await records.service(service) == nil } catch { return false }
    }

    /// Why the change was taken back although the service goes on as before. Nil if it was not taken back.
    private func abandoned(_ target: OperationRecord.Target) async -> String? {
        // An unreadable store says nothing about an upgrade; the next daemon asks again.
        guard let service = try? await records.service(target.service)?.value else { return nil }
        if let abandoned = service.abandoned, abandoned.generation == target.generation {
            return "\(Self.subject(target.service))\(abandoned.reason); it keeps running as before"
        }
        guard let failed = service.failedUpgrade,
            failed.generation == target.generation
        else { return nil }
        return
            "\(Self.subject(target.service))it was not upgraded to \(failed.engine) and stays on \(service.engine) "
            + "with its data from before the upgrade: \(failed.reason)"
    }

    enum Judgement: Equatable {
        case reached
        case failed(String)
        case underway
    }

    /// Compares a status with a target. Pure.
    static func judge(_ status: ServiceReport?, _ target: OperationRecord.Target, kind: String) -> Judgement {
        guard let status else { return goneMeans(kind, target.service).map { .failed($0) } ?? .reached }
        if status.settledGeneration >= target.generation { return .reached }
        guard status.seenGeneration >= target.generation else { return .underway }
        let stuck = status.instances.values.first { $0.convergence == .blocked || $0.failures >= failuresTolerated }
        guard let stuck else { return .underway }
        let hint = target.service.application.isOwn ? "" : "; '\(Hint.logs(of: target.service))' shows its log"
        return .failed("\(subject(target.service))\(stuck.problem ?? "it does not come up\(hint)")")
    }

    /// The internal name of a clone's service means nothing to users.
    private static func subject(_ service: ServiceID) -> String {
        service.application.isOwn ? "" : "\(service.service): "
    }

    private static func goneMeans(_ kind: String, _ service: ServiceID) -> String? {
        if ["destroy", "clone_rm"].contains(kind) { return nil }
        return service.application.isOwn ? "the clone was removed meanwhile" : "\(service) was destroyed meanwhile"
    }

    /// Ends an operation. `failure` nil: it is done, and made `result`. Private, so that no end is reported while its
    /// work is registered.
    private func end(_ id: String, failure: String?, result: String? = nil) async {
        guard var record = running[id] else { return }
        record.info.result = result ?? record.info.result
        record.info.progress = nil
        record.info.currentStep = nil
        record.info.state = failure == nil ? .done : .failed
        record.info.error = failure
        record.info.endedAt = Date()
        running[id] = record
        cancellations[id] = nil
        release(id)
        do throws(Problem) {
            var writes = [try Records.put(record, at: Self.key(id), expecting: nil)]
            writes += try await trimmed()
            try await records.commit(writes)
            running[id] = nil
        } catch {
            // The record stays in memory, and in the journal as running: the next daemon finds its targets reached.
            logger.warning("An operation's end could not be stored", metadata: ["reason": "\(error.message)"])
        }
    }

    private func trimmed() async throws(Problem) -> [StoreWrite] {
        let stored = try await records.list(OperationRecord.self, under: Records.Kind.operations.prefix)
        let ended = stored.filter { $0.value.info.state != .running }
        return ended.dropLast(Self.keptEnded).prefix(100).map {
            .delete(key: Self.key($0.value.info.id), expecting: nil)
        }
    }

    static func key(_ id: String) -> String { "\(Records.Kind.operations.prefix)\(id)" }

    // MARK: Waiting

    private func change(of id: String, within time: Duration) async {
        let ticket = UUID()
        let alarm = Task {  // Cancelled below.
            try? await Task.sleep(for: time)  // Cancelled: nothing to do, the ticket is gone.
            release(id, ticket)
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled { return continuation.resume() }
                waiters[id, default: [:]][ticket] = continuation
            }
        } onCancel: {
            Task { await release(id, ticket) }  // Ends at once.
        }
        alarm.cancel()
    }

    private func release(_ id: String) {
        for continuation in (waiters.removeValue(forKey: id) ?? [:]).values { continuation.resume() }
    }

    private func release(_ id: String, _ ticket: UUID) {
        waiters[id]?.removeValue(forKey: ticket)?.resume()
    }
}
