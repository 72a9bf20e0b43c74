import Foundation
import Logging
import RoostAgentProtocol
import RoostControl
import RoostModel
import RoostStore
import Synchronization
import Testing

@testable import RoostControlPlane

@Suite struct OperationTests {
    let target = OperationRecord.Target(
        service: ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: "data")), generation: 3)

    @Test(arguments: [
        (settled: 3, seen: 3, convergence: InstancePlan.Convergence.settled, failures: 0, Operations.Judgement.reached),
        (settled: 4, seen: 4, convergence: .settled, failures: 0, .reached),
        // An observation of an older generation says nothing of this one.
        (settled: 2, seen: 2, convergence: .blocked, failures: 9, .underway),
        (settled: 2, seen: 3, convergence: .underway, failures: 2, .underway),
        (settled: 2, seen: 3, convergence: .underway, failures: 3, .failed("data: no luck")),
        (settled: 2, seen: 3, convergence: .blocked, failures: 0, .failed("data: no luck")),
    ])
    func judgesByWhatWasSeen(
        settled: Int, seen: Int, convergence: InstancePlan.Convergence, failures: Int, judgement: Operations.Judgement
    ) {
        var status = ServiceReport()
        status.settledGeneration = settled
        status.seenGeneration = seen
        status.instances[0] = ServiceReport.Instance(
            state: .down, pid: nil, problem: "no luck", convergence: convergence, failures: failures)
        #expect(Operations.judge(status, target, kind: "push") == judgement)
    }

    @Test func aServiceThatIsGoneEndsItsDestroyWellAndEverythingElseBadly() {
        #expect(Operations.judge(nil, target, kind: "destroy") == .reached)
        #expect(Operations.judge(nil, target, kind: "push") == .failed("ramen/data was destroyed meanwhile"))
    }

    /// The clone's service has a name that no user gave it.
    @Test func whatFailsOfACloneIsToldWithoutItsOwnName() {
        let clone = OperationRecord.Target(
            service: ServiceID(.clones, ServiceName(checked: "c-4f2a")), generation: 1)
        var status = ServiceReport()
        status.seenGeneration = 1
        status.instances[0] = ServiceReport.Instance(
            state: .down, pid: nil, problem: "no space", convergence: .blocked, failures: 0)
        #expect(Operations.judge(status, clone, kind: "clone") == .failed("no space"))
        status.instances[0]?.problem = nil
        #expect(Operations.judge(status, clone, kind: "clone") == .failed("it does not come up"))
        #expect(Operations.judge(nil, clone, kind: "clone") == .failed("the clone was removed meanwhile"))
    }

    /// A state as after a restart of the daemon: the journal holds the operation, and its service was forgotten
    /// before the operation looked at it.
    @Test(.timeLimit(.minutes(1)), arguments: ["destroy", "push"])
    func endsWhereItsServiceIsGoneAlready(kind: String) async throws {
        let operations = Operations(
            records: Records(store: MemoryStore()), statusCache: StatusCache(), logger: Logger(label: "test"))
        let journal = try operations.journal(
            kind, application: target.service.application, service: target.service, targets: [target])
        let running = Task { try await operations.run() }  // Ended below.
        defer { running.cancel() }
        await operations.follow(journal.record)
        let id = journal.record.info.id
        var info = try await operations.find(id, wait: nil, seenSteps: 0)
        while info.state == .running { info = try await operations.find(id, wait: .seconds(1), seenSteps: 0) }
        #expect(info.state == (kind == "destroy" ? .done : .failed))
    }

    /// A request that arrives while an operation's end is being stored does not wait for further steps.
    @Test(.timeLimit(.minutes(1)))
    func anEndThatIsBeingStoredIsAnEnd() async throws {
        let store = SlowStore()
        let operations = Operations(
            records: Records(store: store), statusCache: StatusCache(), logger: Logger(label: "test"))
        let id = try await operations.begin("engine", interruption: "again").id
        store.holdCommits()
        async let ended: Void = operations.perform(id) { .done(result: nil) }
        await store.committing()
        #expect(try await operations.find(id, wait: .seconds(3600), seenSteps: 0).state == .done)
        store.letCommitsGo()
        await ended
        #expect(try await operations.find(id, wait: .seconds(3600), seenSteps: 0).state == .done)
    }
}

extension OperationTests {
    /// The next operation of its kind may begin as soon as an end is told, so the work's resources are free before
    /// that.
    @Test(.timeLimit(.minutes(1)), arguments: [Operations.Outcome.done(result: "shop"), .failed("no luck")])
    func anEndIsToldWhenItsWorkIsUnregistered(outcome: Operations.Outcome) async throws {
        let operations = Operations(
            records: Records(store: MemoryStore()), statusCache: StatusCache(), logger: Logger(label: "test"))
        let id = try await operations.begin("template", interruption: "again").id
        let states = Mutex<[OperationInfo.State]>([])
        await operations.perform(
            id,
            unregister: {
                // Only the operation itself can be asked; it has to be running until this has returned.
                let info = try? await operations.find(id, wait: nil, seenSteps: 0)
                states.withLock { $0.append(info?.state ?? .failed) }
            }
        ) { outcome }
        #expect(states.withLock { $0 } == [.running])
        #expect(try await operations.find(id, wait: nil, seenSteps: 0).state != .running)
    }

