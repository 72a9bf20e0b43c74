import Foundation
import Logging
import RoostControl
import RoostModel
import RoostStore
import ServiceLifecycle
import Synchronization

/// An operation's document: journaled in the same commit as the wish that it carries out, ended by what was seen.
package struct OperationRecord: Codable, Equatable, Sendable {
    /// A service that has to reach a generation, or to be gone.
    package struct Target: Codable, Equatable, Sendable {
        package let service: ServiceID
        package let generation: Int
    }

    package var info: OperationInfo
    package var targets: [Target]
    /// Not nil: the daemon itself does the work, or makes ready what no document speaks of yet, and with the daemon that
    /// ends. What to say then.
    package var interruption: String?
}

/// The journal of operations. After a crash of the daemon those that were running are followed again to their end.
package actor Operations: ServiceLifecycle.Service {
    private static let keptEnded = 500
    /// After so many failed attempts in a row an operation is called failed; the reconciler goes on trying.
    private static let failuresTolerated = 3

    /// Of the operation that began last, in milliseconds; no two have the same.
    private static let lastStart = Mutex<Int64>(0)

    let records: Records
    private let board: StatusBoard
    private let logger: Logger
    private(set) var running: [String: OperationRecord] = [:]
    private var waiters: [String: [UUID: CheckedContinuation<Void, Never>]] = [:]
    private(set) var cancellations: [String: @Sendable () -> Void] = [:]
    private let starts: AsyncStream<Start>
    private let start: AsyncStream<Start>.Continuation

    /// Makes ready what an operation needs, then stores its targets; returns the record as stored.
    package typealias Preparation = @Sendable (OperationRecord) async throws(Problem) -> OperationRecord

    /// Work that belongs to a reached operation, before its end is told. It does not survive the daemon.
    package typealias Completion = @Sendable () async -> Void

    /// How work ended that the daemon does itself.
    package enum Outcome: Sendable {
        case done(result: String?)
        case failed(String)
    }

    private struct Start {
        let record: OperationRecord
        let preparation: Preparation?
        let completion: Completion?
    }

    package init(records: Records, board: StatusBoard, logger: Logger) {
        self.records = records
        self.board = board
        self.logger = logger
        (starts, start) = AsyncStream.makeStream()
    }

    /// The write that journals a new operation; to be committed with the wish, then given to `follow`.
    package nonisolated func journal(
        _ kind: String, application: ApplicationName?, service: ServiceID?, targets: [OperationRecord.Target],
        interruption: String? = nil, result: String? = nil
    ) throws(Problem) -> (record: OperationRecord, write: StoreWrite) {
        let milliseconds = Self.lastStart.withLock { last in
            last = max(last + 1, Int64(Date().timeIntervalSince1970 * 1000))
            return last
        }
        // As it is stored, so that operations have one order whether they are read from memory or from the store.
        let now = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
        // Sortable by time, unique by chance.
        let stamp = String(milliseconds, radix: 36)
        let id = "op-\(stamp)-\(String(UInt32.random(in: .min ... .max), radix: 36))"
        // Clones are kept under an application of Roost's own, which is nobody's to see.
        let isOwn = service?.application.isOwn ?? false
        let info = OperationInfo(
            id: id, kind: kind, application: (application?.isOwn ?? false) ? nil : application?.rawValue,
            service: isOwn ? nil : service?.service.rawValue, state: .running,
            steps: [], error: nil, result: result, startedAt: now, endedAt: nil)
        let record = OperationRecord(info: info, targets: targets, interruption: interruption)
        return (record, try Records.put(record, at: Self.key(id), expecting: 0))
    }

    package func follow(
        _ record: OperationRecord, preparing preparation: Preparation? = nil, completing completion: Completion? = nil
    ) {
        running[record.info.id] = record
        start.yield(Start(record: record, preparation: preparation, completion: completion))
    }

    /// The write that gives a prepared operation its targets; to be committed with the wish.
    package nonisolated func prepared(
        _ record: OperationRecord, targets: [OperationRecord.Target]
    ) throws(Problem) -> (record: OperationRecord, write: StoreWrite) {
        var record = record
        record.targets = targets
        record.interruption = nil
        return (record, try Records.put(record, at: Self.key(record.info.id), expecting: nil))
    }

    /// From now on a prepared operation is told of the steps of its targets, and survives the daemon.
    package func aim(_ record: OperationRecord) {
        running[record.info.id]?.targets = record.targets
        running[record.info.id]?.interruption = record.interruption
    }

    /// Journals work that the daemon does itself. `perform` carries it out and tells of its end; an end of the daemon is
    /// told by the next one.
    package func begin(
        _ kind: String, application: ApplicationName? = nil, service: ServiceID? = nil, interruption: String
    ) async throws(Problem) -> OperationInfo {
        let journal = try journal(
            kind, application: application ?? service?.application, service: service, targets: [],
            interruption: interruption)
        running[journal.record.info.id] = journal.record
        do throws(Problem) { try await records.commit([journal.write]) } catch {
            running[journal.record.info.id] = nil
            throw error
        }
        return journal.record.info
    }

    /// Carries out work that was journaled by `begin`, and is the only way to its end.
    ///
    /// `unregister` frees what the work held (the template, the family, the service) before the end is told: whoever hears
    /// of an end may begin the next at once.
    package nonisolated(nonsending) func perform(
        _ id: String, unregister: () async -> Void = {},
        _ work: () async -> Outcome
    ) async {
        let outcome = await work()
        await unregister()
        switch outcome {
        case .done(let result): await end(id, failure: nil, result: result)
        case .failed(let reason): await end(id, failure: reason)
        }
    }

    /// A step of work that the daemon does itself begins.
    package func begin(_ step: String, on id: String) {
        guard running[id]?.info.state == .running else { return }
        running[id]?.info.currentStep = OperationInfo.RunningStep(name: step, startedAt: Date())
        release(id)
    }

    /// A step of work that the daemon does itself is done.
    package func note(_ step: String, took: Duration, on id: String) {
        guard let record = running[id], record.info.steps.count < 200 else { return }
        running[id]?.info.steps.append(OperationInfo.Step(name: step, milliseconds: Int(took / .milliseconds(1))))
        running[id]?.info.progress = nil
        running[id]?.info.currentStep = nil
        release(id)
    }

    /// Says how the work of an operation is ended before its time.
    package func letCancel(_ id: String, _ cancel: @escaping @Sendable () -> Void) {
        guard running[id]?.info.state == .running else { return }
        cancellations[id] = cancel
    }

    /// Something that people should know of how the work went.
    package func remark(_ notes: [String], on id: String) {
        guard let record = running[id] else { return }
        running[id]?.info.notes += notes.prefix(max(0, 100 - record.info.notes.count))
        release(id)
    }

    /// How far the step has come that is under way.
    package func progress(_ text: String, bytes: ByteCount? = nil, of total: ByteCount? = nil, on id: String) {
        guard running[id]?.info.state == .running else { return }
        running[id]?.info.progress = text
        running[id]?.info.currentStep?.bytes = bytes
        running[id]?.info.currentStep?.totalBytes = total
        release(id)
    }

    /// A builder, or a script of the owner's, printed a line.
    package func add(output line: String, on id: String) {
        guard running[id]?.info.state == .running else { return }
        var output = running[id]?.info.output ?? OperationInfo.Output()
        output.add(line)
        running[id]?.info.output = output
        release(id)
    }

    /// A reconciler begins a step for a service.
    package func begin(_ step: String, of instance: InstanceID) {
        for (id, record) in running where record.targets.contains(where: { $0.service == instance.service }) {
            begin("\(Self.subject(instance.service))\(step)", on: id)
        }
    }

    /// A reconciler carried out a step for a service.
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

    /// What the step of a service waits for that is under way.
    package func progress(_ text: String, of instance: InstanceID) {
        for (id, record) in running where record.targets.contains(where: { $0.service == instance.service }) {
            progress(text, on: id)
        }
    }

    /// The operation as it stands; with `wait` once it differs from `seenSteps`, has ended, or the time is over.
    package func find(_ id: String, wait: Duration?, seenSteps: Int) async throws(Problem) -> OperationInfo {
        // One that has ended stays here until its end is stored, and has no more news.
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

    /// Until the targets are stored it can be cancelled: nothing was changed then.
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

    /// Nil: the target was reached.
    private func outcome(of target: OperationRecord.Target, kind: String) async -> String? {
        // Watched before it is looked for: a service that is forgotten in between is told of by one or the other.
        let updates = board.updates(of: target.service)
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

    /// By a destroy, which is then done, or by one that overtook the operation.
    private func isGone(_ service: ServiceID) async -> Bool {
        // What cannot be read is not gone: its reconciler tells more.
        do { return try await records.service(service) == nil } catch { return false }
    }

    /// A service that goes on as before, because its upgrade was taken back, is well; the upgrade is not.
    private func abandoned(_ target: OperationRecord.Target) async -> String? {
        // An unreadable store says nothing of an upgrade; the next daemon asks again.
        guard let service = try? await records.service(target.service)?.value else { return nil }
        if let abandoned = service.abandoned, abandoned.generation == target.generation {
            return "\(Self.subject(target.service))\(abandoned.reason); it goes on as before"
        }
        guard let failed = service.failedUpgrade,
            failed.generation == target.generation
        else { return nil }
        return
            "\(Self.subject(target.service))it was not upgraded to \(failed.engine), and \(service.engine) goes on with its "
            + "data as they were before: \(failed.reason)"
    }

    enum Judgement: Equatable {
        case reached
        case failed(String)
        case underway
    }

    /// What a status means for a target. Pure.
    static func judge(_ status: ServiceReport?, _ target: OperationRecord.Target, kind: String) -> Judgement {
        guard let status else { return goneMeans(kind, target.service).map { .failed($0) } ?? .reached }
        if status.settledGeneration >= target.generation { return .reached }
        guard status.seenGeneration >= target.generation else { return .underway }
        let stuck = status.instances.values.first { $0.outlook == .blocked || $0.failures >= failuresTolerated }
        guard let stuck else { return .underway }
        let hint = target.service.application.isOwn ? "" : "; '\(Hint.logs(of: target.service))' shows its log"
        return .failed("\(subject(target.service))\(stuck.problem ?? "it does not come up\(hint)")")
    }

    /// A clone's own name says nothing to anybody.
    private static func subject(_ service: ServiceID) -> String {
        service.application.isOwn ? "" : "\(service.service): "
    }

    private static func goneMeans(_ kind: String, _ service: ServiceID) -> String? {
        if ["destroy", "clone_rm"].contains(kind) { return nil }
        return service.application.isOwn ? "the clone was removed meanwhile" : "\(service) was destroyed meanwhile"
    }

    /// `failure` nil: it was done, and made `result`. Private, so that no end is told while its work is registered.
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
            // It stays in memory, and in the journal as running: the next daemon finds its targets reached.
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
