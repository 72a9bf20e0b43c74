import RoostModel

/// Facts from one look at an instance; the planner decides what they mean.
package struct InstanceObservation: Equatable, Sendable {
    package enum Directory: Equatable, Sendable {
        case absent
        case present
        /// The directory is not for this service: another service's data, another version's, or files that cannot be
        /// read. Nothing is ever deleted or initialised over it.
        case unusable(String)

        var isUnusable: Bool { if case .unusable = self { true } else { false } }
    }

    package enum Process: Equatable, Sendable {
        case none
        case running(pid: Int32)
        /// The main process is dead; others of its group still live, and may still write.
        case remains
        /// Whether the server runs cannot be told. No server is started beside it.
        case unclear(String)
    }

    /// Progress of a restore, read from disk so that a restarted daemon goes on where it stopped.
    package enum Restore: Equatable, Sendable {
        case notStaged
        /// The snapshot's copy waits beside the data directory, complete.
        case staged
        /// The copy has become the data directory.
        case placed
    }

    /// Progress of an upgrade, read from disk.
    package enum Upgrade: Equatable, Sendable {
        /// The snapshot for taking the upgrade back is missing: the running server is the old one.
        case notImaged
        /// The snapshot is complete: the running server is the new one.
        case imaged
    }

    package var directory: Directory
    package var process: Process
    /// Time for which this process has been seen to run. A restart of the daemon begins anew.
    package var runningFor: Duration = .zero
    /// Time for which looks in a row got no answer. Zero if the last look got one.
    package var silentFor: Duration = .zero
    /// Looks in a row, this one included, at which the server refused Roost's own account.
    package var refusals = 0
    /// Whether an import into the server runs: it may replace all accounts meanwhile and puts them right at its end.
    package var isImporting = false
    /// Removed files of the running server's data, and what to do, sentences. The data in these files end with the
    /// server.
    package var lostFiles: String?
    /// Why the running server sees more of the file system than its own folders, a sentence. Nil if it does not, or
    /// may.
    package var viewFault: String?
    /// Nil unless a process runs.
    package var health: InstanceHealth?
    /// Whether a snapshot held the server up while it was asked: a missing answer says nothing.
    package var isHeldUp = false
    /// Why the limits of the running server do not hold, a sentence: it was moved out of its cgroup, or the cgroup
    /// was changed. Nil if they hold, as far as the machine has limits.
    package var escape: String?
    /// State that the running server was started with; nil if unknown.
    package var applied: AppliedState?
    /// The gate of this instance that the router has last confirmed.
    package var gate: Route.Gate?
    package var failures: FailureRecord
    package var restore: Restore
    package var upgrade: Upgrade
    /// For how long a change of the primary has been under way. Zero if there is none.
    package var fencedFor: Duration = .zero
    /// Whether the agent stopped the server itself, and may start it again.
    package var isStopped = false
    /// Whether a server ran in the present epoch, as far as the agent can tell. False if it stopped that server itself.
    package var hasRun = false
    /// Whether commits wait for a replica that acknowledges, and nothing was committed since the look before: the replica
    /// had received them before it began to acknowledge, and does not do so again.
    package var isStalled = false
    /// For a member whose data are to be replaced: whether its earlier data are kept already.
    package var isKept = false
    /// The highest epoch that the instance was ever given, from the manifest beside its data. 0 if there is none.
    package var epoch: UInt64 = 0
    /// The highest fence that the instance was ever given, from the same manifest.
    package var fence: UInt64 = 0
    /// For members of a group. Nil if the server was not asked, or gave no answer.
    package var replication: ReplicationReport?
    /// When the server was asked for `replication`: it holds every write that was acknowledged before. Nil if the time of
    /// the look is as good.
    package var askedAt: ContinuousClock.Instant?

    package init(
        directory: Directory, process: Process, health: InstanceHealth? = nil, applied: AppliedState? = nil,
        gate: Route.Gate? = nil, failures: FailureRecord = FailureRecord(),
        restore: Restore = .notStaged, upgrade: Upgrade = .notImaged
    ) {
        self.directory = directory
        self.process = process
        self.health = health
        self.applied = applied
        self.gate = gate
        self.failures = failures
        self.restore = restore
        self.upgrade = upgrade
    }
}

extension InstanceObservation {
    /// Whether the server may take writes, as far as this look can tell.
    var serving: InstanceStatus.Serving {
        switch (process, health) {
        case (.none, _): .stopped
        // Remaining processes may still write.
        case (.remains, _), (.unclear, _): .unknown
        case (.running, .healthy), (.running, .drifted): .open
        case (.running, .closed): .closed
        case (.running, _): .unknown
        }
    }
}

/// The answers of one probe.
package struct InstanceProbe: Equatable, Sendable {
    /// Nil if no server of the instance is known.
    package let health: InstanceHealth?
    /// See `ReplicationReport.heard`. Nil if the instance is no replica, or did not tell.
    package let heard: String?
    /// See `InstanceObservation.isHeldUp`.
    package let isHeldUp: Bool

    package init(health: InstanceHealth?, heard: String? = nil, isHeldUp: Bool = false) {
        self.health = health
        self.heard = heard
        self.isHeldUp = isHeldUp
    }
}

/// The answer of a probe. Only evidence moves state: a missing answer is `unknown`.
package enum InstanceHealth: Equatable, Sendable {
    case healthy
    /// Healthy, but its accounts or switches are not as Roost made them.
    case drifted([AccountDrift])
    /// The server refuses Roost's own account, which its next start restores.
    case lockedOut(String)
    /// The server answers, and is not open for writes yet.
    case closed
    case starting(String)
    case unhealthy(String)
    /// The server answers that all its connections are in use. Nothing else is known of it.
    case crowded(String)
    case unknown(String)
    /// The server runs, but writes to files that are no longer in its data directory: no write that it acknowledges
    /// outlives it.
    case filesGone(String)

    /// Whether the server tells its state.
    package var isAnswer: Bool {
        switch self {
        case .unknown, .crowded: false
        case .healthy, .drifted, .lockedOut, .closed, .starting, .unhealthy, .filesGone: true
        }
    }
}

/// Failures in a row of one instance, remembered between looks.
package struct FailureRecord: Equatable, Sendable {
    /// Reason and time of a failure. `last` is nil if there was none since the last success.
    package struct Failure: Equatable, Sendable {
        package let reason: String
        package let at: ContinuousClock.Instant

        package init(reason: String, at: ContinuousClock.Instant) {
            self.reason = reason
            self.at = at
        }
    }

    package private(set) var count = 0
    package private(set) var last: Failure?
    /// Drift that a repair left and that every look since has seen.
    package private(set) var unmended: Set<AccountDrift> = []

    package init() {}

    package mutating func add(_ reason: String, at now: ContinuousClock.Instant) {
        count += 1
        last = Failure(reason: reason, at: now)
    }

    /// Adds a failed repair, which may have mended part of the drift: the next look tells which.
    package mutating func addRepair(of drift: [AccountDrift], _ reason: String, at now: ContinuousClock.Instant) {
        add(reason, at: now)
        unmended.formUnion(drift)
    }

    /// Drift that a look no longer sees was mended: if it comes back, it is new drift.
    package mutating func note(_ health: InstanceHealth?) {
        switch health {
        case .drifted(let drift): unmended.formIntersection(drift)
        case .healthy: unmended = []
        case .lockedOut, .closed, .starting, .unhealthy, .crowded, .unknown, .filesGone, nil: break
        }
    }

    package mutating func clear() { self = FailureRecord() }
}