    /// The remaining work of a reached operation is done before its end.
    @Test(.timeLimit(.minutes(1)))
    func aReachedOperationIsCompletedBeforeItsEnd() async throws {
        let operations = Operations(
            records: Records(store: MemoryStore()), statusCache: StatusCache(), logger: Logger(label: "test"))
        let journal = try operations.journal(
            "destroy", application: target.service.application, service: target.service, targets: [target])
        let running = Task { try await operations.run() }  // Ended below.
        defer { running.cancel() }
        let id = journal.record.info.id
        let states = Mutex<[OperationInfo.State]>([])
        await operations.follow(
            journal.record,
            completing: {
                let info = try? await operations.find(id, wait: nil, seenSteps: 0)
                states.withLock { $0.append(info?.state ?? .failed) }
            })
        var info = try await operations.find(id, wait: nil, seenSteps: 0)
        while info.state == .running { info = try await operations.find(id, wait: .seconds(1), seenSteps: 0) }
        #expect(states.withLock { $0 } == [.running])
    }
}

extension OperationTests {
    private func operations(_ store: MemoryStore) -> Operations {
        Operations(records: Records(store: store), statusCache: StatusCache(), logger: Logger(label: "test"))
    }

    /// The next daemon carries the daemon's own work out again. Work that ended two daemons in a row is not begun a
    /// third time, because it may be the cause.
    @Test func workThatEndedTwoDaemonsIsNotBegunAThirdTime() async throws {
        let store = MemoryStore()
        let work = DaemonWork.buildTemplate(TemplateName(checked: "shop"))
        let first = operations(store)
        let id = try await first.begin("template", interruption: "it was not built", work: work).id
        await first.beginWork(id)
        let second = operations(store)
        let taken = try await second.takeInterrupted()
        #expect(taken.map(\.info.id) == [id] && taken.first?.work == work)
        #expect(try await second.find(id, wait: nil, seenSteps: 0).state == .running)
        await second.beginWork(id)
        let last = operations(store)
        #expect(try await last.takeInterrupted().isEmpty)
        let running = Task { try await last.run() }  // Ended below.
        defer { running.cancel() }
        var info = try await last.find(id, wait: nil, seenSteps: 0)
        while info.state == .running {
            await Task.yield()
            info = try await last.find(id, wait: nil, seenSteps: 0)
        }
        #expect(info.state == .failed && info.error == "it was not built")
    }

    /// A daemon that ends before it begins the work, as one whose address is taken does, counts as no death.
    @Test func workThatWasNotBegunIsTakenAgainEachTime() async throws {
        let store = MemoryStore()
        let work = DaemonWork.buildTemplate(TemplateName(checked: "shop"))
        let id = try await operations(store).begin("template", interruption: "it was not built", work: work).id
        for _ in 0..<5 { #expect(try await operations(store).takeInterrupted().map(\.info.id) == [id]) }
    }

    /// A stop of the daemon is no death, however often.
    @Test func theWorkOfADaemonThatStopsIsTakenAgainEachTime() async throws {
        let store = MemoryStore()
        let work = DaemonWork.buildTemplate(TemplateName(checked: "shop"))
        let id = try await operations(store).begin("template", interruption: "it was not built", work: work).id
        for _ in 0..<5 {
            let next = operations(store)
            #expect(try await next.takeInterrupted().map(\.info.id) == [id])
            await next.beginWork(id)
            await next.perform(id) { .interrupted }
        }
        let last = operations(store)
        #expect(try await last.takeInterrupted().count == 1)
        await last.perform(id) { .done(result: "shop") }
        #expect(try await last.find(id, wait: nil, seenSteps: 0).state == .done)
        #expect(try await operations(store).takeInterrupted().isEmpty, "it has ended")
    }
}

extension OperationTests {
    @Test func whatRunsIsListedAndCanBeCancelledWhereItsWorkCan() async throws {
        let operations = Operations(
            records: Records(store: MemoryStore()), statusCache: StatusCache(), logger: Logger(label: "test"))
        let build = try await operations.begin("template", interruption: "again").id
        let load = try await operations.begin("import", service: target.service, interruption: "again").id
        #expect(try await operations.list(nil, all: false).map(\.id) == [build, load])
        #expect(try await operations.list(target.service.application, all: false).map(\.id) == [load])
        let wasCancelled = Mutex(false)
        await operations.letCancel(build) { wasCancelled.withLock { $0 = true } }
        #expect(await operations.cancel(build))
        #expect(wasCancelled.withLock { $0 })
        #expect(await !operations.cancel(load), "nobody said how")
        await operations.perform(build) { .failed("it was cancelled") }
        #expect(await !operations.cancel(build), "it has ended")
        #expect(try await operations.list(nil, all: false).map(\.id) == [load])
        #expect(try await operations.list(nil, all: true).map(\.id) == [build, load])
    }

