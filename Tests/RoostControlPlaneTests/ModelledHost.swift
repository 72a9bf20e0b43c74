import Foundation
import RoostControl
import RoostModel
import Synchronization

@testable import RoostAgent
@testable import RoostControlPlane

/// A machine in memory: directories, servers and the state in force in them. `fail` lets a step fail once.
final class ModelledHost: InstanceHost {
    struct Machine {
        var directory: InstanceObservation.Directory = .absent
        var isRunning = false
        var isOpen = false
        var pid: Int32 = 100
        var applied: AppliedState?
        var restore: InstanceObservation.Restore = .notStaged
        var upgrade: InstanceObservation.Upgrade = .notImaged
        var kept: [String] = []
        var done: [String] = []
        var failing: String?
        /// Number of full observations, and of requests for the health alone.
        var looks = 0
        var probes = 0
        /// A server that is started has ended before it can be seen.
        var endsAtOnce = false
        /// The engine that servers are started with where the service's own build is gone.
        var engine: EngineIdentity?
        /// The port that another program listens on.
        var takenPort: PortNumber?
        /// Account drift of a server that serves.
        var drift: [AccountDrift] = []
        /// Number of looks to come at which the server refuses Roost's own account.
        var refusals = 0
        var viewFault: String?
        /// A step that fails each time.
        var neverDone: String?

        var health: InstanceHealth? {
            guard isRunning else { return nil }
            return isOpen ? (drift.isEmpty ? .healthy : .drifted(drift)) : .closed
        }
    }

    let machine = Mutex(Machine())
    let exits: AsyncStream<InstanceExit>
    private let exit: AsyncStream<InstanceExit>.Continuation

    init() { (exits, exit) = AsyncStream.makeStream() }

    func crash(_ id: InstanceID) {
        let pid = machine.withLock { machine in
            machine.isRunning = false
            machine.isOpen = false
            return machine.pid
        }
        exit.yield(InstanceExit(instance: id, pid: pid, how: "killed by signal 9"))
    }

    func target(_ order: InstanceOrder) async throws(HostFailure) -> InstanceTarget {
        InstanceTarget(
            goal: order.service.goal, seeded: order.instance?.seeded ?? false,
            engine: machine.withLock { $0.engine } ?? order.service.engine, applied: wanted(order),
            isPastNoReturn: order.service.isPastNoReturn)
    }

    func observe(_ order: InstanceOrder) async -> InstanceObservation {
        machine.withLock { machine in
            machine.looks += 1
            var seen = InstanceObservation(
                directory: machine.directory, process: machine.isRunning ? .running(pid: machine.pid) : .none,
                health: machine.health,
                applied: machine.isRunning ? machine.applied : nil, restore: machine.restore,
                upgrade: machine.upgrade)
            if machine.isRunning, machine.refusals > 0 {
                machine.refusals -= 1
                seen.health = .lockedOut("it refuses Roost's own account")
            }
            seen.viewFault = machine.isRunning ? machine.viewFault : nil
            return seen
        }
    }

    func probe(_ order: InstanceOrder) async -> InstanceProbe {
        machine.withLock { machine in
            machine.probes += 1
            return InstanceProbe(health: machine.health)
        }
    }

