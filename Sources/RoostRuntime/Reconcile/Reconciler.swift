import Foundation
import Logging
import RoostControl
import RoostModel
import RoostSecrets

/// The one writer of a service: observes, plans and acts until nothing is left to do, then waits for the next change.
actor Reconciler {
    let id: ServiceID
    let parts: ReconcilerParts
    let bell = Bell()

    private var failures: [Int: FailureRecord] = [:]
    /// The servers that should be there at the next look, and since when.
    private var running: [Int: (pid: Int32, since: ContinuousClock.Instant)] = [:]
    /// The servers that gave no answer at the last look, and since when.
    private var silence: [Int: ContinuousClock.Instant] = [:]
    /// The looks in a row at which a server refused Roost's own account.
    private var refusals: [Int: Int] = [:]
    /// The servers whose missing view was told already.
    private var viewsTold: [Int: Int32] = [:]
    /// Whose coming up was told already.
    private var announced: [Int: Int32] = [:]
    /// What stands beside the data of each instance.
    private var manifested: [Int: Manifest] = [:]
    private var seenGeneration = 0
    /// When each instance's accounts were last seen to be in order.
    private var lastInOrder: [Int: Date] = [:]
    /// The instances that this turn found to be as desired.
    private var settled: Set<Int> = []
    private(set) var status = StatusBoard.Status()

    init(_ id: ServiceID, _ parts: ReconcilerParts) {
        self.id = id
        self.parts = parts
    }

    /// Something changed: desired state, or a server ended.
    nonisolated func wake() { bell.ring() }

    /// Returns when the service was forgotten, or its task is cancelled.
    func run() async {
        while !Task.isCancelled {
            let pause: Duration
            do {
                switch try await turn() {
                case .forgotten:
                    parts.board.set(nil, for: id)
                    return
                case .lookAgain(let duration): pause = duration
                case .watch(let orders, let review):
                    await watch(orders, until: review)
                    pause = .zero
                }
            } catch {
                parts.logger.error(
                    "A turn of the reconciler failed", metadata: ["service": "\(id)", "reason": "\(error)"])
                pause = .seconds(1)
            }
            if pause > .zero { await bell.sleep(pause) }
        }
    }

    private enum Turn {
        case lookAgain(Duration)
        /// All is as desired, and the next turn is due then.
        case watch([InstanceOrder], until: ContinuousClock.Instant)
        case forgotten
    }

    /// One round over all instances.
    private func turn() async throws -> Turn {
        guard let service = try await parts.records.service(id)?.value,
            let application = try await parts.records.application(id.application)?.value
        else { return .forgotten }
        if service.generation != seenGeneration {
            // A new wish deserves an immediate attempt, whatever failed before.
            failures = [:]
            seenGeneration = service.generation
        }
        let secrets = try parts.secrets(of: service, now: Date())
        var pause: Duration = .seconds(60)
        settled = []
        var orders: [InstanceOrder] = []
        for instance in service.instances {
            let order = InstanceOrder(
                application: application, service: service, index: instance.index, secrets: secrets)
            orders.append(order)
            let plan = await look(order)
            pause = min(pause, plan.lookAgain)
            guard await carryOut(plan.actions, order) else { return .forgotten }
        }
        status.seenGeneration = service.generation
        parts.board.set(status, for: id)
        // A failure is forgotten by a turn, some time after it.
        let watches = settled.count == service.instances.count && failures.values.allSatisfy { $0.last == nil }
        if watches { pause = parts.planner.reviewInterval }
        if let until = service.credentials.previousUntil, until > Date() {
            pause = min(pause, .seconds(until.timeIntervalSinceNow + 0.01))
        }
        return watches ? .watch(orders, until: .now + pause) : .lookAgain(pause)
    }

    // MARK: Observe and plan

    private func look(_ order: InstanceOrder) async -> InstancePlan {
        let index = order.index
        var seen = await parts.host.observe(order)
        noteDeath(seen, order)
        failures[index]?.note(seen.health)
        seen.failures = failures[index] ?? FailureRecord()
        seen.runningFor = running[index].map { $0.since.duration(to: .now) } ?? .zero
        seen.silentFor = silence(seen, index)
        seen.refusals = refusals(seen, index)
        seen.gate = await gate(order)
        let plan: InstancePlan
        do {
            // One that was removed behind Roost's back is written anew: without it nobody could tell whose data these are.
            let isNoted = manifested[index] == order.manifest && parts.host.hasManifest(order)
            if !isNoted, !seen.hasLostItsFiles, order.service.intent.keepsData, seen.directory == .present {
                try await parts.host.writeManifest(order)
                manifested[index] = order.manifest
            }
            plan = parts.planner.plan(try await parts.host.target(order), seen, now: .now)
        } catch {
            plan = InstancePlan(
                [], state: seen.isRunning ? .up : .down, outlook: error.isPermanent ? .blocked : .underway,
                problem: error.description, lookAgain: .seconds(2))
        }
        clearOldFailures(plan, index)
        if seen.health == .healthy { noteOrder(index) }
        await report(plan, seen, order)
        return plan
    }

    private func silence(_ seen: InstanceObservation, _ index: Int) -> Duration {
        guard case .unknown = seen.health else {
            silence[index] = nil
            return .zero
        }
        let since = silence[index] ?? .now
        silence[index] = since
        return since.duration(to: .now)
    }

    private func refusals(_ seen: InstanceObservation, _ index: Int) -> Int {
        // What an import does on its way is no evidence.
        guard case .lockedOut = seen.health, !seen.isImporting else {
            refusals[index] = nil
            return 0
        }
        refusals[index, default: 0] += 1
        return refusals[index, default: 0]
    }

    /// A look found the accounts of an instance in order.
    func noteOrder(_ index: Int) { lastInOrder[index] = Date() }

    /// The gate that the router has confirmed. One that belongs to other routes than the service has now (it was exposed
    /// meanwhile, and no restart was needed) counts as not set, and is set anew.
    private func gate(_ order: InstanceOrder) async -> Route.Gate? {
        guard let gate = await parts.feed.gate(of: order.id) else { return nil }
        let wanted = parts.routes(order.service, [order.index: gate])
        let standing = await parts.feed.routes(of: id)
        return standing.sorted { $0.name < $1.name } == wanted.sorted { $0.name < $1.name } ? gate : nil
    }

    /// A server that ended though nobody asked it to is a failure; a second one soon after waits before its restart.
    private func noteDeath(_ seen: InstanceObservation, _ order: InstanceOrder) {
        switch seen.process {
        case .running(let pid):
            if running[order.index]?.pid != pid { running[order.index] = (pid, .now) }
        case .none, .remains:
            guard let pid = running.removeValue(forKey: order.index)?.pid else { return }
            let how = parts.exits.take(order.id, pid: pid) ?? "unexpectedly"
            failures[order.index, default: FailureRecord()].add("its server ended (\(how))", at: .now)
            Task { [parts] in  // Ends at once.
                await parts.events.add("instance_exited", "\(order.id.name) ended: \(how)", instance: order.id)
            }
        case .unclear: break
        }
    }

    private func clearOldFailures(_ plan: InstancePlan, _ index: Int) {
        guard plan.outlook == .settled, let last = failures[index]?.last else { return }
        if last.at.duration(to: .now) > .seconds(10) { failures[index]?.clear() }
    }

    private func report(_ plan: InstancePlan, _ seen: InstanceObservation, _ order: InstanceOrder) async {
        let before = status.instances[order.index]
        let pid: Int32? = if case .running(let pid) = seen.process { pid } else { nil }
        let listen = await parts.feed.listenErrors(of: id)
        let problem = Self.problem(plan.problem ?? listen.first, disk: parts.host.diskFault(order))
            .map { Hint.addressed($0, to: id) }
        let now = StatusBoard.Instance(
            state: plan.state, pid: pid, problem: problem, outlook: plan.outlook,
            failures: failures[order.index]?.count ?? 0, lostFiles: seen.lostFiles)
        status.instances[order.index] = now
        if plan.outlook == .settled { settled.insert(order.index) }
        // Told at once: who hears that a server is up hears whether all is as it was asked for.
        if settled.count == order.service.instances.count { status.settledGeneration = order.service.generation }
        status.seenGeneration = order.service.generation
        parts.board.set(status, for: id)
        if let problem, problem != before?.problem, plan.state != .starting {
            await parts.events.add("instance_problem", "\(order.id.name): \(problem.firstLine)", instance: order.id)
        }
        if let fault = seen.viewFault, let pid, viewsTold.updateValue(pid, forKey: order.index) != pid {
            await parts.events.add("server_without_view", "\(order.id.name): \(fault)", instance: order.id)
        }
        if plan.outlook == .settled, let pid, announced.updateValue(pid, forKey: order.index) != pid {
            await parts.events.add("instance_up", "\(order.id.name) serves", instance: order.id)
        }
    }

    /// A full disk is the cause of what else is wrong, and of what is about to be.
    static func problem(_ problem: String?, disk: String?) -> String? {
        guard let disk, problem?.contains("goes on by itself") != true else { return problem }
        return problem.map { "\(disk) (\($0))" } ?? disk
    }

    // MARK: Act

    /// Carries actions out one by one; the first that fails ends the round. False: the service was forgotten.
    private func carryOut(_ actions: [Action], _ order: InstanceOrder) async -> Bool {
        for action in actions {
            let started = ContinuousClock.now
            await parts.operations.begin(action.title, of: order.id)
            do {
                let outcome = try await ActionRunner(parts: parts).run(action, order)
                await parts.operations.note(action.title, took: started.duration(to: .now), of: order.id)
                switch outcome {
                case .forgotten: return false
                // Not only once it is seen: one that ends before that has failed as well.
                case .started(let pid): running[order.index] = (pid, .now)
                case .done where action.endsServer: running[order.index] = nil
                case .done: break
                }
                await noteSpecial(action, order)
                // What failed before the image says nothing of the newer server that starts now.
                if case .imageDirectory = action { failures[order.index]?.clear() }
            } catch {
                noteFailure(of: action, "\(error)", order.index)
                parts.logger.warning(
                    "A step failed",
                    metadata: ["instance": "\(order.id)", "step": "\(action.title)", "reason": "\(error)"])
                break
            }
        }
        return true
    }
}

