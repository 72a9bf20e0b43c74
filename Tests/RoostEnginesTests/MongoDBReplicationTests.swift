import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// Groups of real servers.
@Suite(
    .serialized, .enabled(if: TestMongo.isHere, "there is no mongod; scripts/setup --tests fetches one"),
    Seed(TestMongo.engine), .timeLimit(.minutes(5)))
struct MongoDBReplicationTests {
    let engine = TestMongo.engine

    @Test func aReplicaSeededUnderLoadEqualsThePrimaryAndTakesReadersOnly() async throws {
        let writer = TestWriter()
        try await MongoGroup.with(
            2, isVoting: false,
            seeding: { server, work in
                let connection = try server.userConnection()
                try await writer.during({ (n: Int64) throws(MongoFault) in
                    try connection.run(["insert": "t", "documents": [["_id": .int(n)]]], on: "data")
                }) {
                    try await writer.wait(until: 100)
                    try await work()
                    let then = writer.acknowledged
                    try await writer.wait(until: then + 100)
                }
            }
        ) { group in
            let (primary, replica) = (group.servers[0], group.servers[1])
            try await group.settled(replica)
            #expect(try primary.count() == writer.acknowledged)
            #expect(try replica.count() == writer.acknowledged, "users read on a replica")
            #expect(try replica.digest() == primary.digest())
            let log = try String(contentsOfFile: "\(replica.folder)/error.log", encoding: .utf8)
            #expect(log.contains("No initial sync required"), "the replica caught up from its image")
            #expect(try replica.refusal(["insert": "t", "documents": [["_id": -1]]]) == MongoFault.Code.notPrimary)
            #expect(await engine.probe(replica.plan.address) == .closed)
            try await engine.applyAccounts(replica.plan)
        }
    }

