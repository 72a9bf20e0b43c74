import RoostModel

/// Desired state of one instance, as values: made from the service's document and the engine's generated files.
package struct InstanceTarget: Equatable, Sendable {
    package let goal: Service.Goal
    /// Whether this instance's data directory was ever made. Once it was, a missing directory is a fault, never a
    /// fresh start.
    package let seeded: Bool
    package let engine: EngineIdentity
    package var applied: AppliedState
    /// False if clients reach the server while the router holds the service's clients: the server must reach itself
    /// there.
    package let holdsClients: Bool
    /// For an upgrade: whether it is stored that the newer server may have touched the data.
    package let isPastNoReturn: Bool
    /// The service's present epoch.
    package let epoch: UInt64
    package let place: Place
    /// Nil unless the instance's data are to be replaced by those of the primary: the snapshot that they become.
    package let reseeding: String?
    /// How far the instance is to stay behind while it is a replica, in seconds.
    package let delay: Int
    /// Part of the instance in synchronous replication.
    package let part: SynchronousPart
    /// Whether the server is killed once it is fenced, whatever it does.
    package let isToBeKilled: Bool
    /// Whether a primary of this engine is fenced by a clean stop, and becomes a replica at its next start.
    package let isFencedByStop: Bool
    /// Whether the members of the group elect their primary: no step is taken against an election.
    package let electsItself: Bool
    /// The account that the instance signs on with while it is a replica, as `ReplicationReport.account` names it. Nil if
    /// the service has one instance.
    package let account: String?
    /// Whether the service is paused at the time of the look. Set by the instance's machine, which knows the time.
    package var isPaused = false
    /// Whether a server that runs may be stopped to start it again. Set likewise, from the newest spec.
    package var mayRestart = true

    /// Time that open transactions have to end before the server is closed. Zero unless it is the primary that is about
    /// to be replaced by a planned change.
    package var drain: Duration { place == .fenced(mayStart: false) ? goal.drain : .zero }

    /// Role of the instance in its group.
    package enum Place: Equatable, Sendable {
        /// The service has no other instance.
        case alone
        /// `mayOpen`: as in `InstanceSpec`.
        case primary(mayOpen: Bool)
        /// `source`: port of the server that the replica follows.
        case replica(source: PortNumber)
        /// The primary is about to change, and no member takes writes. `mayStart`: whether the server may start
        /// closed.
        case fenced(mayStart: Bool)
    }

    package init(
        goal: Service.Goal, seeded: Bool, engine: EngineIdentity, applied: AppliedState, holdsClients: Bool = true,
        isPastNoReturn: Bool = false, epoch: UInt64 = 1, place: Place = .alone, reseeding: String? = nil,
        delay: Int = 0, part: SynchronousPart = .none, isToBeKilled: Bool = false, isFencedByStop: Bool = false,
        electsItself: Bool = false, account: String? = nil
    ) {
        self.account = account
        self.isToBeKilled = isToBeKilled
        self.reseeding = reseeding
        self.delay = delay
        // Such an engine cannot wait for nobody: a majority of one is the primary alone.
        self.part = electsItself && part == .waits(for: []) ? .none : part
        self.electsItself = electsItself
        self.isFencedByStop = isFencedByStop
        self.epoch = epoch
        self.place = place
        self.isPastNoReturn = isPastNoReturn
        self.holdsClients = holdsClients
        self.goal = goal
        self.seeded = seeded
        self.engine = engine
        self.applied = applied
    }
}

extension InstanceTarget {
    /// Whether a replica signs on with the account that it should use. Nil if it follows nobody, or does not tell.
    func isSignedOn(_ report: ReplicationReport?) -> Bool? {
        guard let report, report.role == .replica, let account, let used = report.account else { return nil }
        return used == account
    }

    /// Whether a user asked for a restart after the server's last start.
    func isRestartAskedFor(of seen: InstanceObservation) -> Bool {
        seen.applied.map { $0.restartGeneration < applied.restartGeneration } ?? false
    }
}

extension InstanceTarget.Place {
    /// `fence`: the highest fence that the instance was ever given. A spec with a lower one does not lift it.
    package init(_ spec: InstanceSpec, fence: UInt64) {
        guard spec.service.isGroup else {
            self = .alone
            return
        }
        guard max(spec.fence, fence) <= spec.status.epoch else {
            self = .fenced(mayStart: spec.index != spec.status.primary)
            return
        }
        switch (spec.service.role(of: spec.index), spec.service.primary) {
        case (.replica, let primary?) where primary.seeded: self = .replica(source: primary.internalPort)
        case (.primary, _): self = .primary(mayOpen: spec.mayOpen)
        // The primary has no data yet that a replica could follow.
        case (.replica, _), (nil, _): self = .fenced(mayStart: false)
        }
    }
}

/// State in force in a running server. Stored beside the server on disk, so that a restarted daemon knows what it
/// adopted.
package struct AppliedState: Codable, Equatable, Sendable {
    /// The engine's effective settings by name.
    package var settings: [String: String]
    /// Settings that the server takes only at a restart, with the value they are to have then (nil: default).
    package var awaitingRestart: [String: String?]
    /// Digest of accounts, databases and the TLS requirement; equal digests mean equal accounts.
    package var accounts: String
    package var limits: ResourceLimits
    /// Generation of the newest restart request that this server was started after.
    package var restartGeneration: Int

    package init(
        settings: [String: String], awaitingRestart: [String: String?] = [:], accounts: String, limits: ResourceLimits,
        restartGeneration: Int
    ) {
        self.settings = settings
        self.awaitingRestart = awaitingRestart
        self.accounts = accounts
        self.limits = limits
        self.restartGeneration = restartGeneration
    }

    /// Settings that differ from `wanted`, with the value they should have (nil: the engine's default).
    package func settingsToChange(for wanted: AppliedState) -> [String: String?] {
        let names = Set(settings.keys).union(wanted.settings.keys)
        return names.reduce(into: [:]) { changes, name in
            guard settings[name] != wanted.settings[name] else { return }
            changes.updateValue(wanted.settings[name], forKey: name)
        }
    }
}

/// The hard limits of one instance.
package struct ResourceLimits: Codable, Equatable, Sendable {
    package let memory: ByteCount
    /// Limit in cores; nil means no limit.
    package let cpus: Double?

    package init(memory: ByteCount, cpus: Double?) {
        self.memory = memory
        self.cpus = cpus
    }
}