extension Reconciler {
    private func noteFailure(of action: Action, _ reason: String, _ index: Int) {
        if case .mendAccounts(let drift) = action {
            failures[index, default: FailureRecord()].addRepair(of: drift, reason, at: .now)
        } else {
            failures[index, default: FailureRecord()].add(reason, at: .now)
        }
    }

    /// What an action says of the time before it.
    private func noteSpecial(_ action: Action, _ order: InstanceOrder) async {
        if case .mendAccounts(let drift) = action {
            await parts.events.add(
                "accounts_mended",
                DriftReport(drift, lastInOrder: lastInOrder[order.index], mended: Date()).text(order.id.name),
                instance: order.id)
            noteOrder(order.index)
        }
        if case .stop(.lockedOut) = action {
            // One that starts and refuses again waits longer each time.
            failures[order.index, default: FailureRecord()].add(
                "it refused Roost's own account and was started anew", at: .now)
            await parts.events.add(
                "accounts_mended",
                "\(order.id.name) refused Roost's own account and starts anew, which restores it; what is promised of "
                    + "acknowledged writes is not guaranteed \(DriftReport.since(lastInOrder[order.index])) "
                    + "to \(Timestamp.format(Date()))",
                instance: order.id)
        }
    }
}

/// What is told of a drift that was mended. Pure.
struct DriftReport {
    private let drift: [AccountDrift]
    private let lastInOrder: Date?
    private let mended: Date

