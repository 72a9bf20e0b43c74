import RoostControl
import RoostModel

/// An instance on its machine: a directory, a server, the state in force in it. The model outlives agents and
/// daemons.
struct ModelledServer {
    /// Identifies the data: each directory that was made or copied gets a new number.
    var data: Int?
    var isRunning = false
    var isOpen = false
    var pid: Int32 = 100
    var applied: AppliedState?
    /// Data beside the directory that are to take its place.
    var staged: Int?
    var isPlaced = false
    /// Snapshots by name.
    var kept: [String: Int] = [:]
    /// The name of the snapshot that images the data before an upgrade.
    var image: String?
    var isForgotten = false
    /// Writes, in their order.
    var history: [Int] = []
    var engine = ModelledEngine.switches
    /// The server in its replica set, if its engine elects.
    var member = SetMember()
    /// Members whose acknowledgement commits wait for; nil if commits wait for nobody.
    var waitsFor: Set<Int>?
    var acknowledges = false
    /// Whether it was started and follows nobody yet. It may lose some of what it received when it connects again, as
    /// MariaDB does.
    var hasBooted = false
    /// The number of writes that it may have acknowledged before it lost some of them.
    var mayHaveAcknowledged: Int?
    /// Whether the server that it follows runs and answers.
    var hears = false
    /// Whether it has writes that the server which it follows lacks.
    var hasDiverged = false
    /// What a replica has heard from the server that it follows.
    var heard = ""
    /// A frozen server answers nobody.
    var isFrozen = false
    /// A deaf server does not answer its agent, and serves all others.
    var isDeaf = false
    /// The port of the server that it follows.
    var source: PortNumber?
    /// Number of the password with which it follows that server.
    var password = 0
    /// Numbers of the passwords that it accepts of those that follow it.
    var accepted: [Int] = []
    /// The epoch, as the manifest beside the data records it.
    var epoch: UInt64 = 0
    var fence: UInt64 = 0

    /// Whether the switches of synchronous replication are at each server. Otherwise the primary keeps a list.
    var hasSwitch: Bool { engine == .switches }

    /// Whether the server takes writes. The mark of an elected primary that was opened outlives its term.
    var takesWrites: Bool { isOpen && (engine != .elections || member.isLeading) }

    func wanted(_ spec: InstanceSpec) -> AppliedState {
        let peers = engine == .elections && spec.service.isGroup ? spec.uids.keys.sorted() : []
        return AppliedState(
            settings: spec.spec.settings.config, accounts: "a\(peers)\(accounts(spec))",
            limits: ResourceLimits(memory: spec.spec.settings.memory, cpus: nil),
            restartGeneration: spec.spec.restartGeneration)
    }

    private func accounts(_ spec: InstanceSpec) -> [Int] {
        engine != .elections && spec.service.isGroup ? spec.status.currentReplicationPasswords.accepted : []
    }

    private func ownPassword(_ spec: InstanceSpec) -> Int {
        spec.status.currentReplicationPasswords.number(of: spec.index)
    }

    mutating func look(_ spec: InstanceSpec) -> InstanceMachine.Look {
        if data != nil, epoch <= spec.status.epoch {
            epoch = spec.status.epoch
            fence = max(fence, spec.fence)
        }
        var upgrade = InstanceObservation.Upgrade.notImaged
        if case .upgrade(_, let keep) = spec.service.goal, kept[keep] != nil { upgrade = .imaged }
        var seen = InstanceObservation(
            directory: data == nil ? .absent : .present, process: isRunning ? .running(pid: pid) : .none,
            health: probe.health, applied: isRunning ? applied : nil,
            restore: isPlaced ? .placed : staged == nil ? .notStaged : .staged, upgrade: upgrade)
        (seen.epoch, seen.fence) = (epoch, fence)
        seen.isKept = spec.reseeding.map { kept[$0] != nil } ?? false
        if isRunning, !isFrozen, !isDeaf, spec.service.isGroup {
            seen.replication = engine == .elections ? setReport : report
            if engine == .elections, seen.health == .healthy, member.view.listed != spec.uids {
                seen.health = .drifted([AccountDrift(.guarantee, "its replica set lists other members")])
            }
        }
        let target = InstanceTarget(
            goal: spec.service.goal, seeded: member(spec)?.seeded ?? false, engine: spec.service.engine,
            applied: wanted(spec), isPastNoReturn: spec.service.isPastNoReturn, epoch: spec.status.epoch,
            place: .init(spec, fence: fence), reseeding: spec.reseeding, part: spec.part,
            isToBeKilled: spec.isToBeKilled, electsItself: engine == .elections,
            account: engine != .elections && spec.service.isGroup ? "\(ownPassword(spec))" : nil)
        return InstanceMachine.Look(seen: seen, target: target)
    }

    var probe: InstanceProbe {
        let answer: InstanceHealth = isFrozen || isDeaf ? .unknown("no answer") : takesWrites ? .healthy : .closed
        let tells = isRunning && !isFrozen && !isDeaf && source != nil
        return InstanceProbe(health: isRunning ? answer : nil, heard: tells ? heard : nil)
    }

