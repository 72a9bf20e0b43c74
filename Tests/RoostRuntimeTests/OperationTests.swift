import Foundation
import Logging
import RoostControl
import RoostModel
import RoostStore
import Testing

@testable import RoostRuntime

@Suite struct OperationTests {
    let target = OperationRecord.Target(
        service: ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: "data")), generation: 3)

    @Test(arguments: [
        (settled: 3, seen: 3, outlook: InstancePlan.Outlook.settled, failures: 0, Operations.Judgement.reached),
        (settled: 4, seen: 4, outlook: .settled, failures: 0, .reached),
        // What was seen of an older generation says nothing of this one.
        (settled: 2, seen: 2, outlook: .blocked, failures: 9, .underway),
        (settled: 2, seen: 3, outlook: .underway, failures: 2, .underway),
        (settled: 2, seen: 3, outlook: .underway, failures: 3, .failed("data: no luck")),
        (settled: 2, seen: 3, outlook: .blocked, failures: 0, .failed("data: no luck")),
    ])
    func judgesByWhatWasSeen(
        settled: Int, seen: Int, outlook: InstancePlan.Outlook, failures: Int, judgement: Operations.Judgement
    ) {
        var status = StatusBoard.Status()
        status.settledGeneration = settled
        status.seenGeneration = seen
        status.instances[0] = StatusBoard.Instance(
            state: .down, pid: nil, problem: "no luck", outlook: outlook, failures: failures)
        #expect(Operations.judge(status, target, kind: "push") == judgement)
    }

    @Test func aServiceThatIsGoneEndsItsDestroyWellAndEverythingElseBadly() {
        #expect(Operations.judge(nil, target, kind: "destroy") == .reached)
        #expect(Operations.judge(nil, target, kind: "push") == .failed("ramen/data was destroyed meanwhile"))
    }

    /// As after a restart of the daemon: the journal holds the operation, and its service was forgotten before anybody
    /// looked at it.
    @Test(.timeLimit(.minutes(1)), arguments: ["destroy", "push"])
    func endsWhereItsServiceIsGoneAlready(kind: String) async throws {
        let operations = Operations(
            records: Records(store: MemoryStore()), board: StatusBoard(), logger: Logger(label: "test"))
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
}

@Suite struct AllocationTests {
    @Test func givesEachPortOnceAndTakesThemBack() throws {
        let range = try #require(PortRange("20000-20002"))
        var allocations = Allocations()
        #expect(try allocations.takePort(from: range, isFree: { _ in true }).number == 20000)
        // Somebody else listens on the next one.
        #expect(try allocations.takePort(from: range, isFree: { $0.number != 20001 }).number == 20002)
        #expect(throws: Problem.self) { try allocations.takePort(from: range, isFree: { $0.number != 20001 }) }
    }

    @Test func givesEachApplicationAUserOfItsOwn() throws {
        let pool = [ServerUser(name: "roost01", uid: 1, gid: 1), ServerUser(name: "roost02", uid: 2, gid: 2)]
        var allocations = Allocations()
        #expect(try allocations.takeUser(from: pool).name == "roost01")
        #expect(try allocations.takeUser(from: pool).name == "roost02")
        #expect(throws: Problem.self) { try allocations.takeUser(from: pool) }
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
