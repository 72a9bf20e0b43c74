import Foundation
import Logging
import RoostAgentProtocol
import RoostControl
import RoostModel
import RoostSecrets
import RoostStore
import Testing

@testable import RoostControlPlane

/// The API's calls on pauses, and the requests that a paused service refuses, over a store in memory.
@Suite struct PauseHandlerTests {
    @Test func aPauseIsStoredWithoutANewGenerationAndTold() async throws {
        try await withBench { bench in
            let before = Date()
            let info = try await bench.pauses.pause(bench.id, PauseRequest(reason: "disk swap"))
            let until = try #require(info.paused?.until)
            #expect(until >= before.addingTimeInterval(3600) && until <= Date().addingTimeInterval(3600))
            #expect(info.paused?.reason == "disk swap" && info.password == nil)
            let spec = try await bench.service().spec
            #expect(spec.generation == 1 && spec.isPaused(at: before) && !spec.isPaused(at: until + 1))
            let event = try #require(await bench.events.newest(1, application: nil).first)
            #expect(event.kind == "paused" && event.message.contains(": disk swap"))
            #expect(event.message.contains(Timestamp.format(until)))
        }
    }

    @Test func aPauseIsReplacedAndEndedOnce() async throws {
        try await withBench { bench in
            _ = try await bench.pauses.pause(bench.id, PauseRequest(seconds: 60, reason: "x"))
            let longer = try await bench.pauses.pause(bench.id, PauseRequest(seconds: 7200, reason: ""))
            let left = try #require(longer.paused?.until.timeIntervalSinceNow)
            #expect(left > 7000 && longer.paused?.reason == nil)
            for _ in 1...2 { #expect(try await bench.pauses.resume(bench.id).paused == nil) }
            #expect(try await bench.service().spec.pause == nil)
            #expect(await bench.kinds == ["paused", "paused", "resumed"])
        }
    }

    @Test func aServiceThatIsBeingChangedIsNotPaused() async throws {
        try await withBench { bench in
            try await bench.change { $0.ask(for: .move) }
            let refusal = await #expect(throws: Problem.self) {
                try await bench.pauses.pause(bench.id, PauseRequest())
            }
            #expect(refusal?.code == .conflict && refusal?.message.contains("being moved") == true)
            #expect(try await bench.service().spec.pause == nil)
        }
    }

    struct Request: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let send: @Sendable (Bench) async throws -> Void

        init(_ name: String, _ send: @escaping @Sendable (Bench) async throws -> Void) {
            (testDescription, self.send) = (name, send)
        }
    }

    static let requests = [
        Request("restart") { _ = try await $0.instances.restart($0.id, RestartRequest()) },
        Request("promote") { _ = try await $0.instances.promote($0.id, PromoteRequest(instance: 1)) },
        Request("resync") { _ = try await $0.instances.resync($0.id, ResyncRequest(instance: 1)) },
        Request("resync, dry run") { _ = try await $0.instances.resync($0.id, .init(instance: 1, dryRun: true)) },
        Request("scale") { _ = try await $0.instances.scale($0.id, ScaleRequest(memory: "1G")) },
        Request("scale, dry run") { _ = try await $0.instances.scale($0.id, .init(memory: "1G", dryRun: true)) },
        Request("password") { _ = try await $0.accounts.rotatePassword($0.id, RotateRequest()) },
        Request("replication passwords") {
            _ = try await $0.accounts.rotatePassword($0.id, RotateRequest(replication: true))
        },
    ]

    @Test(arguments: requests) func whatNeedsStepsIsRefused(_ request: Request) async throws {
        try await withBench { bench in
            let until = Date(timeIntervalSinceNow: 600)
            try await bench.change { $0.pause = .init(until: until, reason: "disk swap") }
            let refusal = await #expect(throws: Problem.self) { try await request.send(bench) }
            #expect(refusal?.code == .conflict && refusal?.nextSteps == ["roost resume data"])
            #expect(refusal?.message == "'data' is paused until \(Timestamp.format(until)) (disk swap)")
            #expect(try await bench.service().generation == 1)
        }
    }

    @Test func aPauseThatIsOverRefusesNothing() async throws {
        try await withBench { bench in
            try await bench.change { $0.pause = .init(until: Date(timeIntervalSinceNow: -1)) }
            #expect(try await bench.instances.restart(bench.id, RestartRequest()).kind == "restart")
            #expect(try await bench.service().generation == 2)
        }
    }

    @Test func whatChangesNothingIsNotRefused() async throws {
        try await withBench { bench in
            try await bench.change { $0.pause = .init(until: Date(timeIntervalSinceNow: 600)) }
            let answer = try await bench.instances.scale(bench.id, ScaleRequest(memory: "512M"))
            #expect(answer.operation == nil && answer.changes.map(\.kind) == [.none])
        }
    }

    @Test func aPausedServiceIsDestroyed() async throws {
        try await withBench { bench in
            try await bench.change { $0.pause = .init(until: Date(timeIntervalSinceNow: 600)) }
            let options = DestroyOptions(confirm: "data", keep: true, dryRun: false)
            #expect(try await bench.destruction.destroy(bench.id, options).operation != nil)
            let spec = try await bench.service().spec
            #expect(spec.deletion != nil && !spec.isPaused(at: Date()))
        }
    }

    // MARK: The end of a pause

    @Test func anExpiredPauseIsToldOnce() async throws {
        try await withBench { bench in
            let until = Date(timeIntervalSince1970: 1000)
            try await bench.change { $0.pause = .init(until: until) }
            try await bench.expired.end(at: until - 1)
            #expect(try await bench.service().spec.pause != nil)
            for _ in 1...2 { try await bench.expired.end(at: until) }
            #expect(try await bench.service().spec.pause == nil)
            #expect(await bench.kinds == ["pause_expired"])
        }
    }

    @Test func aServiceThatIsBeingDestroyedIsLeftAlone() async throws {
        try await withBench { bench in
            try await bench.change { spec in
                spec.pause = .init(until: Date(timeIntervalSince1970: 1000))
                spec.deletion = .init(keep: nil)
            }
            try await bench.expired.end(at: Date(timeIntervalSince1970: 2000))
            #expect(await bench.kinds.isEmpty)
        }
    }
}

