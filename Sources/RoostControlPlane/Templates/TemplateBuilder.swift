import Foundation
import Logging
import RoostAgentProtocol
import RoostModel
import RoostSecrets
import Synchronization

/// The template builder: one build per template at a time and few on the machine, each a journaled procedure with a
/// server and a folder of its own. A daemon that ends leaves its builds, running and waiting, to the next one, which
/// begins each anew under the same operation.
///
/// The present version stays in use until the next one is complete; a failed build changes nothing but the reported
/// failure.
package actor TemplateBuilder {
    private static let mostAtOnce = 2

    private let parts: Parts
    private var isStopped = false
    /// The build that holds a template; released before the build's operation is reported as ended.
    private var builds: [TemplateName: Build] = [:]
    /// Tasks by operation id, until the operation's end is stored.
    private var tasks: [String: Task<Void, Never>] = [:]
    /// Operations whose build somebody cancelled; a stop of the daemon is no such cancellation.
    private let cancelled = CancelledBuilds()
    private var underway = 0
    /// Waiting builds. A build that is cancelled while it waits is resumed with false.
    private var waiting: [(build: String, turn: CheckedContinuation<Bool, Never>)] = []

    package struct Parts: Sendable {
        let records: Records
        let machine: KnownMachine
        let engines: Engines
        let operations: Operations
        let events: EventLog
        let snapshots: Snapshots
        let clones: Clones
        let settings: DaemonSettings
        let key: HomeKey
        let logger: Logger
        /// Called when a new version is complete: pools follow it.
        let built: @Sendable (TemplateName) async -> Void
    }

    private struct Build {
        /// The task ends with the operation's entry in the journal.
        let journaled: Task<Result<OperationInfo, Problem>, Never>
        var operation: String?
    }

    package init(parts: Parts) { self.parts = parts }

    /// Takes over the builds of an earlier daemon, with their operations. They hold their templates from now on, and
    /// begin with `resume`.
    func adopt(_ interrupted: [TemplateName: OperationInfo]) {
        for (name, operation) in interrupted {
            builds[name] = Build(journaled: Task { .success(operation) }, operation: operation.id)  // Ends at once.
        }
    }

    /// Begins the builds that an earlier daemon left.
    package func resume() async {
        for (name, build) in builds {
            // While the one before was started, this build may have ended, and another one begun.
            guard let operation = build.operation, builds[name]?.operation == operation else { continue }
            await start(name, operation)
        }
    }

    /// Begins a build, and returns its operation. If a build is under way already, its operation is returned.
    func build(_ name: TemplateName) async throws(Problem) -> OperationInfo {
        guard !isStopped else { throw Problem(.serviceUnavailable, "roostd is stopping", next: ["try again"]) }
        if let standing = builds[name] {
            let operation = try await standing.journaled.value.get()
            return try await parts.operations.find(operation.id, wait: nil, seenSteps: 0)
        }
        // Registered before the first suspension, so that no other call begins a build meanwhile.
        let journaled = Task { await begin(name) }
        builds[name] = Build(journaled: journaled)
        return try await journaled.value.get()
    }

    private func begin(_ name: TemplateName) async -> Result<OperationInfo, Problem> {
        var journaled: OperationInfo?
        do throws(Problem) {
            let operation = try await parts.operations.begin(
                "template",
                interruption: "roostd stopped before template '\(name)' was built; the unfinished build is removed",
                work: .buildTemplate(name))
            journaled = operation
            try await mark(name, operation.id)
            builds[name]?.operation = operation.id
            await start(name, operation.id)
            return .success(operation)
        } catch {
            builds[name] = nil
            if let journaled { await parts.operations.perform(journaled.id) { .failed(error.message) } }
            return .failure(error)
        }
    }

    /// Notes in the template's document that an operation builds it.
    private func mark(_ name: TemplateName, _ operation: String) async throws(Problem) {
        try await parts.records.update(name) { template in
            var template = template
            template.building = operation
            return template
        }
    }

    /// Idempotent. A stopping daemon starts nothing: the build stays in the journal for the next one.
    private func start(_ name: TemplateName, _ operation: String) async {
        guard !isStopped, tasks[operation] == nil else { return }
        // The task is cancelled and awaited by `stop` and `cancel`.
        let task = Task { await follow(name, operation) }
        tasks[operation] = task
        await parts.operations.letCancel(operation) { [cancelled] in
            cancelled.insert(operation)
            task.cancel()
        }
    }

    private func follow(_ name: TemplateName, _ operation: String) async {
        var version: TemplateVersion?
        await parts.operations.perform(operation, unregister: { unregister(name, operation) }) {
            let (outcome, made) = await carryOut(name, operation)
            version = made
            return outcome
        }
        tasks[operation] = nil
        cancelled.remove(operation)
        if version != nil { await parts.built(name) }
    }

    private func unregister(_ name: TemplateName, _ operation: String) {
        if builds[name]?.operation == operation { builds[name] = nil }
    }

    private func wasCancelled(_ operation: String) -> Bool { cancelled.contains(operation) }

    func isBuilding(_ name: TemplateName) -> Bool { builds[name] != nil }

    /// Cancels a build, and returns when nothing of it runs.
    func cancel(_ name: TemplateName) async {
        guard let build = builds[name] else { return }
        _ = await build.journaled.value
        guard let id = builds[name]?.operation else { return }
        cancelled.insert(id)
        // An earlier daemon's build may not have begun again yet: it begins, and ends at once.
        await start(name, id)
        tasks[id]?.cancel()
        await tasks[id]?.value
    }

    package func stop() async {
        isStopped = true
        // Before the wait: a copy byte by byte may outlast the patience of whoever stops the daemon.
        for operation in tasks.keys where !wasCancelled(operation) { await parts.operations.leave(operation) }
        let ending = Array(tasks.values)
        for task in ending { task.cancel() }
        for task in ending { await task.value }
    }

    // MARK: One build

    private func carryOut(_ name: TemplateName, _ operation: String) async -> (Operations.Outcome, TemplateVersion?) {
        let began = ContinuousClock.now
        guard await take(operation) else {
            if isStopped, !wasCancelled(operation) { return (.interrupted, nil) }
            let outcome = await end(name, nil, "it was cancelled", nil, took: began.duration(to: .now))
            return (outcome, nil)
        }
        var failure: String?
        var version: TemplateVersion?
        // The fingerprint of the dump that is read: a dump that is corrected meanwhile has another one.
        var fingerprint: String?
        await parts.operations.beginWork(operation)
        do {
            guard let template = try await parts.records.template(name)?.value else { throw CancellationError() }
            // A daemon that died between the journal and the mark left the template without it.
            if template.building != operation { try await mark(name, operation) }
            fingerprint = await self.fingerprint(of: template)
            version = try await TemplateMaking(parts: parts, template: template, operation: operation).run()
        } catch is CancellationError {
            failure = "it was cancelled"
            fingerprint = nil
        } catch {
            failure = "\(error)"
        }
        give()
        if isStopped, version == nil, !wasCancelled(operation) { return (.interrupted, nil) }
        if Task.isCancelled {
            fingerprint = nil
            if version == nil { failure = "it was cancelled" }
        }
        return (await end(name, version, failure, fingerprint, took: began.duration(to: .now)), version)
    }

    private func end(
        _ name: TemplateName, _ version: TemplateVersion?, _ failure: String?, _ fingerprint: String?, took: Duration
    ) async -> Operations.Outcome {
        do throws(Problem) {
            try await parts.records.update(name) { template in
                var template = template
                if let version { template.version = version }
                template.failure = failure
                template.failedFingerprint = failure == nil ? nil : fingerprint
                template.building = nil
                return template
            }
        } catch {
            parts.logger.error(
                "A template's end could not be stored", metadata: ["template": "\(name)", "reason": "\(error.message)"])
        }
        if let failure {
            // The reason is left out: it may quote the dump, and events are visible to everybody.
            await parts.events.add(
                "template_failed", "template \(name) could not be built; 'roost template ls' shows why")
            parts.logger.info(
                "A template could not be built", metadata: ["template": "\(name)", "reason": "\(failure)"])
        } else if let version {
            await parts.events.add("template_built", "version \(version.id) of template \(name) was built in \(took)")
        }
        if let failure { return .failed(failure) }
        return .done(result: name.rawValue)
    }

    // MARK: Builds at once

    /// Waits for a turn. False if the build was cancelled before its turn came.
    private func take(_ build: String) async -> Bool {
        guard underway >= Self.mostAtOnce else {
            underway += 1
            return true
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { turn in
                if Task.isCancelled { turn.resume(returning: false) } else { waiting.append((build, turn)) }
            }
        } onCancel: {
            Task { await self.leave(build) }  // Ends at once.
        }
    }

    private func leave(_ build: String) {
        // The build may have got its turn meanwhile.
        guard let place = waiting.firstIndex(where: { $0.build == build }) else { return }
        waiting.remove(at: place).turn.resume(returning: false)
    }

    private func give() {
        if waiting.isEmpty { underway -= 1 } else { waiting.removeFirst().turn.resume(returning: true) }
    }

    /// The present fingerprint of the template's dump. Nil if its source is no file, or the file cannot be read.
    private func fingerprint(of template: Template) async -> String? {
        guard case .dump(let path, _) = template.source else { return nil }
        return try? await parts.machine.agent.call(FingerprintDump(path)).fingerprint
    }
}

/// Operations whose build somebody cancelled. Written from outside the actor, at once.
private final class CancelledBuilds: Sendable {
    private let operations = Mutex<Set<String>>([])

    func insert(_ operation: String) { operations.withLock { _ = $0.insert(operation) } }
    func remove(_ operation: String) { operations.withLock { _ = $0.remove(operation) } }
    func contains(_ operation: String) -> Bool { operations.withLock { $0.contains(operation) } }
}