    @Test func bothSidesReportWhatTheyAre() async throws {
        try await MongoGroup.with(3) { group in
            let (primary, replica) = (group.servers[0], group.servers[1])
            try primary.insert(0..<10)
            for replica in group.servers.dropFirst() { try await group.settled(replica) }
            let own = try await group.report(primary)
            #expect(own.role == .primary && own.link == .none && own.source == nil)
            #expect(own.isSynchronous == true && own.acknowledgers == [1, 2])
            #expect(own.receivers.sorted() == [78, 79])
            let report = try await group.report(replica)
            #expect(report.role == .replica && report.link == .up && report.source == primary.plan.internalPort)
            #expect(report.received == own.applied && report.applied == own.applied && report.secondsBehind == 0)
            #expect(report.isSynchronous == nil && report.acknowledgers == nil)
            #expect(SynchronousPart.waits(for: [1, 2]).isPlayed(by: own) && !SynchronousPart.none.isPlayed(by: own))
            let hello = try primary.system(["hello": 1])
            #expect(
                Set(hello["hosts"]?.items?.compactMap(\.text) ?? []) == Set(group.servers.map(\.plan.memberAddress)),
                "clients are told the addresses at the router")
        }
    }

    // MARK: Who takes writes

    @Test func thePrimaryIsHandedOverAndBackWithoutALostWrite() async throws {
        try await MongoGroup.with(3) { group in
            let (one, two) = (group.servers[0], group.servers[1])
            try one.insert(0..<50)
            let session = try one.userConnection()
            try session.run(
                json: #"{"insert":"t","documents":[{"_id":-1}],"txnNumber":{"$numberLong":"1"},"#
                    + #""startTransaction":true,"autocommit":false}"#, on: "data")
            try await engine.close(one.plan)
            #expect(throws: MongoFault.self, "no commit gets through a fence") {
                try session.run(
                    json: #"{"commitTransaction":1,"txnNumber":{"$numberLong":"1"},"autocommit":false}"#, on: "admin")
            }
            #expect(try one.refusal(["insert": "t", "documents": [["_id": 50]]]) == MongoFault.Code.notPrimary)
            #expect(await engine.probe(one.plan.address) == .closed)
            try await engine.close(one.plan)
            let term = try one.term()

            try await group.hand(from: one, to: two)
            #expect(try two.term() > term)
            #expect(await engine.probe(two.plan.address) == .healthy)
            try two.insert(50..<100)
            try await engine.follow(two.plan.internalPort, one.plan)
            try await engine.follow(two.plan.internalPort, group.servers[2].plan)
            #expect(try await group.report(two).acknowledgers == [0, 2])

            try await group.hand(from: two, to: one)
            try one.insert(100..<150)
            for replica in [two, group.servers[2]] {
                try await group.settled(replica)
                #expect(try replica.count() == 150)
                #expect(try replica.digest() == one.digest())
            }
            #expect(try one.parameter("enableElectionHandoff") == "true")

            // A handover that is given up: a member that stepped down is not elected for a while, unless it is promoted.
            try await engine.close(one.plan)
            try await engine.promote(one.plan)
            try await engine.promote(one.plan)
            try one.insert(150..<151)
        }
    }

    @Test func onlyAMemberThatHasEveryAcknowledgedWriteIsPromoted() async throws {
        try await MongoGroup.with(3) { group in
            let (primary, late, best) = (group.servers[0], group.servers[1], group.servers[2])
            late.stop()
            try primary.insert(0..<20)
            try await group.settled(best)
            primary.kill()
            try late.start()
            try await late.waitUntilItAnswers()
            try await group.until("the late member sees the other one") {
                try late.system(["replSetGetStatus": 1])["members"]?.items?.contains {
                    $0.document?["stateStr"]?.text == "SECONDARY" && $0.document?["self"] == nil
                } ?? false
            }
            let received = try #require(try await group.report(late).received)
            let other = try #require(try await group.report(best).received)
            #expect(received.standing(against: other) == .behind)
            await #expect(throws: EngineError.self) { try await engine.promote(late.plan) }
            try await engine.promote(best.plan)
            try await engine.open(best.plan)
            #expect(try best.count() == 20)
            try await engine.follow(best.plan.internalPort, late.plan)
            try await group.settled(late, with: best)
            #expect(try late.count() == 20)
        }
    }

    @Test func aMemberHasNoVoteBeforeItHasTheDataAndIsNotPromotedWithoutOne() async throws {
        try await MongoGroup.with(2, isVoting: false) { group in
            let (primary, replica) = (group.servers[0], group.servers[1])
            await #expect(throws: EngineError.self, "a member without a vote is not elected") {
                try await engine.promote(replica.plan)
            }
            try await engine.list([group.peers[0]], primary.plan)
            try await group.until("the member is told") {
                try await group.report(replica).link == .connecting(reason: MongoDBReplication.unlisted)
            }
            // Its own configuration lists several members, or one at another address: nothing is forced on it.
            await #expect(throws: EngineError.self) { try await engine.promote(replica.plan) }
            #expect(throws: MongoFault.self) { try replica.insert(0..<1) }
            try primary.insert(0..<5)
            replica.stop()
            try await engine.list(group.peers, primary.plan)
            await #expect(throws: EngineError.self) { try await engine.play(.waits(for: [1]), primary.plan) }
            #expect(try await group.report(primary).acknowledgers == [])
            try primary.insert(5..<6)

            try replica.start()
            try await replica.waitUntilItAnswers()
            try await engine.follow(primary.plan.internalPort, replica.plan)
            try await group.settled(replica)
            #expect(try replica.count() == 6)
            try await engine.play(.waits(for: [1]), primary.plan)
            #expect(try await group.report(primary).acknowledgers == [1])
        }
    }

    // MARK: Synchronous replication

    @Test func aCommitWaitsForAMajorityAndForNobodyOnceAlone() async throws {
        try await MongoGroup.with(3) { group in
            let primary = group.servers[0]
            let replicas = group.servers.dropFirst()
            let writer = TestWriter()
            let connection = try primary.userConnection()
            try await writer.during({ (n: Int64) throws(MongoFault) in
                try connection.run(["insert": "t", "documents": [["_id": .int(n)]]], on: "data")
            }) {
                try await writer.wait(until: 10)
                for replica in replicas { try await replica.suspend() }
                // The last acknowledgement may still be on its way. Dozens of writes would be acknowledged meanwhile, and
                // after 10 s the primary would step down.
                var then = writer.acknowledged
                try await group.until("a write waits while no replica answers") {
                    then = writer.acknowledged
                    for _ in 0..<10 { _ = try await group.report(primary) }
                    return try writer.acknowledged == then && primary.count() == then + 1
                        && primary.isAheadOfTheMajority()
                }
                for replica in replicas { replica.signal(SIGCONT) }
                try await writer.wait(until: then + 50)
            }
            for replica in replicas { try await group.settled(replica) }
            #expect(try replicas.map { try $0.count() } == [writer.acknowledged, writer.acknowledged])

            try await engine.play(.none, primary.plan)
            let report = try await group.report(primary)
            #expect(report.isSynchronous == false && report.acknowledgers == [])
            for replica in replicas { try await replica.suspend() }
            try primary.insert(1_000_000..<1_000_010)
            for replica in replicas { replica.signal(SIGCONT) }
            try await engine.play(.waits(for: [1, 2]), primary.plan)
            #expect(try await group.report(primary).acknowledgers == [1, 2])
        }
    }

    // MARK: Restarts

    @Test func restartsOfServersAndOfTheRouterLoseNothing() async throws {
        try await MongoGroup.with(3) { group in
            let primary = group.servers[0]
            try primary.insert(0..<10)
            let term = try primary.term()
            group.endRelays()
            try await group.until("the members miss each other") {
                try await group.report(group.servers[1]).link != .up
            }
            try group.startRelays()
            for replica in group.servers.dropFirst() { try await group.settled(replica) }
            #expect(try primary.term() == term, "a restart of the router causes no election")

            try await group.servers[1].restart()
            try await group.settled(group.servers[1])
            try primary.insert(10..<20)

            // The engine may elect another member while the primary restarts; Roost has its own choice elected.
            try await primary.restart()
            #expect(await engine.probe(primary.plan.address) == .closed)
            let elected = try await group.primary()
            if elected !== primary { try await group.settled(primary, with: elected) }
            try await engine.promote(primary.plan)
            try await engine.open(primary.plan)
            #expect(try await group.report(primary).acknowledgers == [1, 2])
            try primary.insert(20..<30)
            for replica in group.servers.dropFirst() {
                try await group.settled(replica)
                #expect(try replica.count() == 30)
            }
        }
    }

    @Test func theLastMemberOfAGroupGoesOnAlone() async throws {
        try await MongoGroup.with(3) { group in
            let primary = group.servers[0]
            try primary.insert(0..<10)
            #expect(try await engine.oldestTransaction(primary.plan.address) == nil, "nobody has one open")
            try await engine.play(.none, primary.plan)
            for replica in group.servers.dropFirst() { replica.kill() }
            primary.plan = primary.plan.alone()
            try await engine.applyAccounts(primary.plan)
            let config = try primary.system(["replSetGetConfig": 1])["config"]?.document
            #expect(config?["members"]?.items?.count == 1)
            try primary.insert(10..<20)
            try await primary.restart()
            try await engine.open(primary.plan)
            #expect(await engine.probe(primary.plan.address) == .healthy)
            #expect(try primary.count() == 20)
        }
    }
}

extension TestServer {
    /// Whether the server has a write that no majority has confirmed.
    fileprivate func isAheadOfTheMajority() throws -> Bool {
        let times = try system(["replSetGetStatus": 1])["optimes"]?.document
        func time(_ name: String) -> UInt64? { SetStatus.time(of: times?[name]?.document) }
        guard let applied = time("appliedOpTime"), let committed = time("lastCommittedOpTime") else { return false }
        return applied > committed
    }

    fileprivate func userConnection() throws -> MongoConnection {
        try MongoConnection(
            plan.folders.socket, .user(plan.applicationUser, password: plan.applicationPassword), .administration)
    }
}
