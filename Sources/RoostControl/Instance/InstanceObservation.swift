import RoostModel

/// What one look at an instance showed. Facts alone: what they mean is the planner's.
package struct InstanceObservation: Equatable, Sendable {
    package enum Directory: Equatable, Sendable {
        case absent
        case present
        /// There is something that this service must not start on: another service's data, another version's,
        /// or files that cannot be read. Nothing is ever deleted or initialised over it.
        case unusable(String)
    }

    package enum Process: Equatable, Sendable {
        case none
        case running(pid: Int32)
        /// The main process is dead and others of its group still live, and may still write.
        case remains
        /// Whether it runs cannot be told. Nothing is started beside it.
        case unclear(String)
    }

    /// How far a restore has come, read from disk, so that a restarted daemon goes on where it stopped.
    package enum Restore: Equatable, Sendable {
        case notStaged
        /// The snapshot's copy waits beside the data directory, complete.
        case staged
        /// The copy has become the data directory.
        case placed
    }

    /// How far an upgrade has come, read from disk.
    package enum Upgrade: Equatable, Sendable {
        /// The image that it can be taken back to is not there yet: what runs is the old server.
        case notImaged
        /// The image is complete: what runs is the new server.
        case imaged
    }

    package var directory: Directory
    package var process: Process
    /// For how long this process has been seen to run. A restart of the daemon begins anew.
    package var runningFor: Duration = .zero
    /// For how long one look after another got no answer. Zero: the last one got one.
    package var silentFor: Duration = .zero
    /// How many looks in a row, this one included, found that the server refuses Roost's own account.
    package var refusals = 0
    /// An import into the server runs, which may replace all of its accounts meanwhile and puts them right at its end.
    package var isImporting = false
    /// Which files of the running server's data were removed, and what to do, sentences. What was in them ends with it.
    package var lostFiles: String?
    /// Why the running server sees more of the file system than its own folders, a sentence. Nil: it does not, or is not
    /// meant not to.
    package var viewFault: String?
    /// Nil unless a process runs.
    package var health: InstanceHealth?
    /// Why the limits of the running server do not hold, a sentence: it was moved out of its control group, or the group was
    /// changed. Nil: they hold, as far as the machine has any.
    package var escape: String?
    /// What the running server was started with; nil where that is not known.
    package var applied: AppliedState?
    /// What the router was last told about this instance's connections, and has confirmed.
    package var gate: Route.Gate?
    package var failures: FailureRecord
    package var restore: Restore
    package var upgrade: Upgrade
    /// The highest epoch that the instance was ever given, as the manifest beside its data tells. 0: there is none.
    package var epoch: UInt64 = 0
    /// The highest fence that it was ever given, likewise.
    package var fence: UInt64 = 0
    /// Of a member of a group. Nil: the server was not asked, or gave no answer.
    package var replication: ReplicationReport?

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
    /// Whether the server may take writes, as far as this look tells.
    var serving: InstanceStatus.Serving {
        switch (process, health) {
        case (.none, _): .stopped
        // Processes that are left may still write.
        case (.remains, _), (.unclear, _): .unknown
        case (.running, .healthy), (.running, .drifted): .open
        case (.running, .closed): .closed
        case (.running, _): .unknown
        }
    }
}

/// The answer of a probe. Only evidence moves state: a missing answer is `unknown`.
package enum InstanceHealth: Equatable, Sendable {
    case healthy
    /// Healthy, and its accounts or switches are not as Roost made them.
    case drifted([AccountDrift])
    /// It refuses Roost's own account, which its start makes anew.
    case lockedOut(String)
    /// Answers, and is not open for writes yet.
    case closed
    case starting(String)
    case unhealthy(String)
    case unknown(String)
    /// It runs, and what it writes to is no longer what stands in its data directory: nothing that it acknowledges outlives
    /// it.
    case filesGone(String)
}

/// Failures in a row of one instance, remembered between turns.
package struct FailureRecord: Equatable, Sendable {
    /// Nil: none since the last success.
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
    /// The drift that a repair left unmended and that every look since has seen.
    package private(set) var unmended: Set<AccountDrift> = []

    package init() {}

    package mutating func add(_ reason: String, at now: ContinuousClock.Instant) {
        count += 1
        last = Failure(reason: reason, at: now)
    }

    /// A repair failed that may have mended some of it: the next look tells what.
    package mutating func addRepair(of drift: [AccountDrift], _ reason: String, at now: ContinuousClock.Instant) {
        add(reason, at: now)
        unmended.formUnion(drift)
    }

    /// Drift that a look does not see any more was mended: when it comes back, it is a new one.
    package mutating func note(_ health: InstanceHealth?) {
        switch health {
        case .drifted(let drift): unmended.formIntersection(drift)
        case .healthy: unmended = []
        case .lockedOut, .closed, .starting, .unhealthy, .unknown, .filesGone, nil: break
        }
    }

    package mutating func clear() { self = FailureRecord() }
}
