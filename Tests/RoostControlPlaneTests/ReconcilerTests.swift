import Foundation
import Logging
import RoostAgentProtocol
import RoostControl
import RoostModel
import RoostSecrets
import RoostStore
import Synchronization
import Testing

@testable import RoostAgent
@testable import RoostControlPlane

@Suite(.timeLimit(.minutes(2))) struct ReconcilerTests {
    @Test func bringsANewServiceUpAndLetsClientsInLast() async throws {
        try await withReconciler { world in
            try await world.settle(1)
            #expect(world.host.machine.withLock { $0.done } == ["makeDirectory", "start", "open"])
            #expect(await world.feed.gate(of: world.instance) == .open)
            #expect(try await world.service()?.instances[0].seeded == true)
        }
    }

    @Test func startsADeadServerAgain() async throws {
        try await withReconciler { world in
            try await world.settle(1)
            world.host.crash(world.instance)
            try await world.change { _ in }
            try await world.settle(2)
            #expect(world.host.machine.withLock { $0.done } == ["makeDirectory", "start", "open", "start", "open"])
            #expect(await world.parts.events.newest(10, application: nil).contains { $0.kind == "instance_exited" })
        }
    }

    /// From the end of a server to its open route: at most two specs to the agent, no other call, and no commit of the
    /// service's documents.
    @Test func theWayFromAnExitToTheOpenRouteIsShort() async throws {
        let counts = CountedAgent.Counts()
        let way: @Sendable (HostAgent) -> any Agent = { agent in
            CountedAgent(AgentLoopback(to: agent, logger: Logger(label: "test")), counts)
        }
        try await withReconciler(way: way, isLossy: false) { world in
            try await world.settle(1)
            let before = try #require(try await world.parts.records.service(world.id))
            counts.reset()
            world.host.crash(world.instance)
            try await world.until { $0.done.count { $0 == "open" } == 2 }
            while await world.feed.gate(of: world.instance) != .open { await Task.yield() }
            #expect(counts.specs <= 2 && counts.calls == 0, "\(counts.specs) specs, \(counts.calls) calls")
            let after = try #require(try await world.parts.records.service(world.id))
            #expect(after.specRevision == before.specRevision && after.statusRevision == before.statusRevision)
        }
    }

    @Test func oneRefusedSignOnEndsNoSessionAndTwoDo() async throws {
        try await withReconciler(probeInterval: .milliseconds(20)) { world in
            try await world.settle(1)
            for (refusals, done) in [(1, []), (2, ["stop", "start", "open"])] {
                world.host.machine.withLock { ($0.refusals, $0.done) = (refusals, []) }
                try await world.change { _ in }
                try await world.settle(refusals + 1)
                #expect(world.host.machine.withLock { $0.refusals } == 0)
                #expect(world.host.machine.withLock { $0.done } == done)
            }
            let events = await world.parts.events.newest(20, application: nil)
            #expect(events.count { $0.kind == "accounts_mended" } == 1)
        }
    }

    /// A server without a view is told once a server, whoever started it: the machine's state counts.
    @Test func aServerWithoutAViewIsTold() async throws {
        try await withReconciler(on: { $0.viewFault = "it sees everything" }) { world in
            try await world.settle(1)
            try await world.change { _ in }
            try await world.settle(2)
            let told = await world.parts.events.newest(20, application: nil).filter { $0.kind == "server_without_view" }
            #expect(told.map(\.message) == ["data.0: it sees everything"] && told.map(\.count) == [1])
        }
    }

    @Test(arguments: ["makeDirectory", "start", "open"])
    func triesAStepAgainThatFailed(step: String) async throws {
        try await withReconciler(failing: step) { world in
            try await world.settle(1)
            #expect(world.host.machine.withLock { $0.done } == ["makeDirectory", "start", "open"])
        }
    }

    @Test func aServerWhosePortSomebodyElseHasGetsAnother() async throws {
        try await withReconciler(on: { $0.takenPort = PortNumber(31000) }) { world in
            try await world.settle(1)
            #expect(world.host.machine.withLock { $0.done } == ["makeDirectory", "start", "open"])
            let service = try #require(try await world.service())
            #expect(service.instances[0].internalPort.number == 31001 && service.generation == 1)
            let ports = try await world.parts.records.allocations().value.ports.map(\.number)
            #expect(ports.contains(31001) && !ports.contains(31000))
            // The router sends clients there.
            let backends = world.feed.routes.withLock { $0.values.flatMap { $0.map(\.backend.port.number) } }
            #expect(Set(backends) == [31001])
            let events = await world.parts.events.newest(10, application: nil)
            #expect(events.contains { $0.kind == "port_moved" && $0.message.contains("python3 (pid 42)") })
        }
    }

    @Test func appliesChangesInPlace() async throws {
        try await withReconciler { world in
            try await world.settle(1)
            try await world.change { service in
                service.settings.config = ["max_connections": "10"]
                service.settings.memory = .gibibytes(1)
            }
            try await world.settle(2)
            #expect(world.host.machine.withLock { $0.done.suffix(2) } == ["applyLimits", "applySettings"])
        }
    }

    @Test func restartsOnceForOneRequest() async throws {
        try await withReconciler { world in
            try await world.settle(1)
            try await world.change { $0.restartGeneration = $0.generation }
            try await world.settle(2)
            #expect(world.host.machine.withLock { $0.done.suffix(3) } == ["stop", "start", "open"])
        }
    }

    @Test func restoresASnapshotAndKeepsWhatStood() async throws {
        try await withReconciler { world in
            try await world.settle(1)
            try await world.change { $0.ask(for: .restore(snapshot: "old", keep: "kept")) }
            try await world.settle(2)
            let machine = world.host.machine.withLock { $0 }
            #expect(machine.done.suffix(7) == ["stage", "stop", "keep", "place", "clear", "start", "open"])
            #expect(machine.kept == ["kept"])
            #expect(try await world.service()?.goal == .run)
        }
    }

    @Test func newRoutesReachTheRouterWithoutARestart() async throws {
        try await withReconciler { world in
            try await world.settle(1)
            let pid = world.host.machine.withLock { $0.pid }
            try await world.change { $0.settings.expose = .network }
            try await world.settle(2)
            #expect(world.host.machine.withLock { $0.pid } == pid)
            let reaches = Set(world.feed.routes.withLock { $0.values.flatMap { $0.map(\.reach) } })
            #expect(reaches == [.network])
        }
    }

    @Test func upgradesBehindAnImageAndOpensLast() async throws {
        try await withReconciler { world in
            try await world.settle(1)
            let next = try #require(EngineIdentity("mariadb@11.4.2"))
            try await world.change { $0.ask(for: .upgrade(to: next, keep: "before")) }
            try await world.settle(2)
            let machine = world.host.machine.withLock { $0 }
            #expect(machine.done.suffix(5) == ["stop", "image", "start", "finishUpgrade", "open"])
            #expect(machine.kept == ["before"])
            let service = try #require(try await world.service())
            #expect(service.engine == next && service.goal == .run && service.failedUpgrade == nil)
        }
    }

    /// A start whose server ends before it is seen is a failure; otherwise it would be retried without a pause.
    @Test func aServerThatEndsBeforeItIsSeenHasFailed() async throws {
        try await withReconciler(on: { $0.endsAtOnce = true }) { world in
            let status = try await world.status { ($0.instances[0]?.failures ?? 0) >= 3 }
            #expect(status.instances[0]?.problem?.contains("its server ended") == true, "\(status)")
            #expect(world.host.machine.withLock { $0.done.filter { $0 == "start" }.count } == 3)
        }
    }

    @Test func goesOnWithTheNewerReleaseThatItsMachineHas() async throws {
        try await withReconciler { world in
            try await world.settle(1)
            let newer = try #require(EngineIdentity("mariadb@10.11.20"))
            world.host.machine.withLock { $0.engine = newer }
            try await world.change { $0.restartGeneration = $0.generation }
            try await world.settle(2)
            #expect(try await world.service()?.engine == newer)
            #expect(await world.parts.events.newest(10, application: nil).contains { $0.kind == "engine_moved" })
        }
    }

    @Test func givesUpAnUpgradeWhoseImageCannotBeMade() async throws {
        try await withReconciler { world in
            try await world.settle(1)
            let old = try await world.service()?.engine
            let next = try #require(EngineIdentity("mariadb@11.4.2"))
            world.host.machine.withLock { $0.neverDone = "image" }
            try await world.change { $0.ask(for: .upgrade(to: next, keep: "before")) }
            try await world.settle(2)
            #expect(world.host.machine.withLock { $0.done.suffix(3) } == ["stop", "start", "open"])
            let service = try #require(try await world.service())
            #expect(service.engine == old && service.goal == .run && service.failedUpgrade?.engine == next)
        }
    }

    @Test func takesBackAnUpgradeThatDoesNotComeUp() async throws {
        try await withReconciler { world in
            try await world.settle(1)
            let old = try await world.service()?.engine
            let next = try #require(EngineIdentity("mariadb@11.4.2"))
            world.host.machine.withLock { $0.neverDone = "finishUpgrade" }
            try await world.change { $0.ask(for: .upgrade(to: next, keep: "before")) }
            try await world.settle(2)
            let machine = world.host.machine.withLock { $0 }
            #expect(machine.done.suffix(7) == ["stage", "stop", "keep", "place", "clear", "start", "open"])
            #expect(machine.kept == ["before", "before-failed"])
            let service = try #require(try await world.service())
            #expect(service.engine == old && service.goal == .run)
            #expect(service.failedUpgrade?.engine == next)
        }
    }

    @Test func forgetsADestroyedServiceWithAllThatWasGivenToIt() async throws {
        try await withReconciler { world in
            try await world.settle(1)
            try await world.change { $0.deletion = ServiceSpec.Deletion(keep: "last") }
            try await world.forgotten()
            #expect(try await world.service() == nil)
            #expect(world.host.machine.withLock { $0.kept } == ["last"])
            #expect(try await world.parts.records.allocations().value.ports.isEmpty)
            #expect(world.feed.routes.withLock { $0.isEmpty })
        }
    }

    @Test func asksASettledServerForItsHealthAlone() async throws {
        try await withReconciler(probeInterval: .milliseconds(1)) { world in
            try await world.settle(1)
            try await world.until { $0.probes >= 1 }
            let before = world.host.machine.withLock { $0 }
            try await world.until { $0.probes >= before.probes + 20 }
            #expect(world.host.machine.withLock { $0.looks } == before.looks)
        }
    }

    @Test func looksAtAllOfItWhenItsHealthOrItsGateIsAnother() async throws {
        try await withReconciler(probeInterval: .milliseconds(1)) { world in
            try await world.settle(1)
            world.host.machine.withLock { $0.isOpen = false }
            try await world.until { $0.done == ["makeDirectory", "start", "open", "open"] }
            let looks = world.host.machine.withLock { $0.looks }
            world.feed.routes.withLock { $0 = [:] }
            try await world.until { $0.looks > looks }
            while await world.feed.gate(of: world.instance) != .open { await Task.yield() }
        }
    }

    @Test func doesNotMakeAMissingDirectoryAgain() async throws {
        try await withReconciler { world in
            try await world.settle(1)
            world.host.machine.withLock { $0.directory = .absent }
            world.host.crash(world.instance)
            try await world.change { _ in }
            let status = try await world.status { $0.seenGeneration == 2 && $0.instances[0]?.convergence == .blocked }
            #expect(status.instances[0]?.problem?.contains("data directory is gone") == true)
            #expect(world.host.machine.withLock { $0.done } == ["makeDirectory", "start", "open"])
        }
    }
}

