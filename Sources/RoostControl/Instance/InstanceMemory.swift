import Foundation
import RoostModel

/// State that an agent keeps of one instance from look to look. A pure value; a new agent begins with an empty one.
package struct InstanceMemory: Sendable {
    package private(set) var failures = FailureRecord()
    /// The server that should be there at the next look, and when it was first seen.
    private var running: (pid: Int32, since: ContinuousClock.Instant)?
    /// Time since which looks have got no answer.
    private var silentSince: ContinuousClock.Instant?
    /// Looks in a row at which the server refused Roost's own account.
    private var refusals = 0
    /// Whether the server answers, and hears from its primary.
    package private(set) var contact = ServerContact()
    private var generation = 0
    /// Process id of the server whose missing view was told already.
    private var viewTold: Int32?
    /// When the accounts were last seen to be in order.
    package private(set) var lastInOrder: Date?

    /// Looks in a row that gave no plan.
    private var unplanned = 0

    /// The latest epoch in which the instance's server ran, as far as this agent can tell. Nil before the first look.
    private var ranIn: UInt64?
    /// The primary's position at the last look, if commits waited then.
    private var waitingAt: Position?
    /// Since when a change of the primary has been under way.
    private var fencedSince: ContinuousClock.Instant?
    /// Whether this agent stopped the last server, to start it again.
    private var isStopped = false
    /// Positions of the server while it was a primary.
    private var positions = PositionHistory()
    /// When the server was first seen to have ended, after a look that told its position.
    private var endedAt: ContinuousClock.Instant?

    package init() {}

    /// Looks in a row without a plan after which waiting no longer helps.
    private static let unplannedForBlocked = 3

    /// Notes whether a look gave a plan. Returns whether somebody has to act.
    package mutating func notePlan(_ isPossible: Bool) -> Bool {
        unplanned = isPossible ? 0 : unplanned + 1
        return unplanned >= Self.unplannedForBlocked
    }

    /// A new generation gets an immediate attempt, whatever failed before.
    package mutating func begin(_ generation: Int) {
        guard generation != self.generation else { return }
        failures = FailureRecord()
        self.generation = generation
    }

    /// Completes an observation with remembered facts. Returns the notes to send.
    ///
    /// `ending` says how a process ended, if that is known.
    package mutating func note(
        _ seen: inout InstanceObservation, name: String, epoch: UInt64 = 1, now: ContinuousClock.Instant, date: Date,
        ending: (_ pid: Int32) -> String?
    ) -> [InstanceNote.Content] {
        noteEpoch(&seen, epoch)
        noteWaiting(&seen)
        notePosition(seen, now)
        fencedSince = seen.fence > epoch ? fencedSince ?? now : nil
        seen.fencedFor = fencedSince.map { $0.duration(to: now) } ?? .zero
        let told = noteEnd(seen, name, now, ending) + noteView(seen, name)
        failures.note(seen.health)
        seen.failures = failures
        seen.runningFor = running.map { $0.since.duration(to: now) } ?? .zero
        seen.silentFor = silence(seen, now)
        noteContact(&seen, now)
        seen.refusals = refusals(seen)
        if seen.health == .healthy { noteOrder(date) }
        return told
    }

    /// A primary's positions and their ages at its end. Nil while its server runs, and if none was read.
    package var lastPositions: [PositionAge]? {
        guard let endedAt else { return nil }
        let ages = positions.ages(at: endedAt)
        return ages.isEmpty ? nil : ages
    }

    /// A server that is started again takes no writes before a look has told its position, so it leaves the end as it
    /// was.
    private mutating func notePosition(_ seen: InstanceObservation, _ now: ContinuousClock.Instant) {
        switch (seen.process, seen.replication?.role) {
        case (.running, .primary):
            if let position = seen.replication?.applied { positions.note(position, now: seen.askedAt ?? now) }
            endedAt = nil
        case (.running, .replica):
            // Positions of an earlier time as the primary say nothing of the present one.
            (positions, endedAt) = (PositionHistory(), nil)
        case (.none, _), (.remains, _): endedAt = endedAt ?? now
        case (.running, nil), (.unclear, _): break
        }
    }

    private mutating func noteWaiting(_ seen: inout InstanceObservation) {
        let report = seen.replication.flatMap { $0.waitingCommits ?? 0 > 0 ? $0 : nil }
        seen.isStalled = report != nil && report?.applied == waitingAt
        waitingAt = report?.applied
    }

    /// An agent that finds data without a server assumes that there was one in the present epoch.
    private mutating func noteEpoch(_ seen: inout InstanceObservation, _ epoch: UInt64) {
        if case .running = seen.process { (ranIn, isStopped) = (max(ranIn ?? 0, epoch), false) }
        if ranIn == nil, seen.directory != .absent { ranIn = epoch }
        seen.isStopped = isStopped && seen.process == .none
        seen.hasRun = ranIn.map { $0 >= epoch } ?? false && !seen.isStopped
    }

    /// A server that ended unasked is a failure. A second failure soon after delays the restart.
    private mutating func noteEnd(
        _ seen: InstanceObservation, _ name: String, _ now: ContinuousClock.Instant,
        _ ending: (_ pid: Int32) -> String?
    ) -> [InstanceNote.Content] {
        switch seen.process {
        case .running(let pid):
            if running?.pid != pid { running = (pid, now) }
            return []
        case .none, .remains:
            guard let pid = running?.pid else { return [] }
            running = nil
            let how = ending(pid) ?? "unexpectedly"
            failures.add("its server ended (\(how))", at: now)
            return [.event(kind: "instance_exited", message: "\(name) ended: \(how)")]
        case .unclear:
            return []
        }
    }

    /// The missing view is told once per server process.
    private mutating func noteView(_ seen: InstanceObservation, _ name: String) -> [InstanceNote.Content] {
        guard let fault = seen.viewFault, case .running(let pid) = seen.process, viewTold != pid else { return [] }
        viewTold = pid
        return [.event(kind: "server_without_view", message: "\(name): \(fault)")]
    }

    /// What a replica heard is of no use beyond this memory.
    private mutating func noteContact(_ seen: inout InstanceObservation, _ now: ContinuousClock.Instant) {
        let probe = InstanceProbe(
            health: seen.health, heard: seen.replication?.signsOfPrimary, isHeldUp: seen.isHeldUp)
        contact.note(probe, now: now)
        seen.replication?.heard = nil
    }

    /// The server is not asked for some time.
    package mutating func forgetContact() { contact.forget() }

    /// Notes a probe between two looks.
    package mutating func note(_ probe: InstanceProbe, now: ContinuousClock.Instant) { contact.note(probe, now: now) }

    private mutating func silence(_ seen: InstanceObservation, _ now: ContinuousClock.Instant) -> Duration {
        guard let health = seen.health, !health.isAnswer else {
            silentSince = nil
            return .zero
        }
        let since = silentSince ?? now
        silentSince = since
        return since.duration(to: now)
    }

    private mutating func refusals(_ seen: InstanceObservation) -> Int {
        // Refusals during an import are no evidence: an import may replace all accounts meanwhile.
        guard case .lockedOut = seen.health, !seen.isImporting else {
            refusals = 0
            return 0
        }
        refusals += 1
        return refusals
    }

    /// Notes when the accounts were seen to be in order.
    package mutating func noteOrder(_ date: Date) { lastInOrder = date }

    /// Clears the failures of a server that has been settled for some time after the last one.
    package mutating func forgetFailures(after plan: InstancePlan, now: ContinuousClock.Instant) {
        guard plan.convergence == .settled, let last = failures.last, last.at.duration(to: now) > .seconds(10) else {
            return
        }
        failures.clear()
    }

    // MARK: What was done

    /// Noted at the start, not at the next look: a server that ends before the look has failed as well.
    package mutating func started(_ pid: Int32, epoch: UInt64 = 1, now: ContinuousClock.Instant) {
        running = (pid, now)
        contact = ServerContact(isStarting: true)
        (ranIn, isStopped) = (max(ranIn ?? 0, epoch), false)
    }

    /// The server was ended on purpose, so its absence is no failure.
    package mutating func ended() { running = nil }

    /// The server was stopped cleanly, and is to be started again.
    package mutating func stopped() { isStopped = true }

    /// Earlier failures say nothing about the steps to come.
    package mutating func clearFailures() { failures.clear() }

    mutating func failed(_ item: InstanceMachine.Item, _ reason: String, now: ContinuousClock.Instant) {
        if case .action(.mendAccounts(let drift)) = item {
            failures.addRepair(of: drift, reason, at: now)
        } else {
            failures.add(reason, at: now)
        }
    }

    package mutating func failed(_ reason: String, now: ContinuousClock.Instant) {
        failures.add(reason, at: now)
    }
}