    func hasManifest(_ order: InstanceOrder) -> Bool { true }
    func confine(_ order: InstanceOrder) async throws(HostFailure) { try step("confine") { _ in } }
    func writeManifest(_ order: InstanceOrder) async throws(HostFailure) {}
    func makeDirectory(_ order: InstanceOrder) async throws(HostFailure) {
        try step("makeDirectory") { $0.directory = .present }
    }
    func start(_ order: InstanceOrder) async throws(HostFailure) -> StartedServer {
        let wanted = wanted(order)
        if let taken = machine.withLock({ $0.takenPort }), order.instance?.internalPort == taken {
            throw HostFailure("port \(taken) is taken by python3 (pid 42)", takenPort: taken)
        }
        try step("start") { machine in
            machine.isRunning = !machine.endsAtOnce
            machine.pid += 1
            machine.applied = wanted
        }
        return machine.withLock { StartedServer(pid: $0.pid, engine: $0.engine ?? order.service.engine) }
    }
    func stop(_ order: InstanceOrder) async throws(HostFailure) {
        try step("stop") { machine in
            machine.isRunning = false
            machine.isOpen = false
        }
    }
    func carryOut(_ step: MemberStep, _ order: InstanceOrder) async throws(HostFailure) {
        throw HostFailure("it is alone")
    }
    func killRemains(_ order: InstanceOrder) async throws(HostFailure) { try step("killRemains") { _ in } }
    func open(_ order: InstanceOrder) async throws(HostFailure) { try step("open") { $0.isOpen = true } }
    func applySettings(_ changes: [String: String?], _ order: InstanceOrder) async throws(HostFailure) {
        let wanted = wanted(order)
        try step("applySettings") { $0.applied?.settings = wanted.settings }
    }
    func applyAccounts(_ order: InstanceOrder) async throws(HostFailure) {
        let wanted = wanted(order)
        try step("applyAccounts") { $0.applied?.accounts = wanted.accounts }
    }
    func mendAccounts(_ drift: [AccountDrift], _ order: InstanceOrder) async throws(HostFailure) {
        try step("mendAccounts") { $0.drift = [] }
    }
    func applyLimits(_ order: InstanceOrder) async throws(HostFailure) {
        let wanted = wanted(order)
        try step("applyLimits") { $0.applied?.limits = wanted.limits }
    }
    func trimLogs(_ order: InstanceOrder, keeping size: ByteCount) async throws(HostFailure) {
        try step("trimLogs") { _ in }
    }
    func stage(snapshot: String, _ order: InstanceOrder) async throws(HostFailure) {
        try step("stage") { $0.restore = .staged }
    }
    func stageClone(_ order: InstanceOrder) async throws(HostFailure) {
        try step("stageClone") { $0.restore = .staged }
    }
    func takeSnapshot(
        as snapshot: String, _ terms: SnapshotTerms, _ order: InstanceOrder
    ) async throws(HostFailure) -> SnapshotRecord {
        try step("snapshot") { $0.kept.append(snapshot) }
        return SnapshotRecord(
            id: snapshot, manifest: order.manifest, reason: terms.reason, method: "reflink", pauseMilliseconds: 20,
            createdAt: Date(), expiresAt: terms.expiresAt)
    }
    func moveToPool(_ order: InstanceOrder) async throws(HostFailure) { try step("move") { _ in } }
    func placeStaged(_ order: InstanceOrder) async throws(HostFailure) {
        try step("place") { machine in
            machine.directory = .present
            machine.restore = .placed
        }
    }
    func clearStaging(_ order: InstanceOrder) async throws(HostFailure) {
        try step("clear") { $0.restore = .notStaged }
    }
    func keepDirectory(as snapshot: String, reason: String, _ order: InstanceOrder) async throws(HostFailure) {
        try step("keep") { machine in
            machine.directory = .absent
            machine.kept.append(snapshot)
        }
    }
    func imageDirectory(as snapshot: String, reason: String, _ order: InstanceOrder) async throws(HostFailure) {
        try step("image") { machine in
            machine.upgrade = .imaged
            machine.kept.append(snapshot)
        }
    }
    func finishUpgrade(_ order: InstanceOrder) async throws(HostFailure) { try step("finishUpgrade") { _ in } }
    func deleteDirectory(_ order: InstanceOrder) async throws(HostFailure) {
        try step("delete") { $0.directory = .absent }
    }
    func removeSnapshots(of id: ServiceID) async throws(HostFailure) {}
    func forget(_ order: InstanceOrder) async throws(HostFailure) { try step("forget") { _ in } }

    private func wanted(_ order: InstanceOrder) -> AppliedState {
        AppliedState(
            settings: order.service.settings.config, accounts: order.secrets.password,
            limits: ResourceLimits(memory: order.service.settings.memory, cpus: order.service.settings.cpus),
            restartGeneration: order.service.restartGeneration)
    }

    private func step(_ name: String, _ change: (inout Machine) -> Void) throws(HostFailure) {
        let fails = machine.withLock { machine in
            if machine.neverDone == name { return true }
            if machine.failing == name {
                machine.failing = nil
                return true
            }
            machine.done.append(name)
            change(&machine)
            return false
        }
        if fails { throw HostFailure("\(name) failed") }
    }
}

/// A router in memory that confirms everything.
final class ModelledFeed: RouteFeed {
    let routes = Mutex<[ServiceID: [Route]]>([:])

    func set(_ service: ServiceID, to wanted: [Route]) async throws {
        routes.withLock { $0[service] = wanted.isEmpty ? nil : wanted }
    }

    func gate(of instance: InstanceID) async -> Route.Gate? {
        routes.withLock { $0[instance.service]?.first { $0.name == ServiceRoutes.name(of: instance) }?.gate }
    }

    func routes(of service: ServiceID) async -> [Route] { routes.withLock { $0[service] ?? [] } }

    func listenErrors(of service: ServiceID) async -> [String] { [] }
    func reports() async -> [RouteStatus]? { nil }
}
