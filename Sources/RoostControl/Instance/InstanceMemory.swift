import Foundation
import RoostModel

/// What an agent remembers of one instance from look to look. A pure value; a new agent begins with an empty one.
package struct InstanceMemory: Sendable {
    package private(set) var failures = FailureRecord()
    /// The server that should be there at the next look, and since when it was seen.
    private var running: (pid: Int32, since: ContinuousClock.Instant)?
    /// Since when looks got no answer.
    private var silentSince: ContinuousClock.Instant?
    /// Looks in a row at which the server refused Roost's own account.
    private var refusals = 0
    private var generation = 0
    /// The server whose missing view was told already.
    private var viewTold: Int32?
    /// When the accounts were last seen to be in order.
    package private(set) var lastInOrder: Date?

    /// Looks in a row after which nothing could be planned.
    private var unplanned = 0

    package init() {}

    /// Looks in a row without a plan after which waiting is no remedy.
    private static let unplannedForBlocked = 3

    /// Notes whether a look could be planned by. Returns whether somebody has to act.
    package mutating func notePlan(_ isPossible: Bool) -> Bool {
        unplanned = isPossible ? 0 : unplanned + 1
        return unplanned >= Self.unplannedForBlocked
    }

    /// What is newly asked for deserves an immediate attempt, whatever failed before.
    package mutating func begin(_ generation: Int) {
        guard generation != self.generation else { return }
        failures = FailureRecord()
        self.generation = generation
    }

    /// Completes what a look saw by what is remembered. Returns what is to be told.
    ///
    /// `ending` says how a process ended, if that is known.
    package mutating func note(
        _ seen: inout InstanceObservation, name: String, now: ContinuousClock.Instant, date: Date,
        ending: (_ pid: Int32) -> String?
    ) -> [InstanceNote.Content] {
        let told = noteEnd(seen, name, now, ending) + noteView(seen, name)
        failures.note(seen.health)
        seen.failures = failures
        seen.runningFor = running.map { $0.since.duration(to: now) } ?? .zero
        seen.silentFor = silence(seen, now)
        seen.refusals = refusals(seen)
        if seen.health == .healthy { noteOrder(date) }
        return told
    }

    /// A server that ended though nobody asked it to is a failure; a second one soon after waits before its restart.
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

    /// Told once a server.
    private mutating func noteView(_ seen: InstanceObservation, _ name: String) -> [InstanceNote.Content] {
        guard let fault = seen.viewFault, case .running(let pid) = seen.process, viewTold != pid else { return [] }
        viewTold = pid
        return [.event(kind: "server_without_view", message: "\(name): \(fault)")]
    }

    private mutating func silence(_ seen: InstanceObservation, _ now: ContinuousClock.Instant) -> Duration {
        guard case .unknown = seen.health else {
            silentSince = nil
            return .zero
        }
        let since = silentSince ?? now
        silentSince = since
        return since.duration(to: now)
    }

    private mutating func refusals(_ seen: InstanceObservation) -> Int {
        // What an import does on its way is no evidence.
        guard case .lockedOut = seen.health, !seen.isImporting else {
            refusals = 0
            return 0
        }
        refusals += 1
        return refusals
    }

    /// The accounts were seen to be in order.
    package mutating func noteOrder(_ date: Date) { lastInOrder = date }

    /// A server that has served for a while has nothing held against it.
    package mutating func forgetFailures(after plan: InstancePlan, now: ContinuousClock.Instant) {
        guard plan.outlook == .settled, let last = failures.last, last.at.duration(to: now) > .seconds(10) else {
            return
        }
        failures.clear()
    }

    // MARK: What was done

    /// Not only once it is seen: a server that ends before that has failed as well.
    package mutating func started(_ pid: Int32, now: ContinuousClock.Instant) { running = (pid, now) }

    /// Its end is no surprise.
    package mutating func ended() { running = nil }

    /// What failed before says nothing of what comes.
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