    init(_ drift: [AccountDrift], lastInOrder: Date?, mended: Date) {
        self.drift = drift
        self.lastInOrder = lastInOrder
        self.mended = mended
    }

    func text(_ instance: String) -> String {
        let told = "\(instance): mended: \(drift.text)"
        guard drift.contains(where: \.voidsGuarantee) else { return told }
        return "\(told); what is promised of acknowledged writes is not guaranteed \(Self.since(lastInOrder)) "
            + "to \(Timestamp.format(mended))"
    }

    /// Not known: this daemon never saw it in order.
    static func since(_ lastInOrder: Date?) -> String {
        lastInOrder.map { "from \(Timestamp.format($0))" } ?? "from a time before roostd started"
    }
}

extension Service.Intent {
    /// Whether the directory that stands is, and stays, the service's own: only then its manifest is written.
    fileprivate var keepsData: Bool {
        switch self {
        case .run, .upgrade, .image: true
        case .restore, .reset, .move, .destroy: false
        }
    }
}

extension InstanceObservation {
    /// Then nothing is written beside them: it would look like what was lost.
    fileprivate var hasLostItsFiles: Bool { if case .filesGone = health { true } else { false } }

    var isRunning: Bool { if case .running = process { true } else { false } }
}

extension String {
    /// What is behind it may be a script's own output, which is for those alone who pushed it.
    fileprivate var firstLine: Substring { prefix { !$0.isNewline } }
}