/// A service of two members with data, its handlers, and an agent that gives no answer.
struct Bench: Sendable {
    let id = ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: "data"))
    let records = Records(store: MemoryStore())
    let events: EventLog
    let pauses: PauseHandler
    let instances: InstanceHandler
    let accounts: AccountHandler
    let destruction: Destruction
    let expired: ExpiredPauses
    let book: ComparisonBook

    fileprivate init(key: HomeKey) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let (agent, cache) = (SilentAgent(), StatusCache())
        let facts = MachineFacts(
            boot: "b", enforcesLimits: true, publicHost: "h", authorityFile: "/ca.pem", onlyUser: nil,
            poolPath: "/pool", routerLog: "/router.log", engines: EngineInventory(engines: []))
        let machine = KnownMachine(agent: agent, facts: facts)
        let files = EnvironmentFiles(records: records, machine: machine, key: key, logger: logger)
        let operations = Operations(records: records, statusCache: cache, logger: logger)
        let changes = ServiceChanges(records: records, operations: operations, files: files)
        let services = ServiceRegistry(records: records, changes: changes, statusCache: cache)
        let engines = Engines(of: machine)
        events = EventLog(records: records, logger: logger)
        book = ComparisonBook(records: records)
        pauses = PauseHandler(
            records: records, changes: changes,
            descriptions: Descriptions(
                statusCache: cache, files: files, machine: machine, comparisons: book), events: events)
        instances = InstanceHandler(
            records: records, services: services, engines: engines, events: events, agent: agent,
            comparisons: Comparisons(agent: agent, operations: operations, events: events, book: book))
        accounts = AccountHandler(
            records: records, services: services, engines: engines, key: key, events: events, agent: agent)
        destruction = Destruction(records: records, changes: changes, events: events, statusCache: cache)
        expired = ExpiredPauses(records: records, changes: changes, events: events)
        var service = try Service.sample(id, key: key)
        service.status.members = try (0...1).map { index in
            ServiceStatus.Member(
                index: index, host: "local", port: try #require(PortNumber(22000 + index)),
                internalPort: try #require(PortNumber(31000 + index)), serverID: UInt32(index + 1), seeded: true)
        }
        let application = Application(
            name: id.application, user: ServerUser(name: "roost01", uid: 1, gid: 1), order: [id.service],
            createdAt: Date())
        try await records.commit(
            Records.creation(of: service) + [
                Records.put(application, at: Records.key(id.application), expecting: 0),
                Records.put(Allocations(), at: Allocations.key, expecting: 0),
            ])
    }

    /// The kinds of the events, oldest first.
    var kinds: [String] { get async { await events.newest(20, application: nil).map(\.kind) } }

    func service() async throws -> Service { try #require(try await records.service(id)?.value) }

    func change(_ change: (inout ServiceSpec) -> Void) async throws {
        try await records.updateSpec(id) { service in
            var spec = service.spec
            change(&spec)
            return spec
        }
    }
}

/// Runs `body` with a key in a folder of its own.
func withBench(_ body: (Bench) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "roost-\(UUID())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }  // The system clears its temporary folder.
    try await body(try await Bench(key: try HomeKey.loadOrMake(path: "\(folder)/key")))
}

private struct SilentAgent: Agent {
    let statuses = AsyncStream<InstanceStatus> { $0.finish() }
    func apply(_ spec: InstanceSpec) {}
    func drop(_ id: InstanceID, of uid: String) {}
    func answer(_ request: Data) async throws(AgentSilence) -> Data { throw AgentSilence("it is silent") }
}