    /// A push can be cancelled until its targets are stored.
    @Test(.timeLimit(.minutes(1)))
    func aPushThatIsBeingPreparedCanBeCancelled() async throws {
        let operations = Operations(
            records: Records(store: MemoryStore()), statusCache: StatusCache(), logger: Logger(label: "test"))
        let journal = try operations.journal(
            "push", application: target.service.application, service: nil, targets: [], interruption: "again")
        let running = Task { try await operations.run() }  // Ended below.
        defer { running.cancel() }
        let id = journal.record.info.id
        let (begun, begin) = AsyncStream<Void>.makeStream()
        await operations.follow(journal.record) { record throws(Problem) in
            begin.finish()
            // The work ends by cancellation alone.
            do { try await Task.sleep(for: .seconds(3600)) } catch { throw Problem(.failed, "the build was ended") }
            return record
        }
        for await _ in begun {}
        #expect(await operations.cancel(id))
        var info = try await operations.find(id, wait: nil, seenSteps: 0)
        while info.state == .running { info = try await operations.find(id, wait: .seconds(1), seenSteps: 0) }
        #expect(info.state == .failed && info.error == "it was cancelled; nothing was changed")
    }
}

/// A store in memory whose commits can be held.
private final class SlowStore: StateStore {
    private let store = MemoryStore()
    private let isHeld = Mutex(false)
    private let (commits, commit) = AsyncStream<Void>.makeStream()
    private let (releases, release) = AsyncStream<Void>.makeStream()

    func holdCommits() { isHeld.withLock { $0 = true } }
    func letCommitsGo() { release.finish() }
    /// Returns when a commit is held.
    func committing() async { for await _ in commits { return } }

    func get(_ key: String) async throws(StoreError) -> StoredValue? { try await store.get(key) }
    func list(_ prefix: String) async throws(StoreError) -> [StoredValue] { try await store.list(prefix) }
    func revision() async throws(StoreError) -> Int64 { try await store.revision() }
    func commit(_ writes: [StoreWrite]) async throws(StoreError) -> Int64 {
        if isHeld.withLock({ $0 }) {
            commit.yield()
            for await _ in releases {}
        }
        return try await store.commit(writes)
    }
    func watch(_ prefix: String, from revision: Int64) -> AsyncThrowingStream<StoreChange, any Error> {
        store.watch(prefix, from: revision)
    }
}

@Suite struct AllocationTests {
    @Test func givesEachPortOnceAndTakesThemBack() throws {
        let range = try #require(PortRange("20000-20002"))
        var allocations = Allocations()
        #expect(try allocations.takePort(from: range, isFree: { _ in true }).number == 20000)
        // A foreign program listens on the next port.
        #expect(try allocations.takePort(from: range, isFree: { $0.number != 20001 }).number == 20002)
        #expect(throws: Problem.self) { try allocations.takePort(from: range, isFree: { $0.number != 20001 }) }
    }

    @Test func takesTheUserThatTheAgentClaimed() throws {
        let user = ServerUser(name: "roost01", uid: 1, gid: 1)
        var allocations = Allocations()
        #expect(try allocations.take(.ours(user)) == user)
        #expect(allocations.users == ["roost01"])
        let full = #expect(throws: Problem.self) { try allocations.take(.allTaken(of: 2, byHomes: ["/b"])) }
        #expect(full?.code == .noUser && full?.message.contains("/b") == true)
        #expect(throws: Problem.self) { try allocations.take(.unknown(reason: "a broken disk")) }
        #expect(throws: Problem.self) { try allocations.take(.taken(byHome: "/b")) }
        #expect(throws: Problem.self) { try allocations.take(.notOffered) }
        #expect(allocations.users == ["roost01"])
    }

    @Test func readsBackWhatItWrites() throws {
        var allocations = Allocations()
        _ = allocations.takeServerID()
        let read = try JSON.decode(Allocations.self, from: JSON.encode(allocations))
        #expect(read == allocations)
        #expect(read.nextServerID == 2)
    }
}

@Suite struct SignInCodeTests {
    @Test func aCodeWorksOnceAndForAMinute() {
        let codes = SignInCodes()
        let now = Date(timeIntervalSince1970: 1_000_000)
        let first = codes.make(now: now).code
        #expect(!codes.redeem("roost_wrong", now: now))
        #expect(codes.redeem(first, now: now.addingTimeInterval(59)))
        #expect(!codes.redeem(first, now: now))
        let second = codes.make(now: now).code
        #expect(!codes.redeem(second, now: now.addingTimeInterval(61)))
    }
}