/// A service, its reconciler and a world in memory around them.
struct World: Sendable {
    let parts: ReconcilerParts
    let host: ModelledHost
    let feed: ModelledFeed
    let agent: HostAgent
    let reconciler: ServiceReconciler
    let id: ServiceID
    var instance: InstanceID { InstanceID(id, 0) }

    /// Runs the reconciler as `Reconcilers` does for one service.
    func runReconciler() async {
        await withDiscardingTaskGroup { group in
            group.addTask { for await status in self.parts.agent.statuses { self.reconciler.receive(status) } }
            await reconciler.run()
            group.cancelAll()
        }
    }

    func service() async throws -> Service? { try await parts.records.service(id)?.value }

    func change(_ change: (inout ServiceSpec) -> Void) async throws {
        try await parts.records.updateSpec(id) { service in
            var spec = service.spec
            spec.advance()
            change(&spec)
            return spec
        }
        reconciler.wake()
    }

    func settle(_ generation: Int) async throws {
        _ = try await status { $0.settledGeneration >= generation }
    }

    func status(_ isReached: (ServiceReport) -> Bool) async throws -> ServiceReport {
        for await status in parts.statusCache.updates(of: id) {
            if let status, isReached(status) { return status }
        }
        throw CancellationError()
    }

    /// Returns when the machine is in that state.
    func until(_ isReached: (ModelledHost.Machine) -> Bool) async throws {
        while !host.machine.withLock({ isReached($0) }) {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    func forgotten() async throws {
        for await status in parts.statusCache.updates(of: id) where status == nil { return }
    }
}

func withReconciler(
    failing: String? = nil, on machine: (inout ModelledHost.Machine) -> Void = { _ in },
    probeInterval: Duration = .seconds(2), store: any StateStore = MemoryStore(), password: String = "secret",
    way: ((HostAgent) -> any Agent)? = nil, isLossy: Bool? = nil,
    running: @escaping @Sendable (World) async -> Void = { await $0.runReconciler() },
    _ body: @escaping @Sendable (World) async throws -> Void
) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "roost-\(UUID())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }  // The system clears its temporary folder.
    let records = Records(store: store)
    let key = try HomeKey.loadOrMake(path: "\(folder)/key")
    let id = ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: "data"))
    let service = try Service.sample(id, key: key, password: password)
    var allocations = Allocations()
    allocations.ports = [
        service.endpoint, service.readEndpoint, service.instances[0].port, service.instances[0].internalPort,
    ]
    let application = Application(
        name: id.application, user: ServerUser(name: "roost01", uid: 1, gid: 1), order: [id.service], createdAt: Date())
    try await records.commit(
        Records.creation(of: service) + [
            Records.put(application, at: Records.key(id.application), expecting: 0),
            Records.put(allocations, at: Allocations.key, expecting: 0),
        ])
    let host = ModelledHost()
    host.machine.withLock {
        $0.failing = failing
        machine(&$0)
    }
    let feed = ModelledFeed()
    let statusCache = StatusCache()
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let events = EventLog(records: records, logger: logger)
    // Short intervals make lost messages be sent again soon.
    let isLossy = isLossy ?? (way != nil)
    let planner =
        isLossy
        ? InstancePlanner(probeInterval: .milliseconds(5), reviewInterval: .milliseconds(20))
        : InstancePlanner(probeInterval: probeInterval)
    let agent = HostAgent(
        parts: AgentParts(
            host: host, planner: planner, key: { key }, logger: logger,
            patience: isLossy ? .milliseconds(5) : .seconds(2)))
    let connection = way?(agent) ?? AgentLoopback(to: agent, logger: logger)
    let parts = ReconcilerParts(
        records: records, agent: connection, boot: "boot", feed: feed, statusCache: statusCache, events: events,
        planner: planner, operations: Operations(records: records, statusCache: statusCache, logger: logger),
        snapshots: Snapshots(records: records, agent: connection, events: events),
        routes: { ServiceRoutes.make($0, wire: "mysql", gates: $1) },
        applicationChanged: { _ in },
        logger: logger,
        takeInternalPort: { allocations throws(Problem) in
            let range = PortRange("31000-31999")
            guard let range else { throw Problem(.noPort, "no range") }
            return try allocations.takePort(from: range) { $0.number != 31000 }
        })
    let world = World(
        parts: parts, host: host, feed: feed, agent: agent, reconciler: ServiceReconciler(id, parts), id: id)
    try await withThrowingTaskGroup(of: Bool.self) { group in
        group.addTask {
            // The agent ends when it is cancelled.
            try? await agent.run()
            return false
        }
        group.addTask {
            // `running` ends first where the service is forgotten.
            await running(world)
            return false
        }
        group.addTask {
            try await body(world)
            return true
        }
        while let isBody = try await group.next(), !isBody {}
        group.cancelAll()
    }
}

extension Service {
    static func sample(_ id: ServiceID, key: HomeKey, password: String = "secret") throws -> Service {
        func port(_ number: Int) throws -> PortNumber { try #require(PortNumber(number)) }
        return Service(
            id: id, uid: "u", type: .mysql, engine: try #require(EngineIdentity("mariadb@10.11.19")),
            settings: ServiceSettings(memory: .mebibytes(512)), endpoint: try port(21000),
            readEndpoint: try port(21001),
            instances: [
                ServiceStatus.Member(
                    index: 0, host: "local", port: try port(22000), internalPort: try port(31000), serverID: 1)
            ],
            credentials: Credentials(
                user: "root", password: try key.sealed(password, of: id, .password),
                administration: try key.sealed(password, of: id, .administration)), createdAt: Date())
    }
}

extension Records {
    /// Changes what is asked of a service, as `ServiceChanges` does but without an operation.
    func updateSpec(_ id: ServiceID, _ change: (Service) -> ServiceSpec) async throws {
        try await again { () async throws(Problem) in
            guard let found = try await service(id) else { throw Problem(.serviceNotFound, "\(id) is gone") }
            try await commit(Self.change(of: found, to: change(found.value)))
        }
    }
}