    private var report: ReplicationReport {
        let position = Self.position(history.count)
        let lost = mayHaveAcknowledged.flatMap { $0 > history.count ? Self.position($0) : nil }
        let connected: ReplicationReport.Link = hears ? .up : .connecting(reason: "connection refused")
        let link = hasDiverged && hears ? .broken(reason: "it has diverged") : connected
        return ReplicationReport(
            role: source == nil ? .primary : .replica, link: source == nil || hasBooted ? .none : link,
            source: hasBooted ? nil : source,
            received: position, mayHaveAcknowledged: lost, applied: position,
            isSynchronous: isSynchronous, acknowledgers: hasSwitch ? nil : waitsFor.map { $0.sorted() },
            heard: source == nil ? nil : heard,
            account: source == nil ? nil : "\(password)")
    }

    private static func position(_ writes: Int) -> Position { .postgresql(timeline: 1, location: UInt64(writes)) }

    private var isSynchronous: Bool? {
        if source == nil { return waitsFor != nil }
        return hasSwitch ? acknowledges : nil
    }

    /// Whether a commit of this server may be acknowledged once the member has it.
    func counts(_ index: Int, _ member: ModelledServer) -> Bool {
        guard let waitsFor else { return true }
        return hasSwitch ? member.acknowledges : waitsFor.contains(index)
    }

    private func member(_ spec: InstanceSpec) -> ServiceStatus.Member? {
        spec.status.members.first { $0.index == spec.index }
    }

    /// Carries an action out. Returns what it broke: a rule that holds whatever happens.
    mutating func carryOut(_ action: Action, _ spec: InstanceSpec, newData: () -> Int) -> String? {
        let wanted = wanted(spec)
        switch action {
        case .makeDirectory:
            if data != nil { return "a directory was made over data" }
            if member(spec)?.seeded ?? false { return "a directory was made in place of one that is missing" }
            data = newData()
        case .start:
            if data == nil { return "a server was started without data" }
            if isRunning { return "a second server was started" }
            (isRunning, isOpen, pid, applied) = (true, false, pid + 1, wanted)
            (waitsFor, acknowledges, isFrozen, isDeaf) = (nil, false, false, false)
            hasBooted = hasSwitch && source != nil
            accepted = accounts(spec)
            member.isLeading = false
        case .stop:
            (isRunning, isOpen, isFrozen, isDeaf) = (false, false, false, false)
            member.isLeading = false
        case .openServer:
            if source != nil { return "a replica was opened" }
            if isRunning { isOpen = true }
        // An elected primary steps down, and keeps its mark.
        case .closeServer: if engine != .elections { isOpen = false }
        case .follow:
            if isOpen { return "an open server was made a replica" }
            source = spec.service.primary?.internalPort
            password = ownPassword(spec)
            (hasDiverged, hasBooted) = (false, false)
        case .promote: (source, hasBooted, mayHaveAcknowledged) = (nil, false, nil)
        case .play(.none): (waitsFor, acknowledges) = (nil, false)
        case .play(.acknowledges): acknowledges = true
        case .play(.waits(let members)): waitsFor = Set(members)
        case .makeReplica:
            if data != nil { return "a replica was made over data" }
            data = newData()
        case .applySettings: applied?.settings = wanted.settings
        case .applyLimits: applied?.limits = wanted.limits
        case .applyAccounts:
            applied?.accounts = wanted.accounts
            accepted = accounts(spec)
        case .stageSnapshot, .stageClone: staged = newData()
        case .keepDirectory(let snapshot, let reason):
            if isRunning { return "a running server's directory was taken away" }
            if reason == SnapshotRecord.diverged { (source, hasDiverged, hasBooted) = (nil, false, false) }
            // A folder cannot be renamed over another.
            if kept[snapshot] == nil { (kept[snapshot], data, member) = (data, nil, SetMember()) }
        case .imageDirectory(let snapshot, _):
            if isRunning { return "an image was made of a running server" }
            kept[snapshot] = data
        case .placeStaged:
            if data != nil { return "data were placed over others" }
            if staged != nil { (data, staged, isPlaced) = (staged, nil, true) }
            (source, hasDiverged, mayHaveAcknowledged) = (nil, false, nil)
        case .finishRestore: (staged, isPlaced) = (nil, false)
        case .deleteDirectory:
            if isRunning { return "a running server's directory was deleted" }
            (data, member) = (nil, SetMember())
        case .forget:
            if data != nil || isRunning { return "an instance with data was forgotten" }
            isForgotten = true
        case .killRemains, .confine, .finishUpgrade, .moveDirectory, .mendAccounts: break
        case .recordSeeded, .recordNoReturn, .abandonUpgrade, .takeBackUpgrade, .resume, .abandon:
            return "\(action) reached a machine"
        }
        return nil
    }
}
