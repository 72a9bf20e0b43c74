import Foundation
import Logging
import RoostControl
import RoostModel
import RoostStore
import Synchronization
import Testing

@testable import RoostControlPlane

/// The API's calls on operations, over a store in memory and clones that only note their removal.
@Suite struct OperationHandlerTests {
    private let records = Records(store: MemoryStore())
    private let operations: Operations
    private let events: EventLog
    private let clones = NotingClones()
    private let handler: OperationHandler

    init() {
        let logger = Logger(label: "test")
        operations = Operations(records: records, statusCache: StatusCache(), logger: logger)
        events = EventLog(records: records, logger: logger)
        handler = OperationHandler(operations: operations, events: events, clones: clones)
    }

    @Test func cancelsWorkThatCanBeCancelled() async throws {
        let build = try await operations.begin("template", interruption: "again").id
        let wasCancelled = Mutex(false)
        await operations.letCancel(build) { wasCancelled.withLock { $0 = true } }
        #expect(try await handler.cancel(build).id == build)
        #expect(wasCancelled.withLock { $0 })
        #expect(await events.newest(10, application: nil).map(\.kind) == ["operation_cancelled"])
    }

    @Test func refusesToCancelWhatHasEnded() async throws {
        let build = try await operations.begin("template", interruption: "again").id
        await operations.perform(build) { .failed("no luck") }
        let refusal = await #expect(throws: Problem.self) { try await handler.cancel(build) }
        #expect(refusal?.code == .conflict)
    }

    @Test func removesAHalfMadeClone() async throws {
        let clone = try await follow("clone", result: "till")
        _ = try await handler.cancel(clone)
        #expect(clones.removed.withLock { $0 } == ["till confirmed by till"])
    }

    @Test(arguments: ["push", "scale", "restore", "destroy"])
    func refusesToCancelAStoredChange(kind: String) async throws {
        let change = try await follow(kind, result: nil)
        let refusal = await #expect(throws: Problem.self) { try await handler.cancel(change) }
        #expect(refusal?.code == .conflict)
        #expect(try await handler.find(change, wait: nil, seenSteps: 0).state == .running)
        #expect(clones.removed.withLock { $0 }.isEmpty)
    }

    @Test func listsRunningOperationsOfAnApplication() async throws {
        let application = ApplicationName(checked: "ramen")
        let own = try await operations.begin("import", application: application, interruption: "again").id
        let other = try await operations.begin("engine", interruption: "again").id
        #expect(try await handler.list(application, all: false).map(\.id) == [own])
        #expect(try await handler.list(nil, all: false).map(\.id) == [own, other])
    }

    /// Journals a change that reconcilers carry out.
    private func follow(_ kind: String, result: String?) async throws -> String {
        let journal = try operations.journal(kind, application: nil, service: nil, targets: [], result: result)
        try await records.commit([journal.write])
        await operations.follow(journal.record)
        return journal.record.info.id
    }
}

/// Clones of which only the removal is called.
private final class NotingClones: ClonesAPI {
    let removed = Mutex<[String]>([])

    func remove(_ name: CloneName, confirm: String?) async throws(Problem) -> OperationInfo {
        removed.withLock { $0.append("\(name) confirmed by \(confirm ?? "nobody")") }
        return OperationInfo(
            id: "op", kind: "clone_rm", application: nil, service: nil, state: .running, steps: [], error: nil,
            startedAt: .distantPast, endedAt: nil)
    }

    func list() async throws(Problem) -> [CloneInfo] { throw unexpected }
    func find(_ name: CloneName, showPassword: Bool) async throws(Problem) -> CloneInfo { throw unexpected }
    func make(_ name: CloneName?, _ request: CloneRequest, token: String?) async throws(Problem) -> CloneAnswer {
        throw unexpected
    }
    func reset(_ name: CloneName) async throws(Problem) -> OperationInfo { throw unexpected }
    func extend(_ name: CloneName, _ request: ExtendRequest) async throws(Problem) -> CloneInfo { throw unexpected }
    func protect(_ name: CloneName, _ request: ProtectRequest) async throws(Problem) -> CloneInfo { throw unexpected }

    private let unexpected = Problem(.failed, "the handler of operations does not call this")
}
