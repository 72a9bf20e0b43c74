import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// Replication between real servers. The tests run one at a time: each starts two or three servers.
@Suite(
    .serialized, EachRelease(engine: "postgresql", usually: .machines), Seed(TestServer.postgresql),
    .timeLimit(.minutes(5)))
struct PostgreSQLReplicationTests {
    typealias Members = PostgreSQLMembers
    let engine = Members.engine

    // MARK: Seeding and following

    @Test(arguments: ["frozen", "backup mode"])
    func aReplicaSeededUnderLoadEqualsThePrimary(_ method: String) async throws {
        try await Members.withPrimary { primary in
            let image = "/tmp/roost-engine-image-\(UUID().uuidString.prefix(8))"
            defer { try? FileManager.default.removeItem(atPath: image) }  // Left behind: a folder below /tmp.
            let before = try await Self.underLoad(primary) {
                try await Self.take(image, of: primary, isFrozen: method == "frozen")
            }
            let hasLabel = FileManager.default.fileExists(atPath: "\(image)/backup_label")
            #expect(hasLabel == (method == "backup mode"))
            try await Members.onImage(image, 1, of: primary) { replica in
                let after = try await Self.underLoad(primary) { try await Members.follow(primary, replica) }
                try await Members.catchUp(primary, replica)
                let content = try Members.content(primary)
                #expect(try Members.content(replica) == content)
                #expect(content?.hasPrefix("\(before + after) ") == true, "\(content ?? ""), \(before) + \(after)")
            }
        }
    }

    /// Runs `body` between writes, and returns the number of rows that were acknowledged.
    private static func underLoad(_ server: TestServer, _ body: () async throws -> Void) async throws -> Int64 {
        let writer = TestWriter()
        let connection = try PostgreSQLConnection(server.plan.address, database: "data", .administration)
        let write: @Sendable (Int64) throws(PostgreSQLFault) -> Void = { number throws(PostgreSQLFault) in
            _ = try connection.run("INSERT INTO public.note (words) VALUES (repeat('\(number) ', 200))")
        }
        try await writer.during(write) {
            try await writer.wait(until: 30)
            try await body()
            try await writer.wait(until: writer.acknowledged + 30)
        }
        return writer.acknowledged
    }

    private static func take(_ image: String, of server: TestServer, isFrozen: Bool) async throws {
        let data = server.plan.folders.data
        if isFrozen { return try await server.frozen { _ = try TestProgram.run("/bin/cp", ["-a", data, image]) } }
        let isTaken = try await Members.engine.image(server.plan.address) {
            // A file that is removed during the copy is not part of it.
            try TestProgram.run("/bin/sh", ["-c", "cp -a \"$0\" \"$1\" 2> /dev/null || true", data, image])
            return image
        }
        #expect(isTaken)
    }

    @Test func usersReadOnAReplicaOnceItFollowsAndNeverWrite() async throws {
        try await Members.withPrimary { primary in
            try primary.addNote("before")
            try await Members.withReplica(of: primary) { replica in
                #expect(await engine.probe(replica.plan.address) == .closed)
                #expect(try replica.psql("SELECT 1").errors.contains("no pg_hba.conf entry"))
                // It is counted as a replica of nobody until readers are let in.
                let booted = try await Members.report(replica)
                #expect(booted.role == .replica && booted.source == nil && booted.link == .none)

                try await Members.follow(primary, replica)
                // The planner would close a healthy replica.
                #expect(await engine.probe(replica.plan.address) == .closed)
                #expect(try replica.psql("SELECT words FROM note").output == "before\n")
                for statement in ["INSERT INTO note (words) VALUES ('x')", "CREATE TABLE mine (n int)"] {
                    let outcome = try replica.psql(statement)
                    #expect(outcome.errors.contains("read-only transaction"), "\(outcome)")
                }
                // Steps of an open server change nothing but the host rules.
                try await engine.applyAccounts(replica.plan)
                try await engine.open(replica.plan)
                _ = try await engine.applySettings(["work_mem": "9MB"], plan: replica.plan.member(1))
                #expect(try await Members.report(replica).link == .up)
                #expect(try replica.psql("SELECT count(*) FROM note").output == "1\n")
            }
        }
    }

    /// A scale-up of a service restarts nothing: its files and accounts change while it runs.
    @Test func aRunningServerBecomesThePrimaryOfAGroup() async throws {
        try await TestServer.with(engine) { primary in
            try await engine.open(primary.plan)
            try primary.sql("CREATE TABLE public.note (n serial PRIMARY KEY, words text)", database: "data")
            primary.plan = primary.plan.member(0)
            try primary.writeFiles()
            try await engine.applyAccounts(primary.plan)
            #expect(
                await engine.probe(primary.plan.address, expecting: engine.expectation(primary.plan)) == .healthy)
            try await Members.withReplica(of: primary) { replica in
                try await Members.follow(primary, replica)
                try await engine.play(.waits(for: [1]), primary.plan)
                try primary.addNote("waits")
                try await Members.catchUp(primary, replica)
                #expect(try Members.content(replica) == Members.content(primary))
            }
        }
    }

    @Test func aReplicaStaysBehindUntilItIsToldOtherwise() async throws {
        try await Members.withPair { primary, replica in
            let port = primary.plan.internalPort
            try await engine.follow(port, replica.plan.member(1, source: port, delay: 600))
            try primary.addNote("late")
            let target = try #require(try await Members.report(primary).received)
            try await Members.eventually("the change is received") {
                try await Members.report(replica).received?.standing(against: target).holdsAll ?? false
            }
            let delayed = try await Members.report(replica)
            #expect(delayed.link == .up && delayed.delaySeconds == 600)
            #expect(delayed.applied?.standing(against: target).holdsAll == false)
            #expect(try replica.psql("SELECT count(*) FROM note").output == "0\n")
            try await Members.eventually("the lag is within the delay") {
                try await Members.report(replica).secondsBehind.map { $0 <= 600 } ?? false
            }
            try await Members.follow(primary, replica)
            #expect(try await Members.report(replica).delaySeconds == nil)
            #expect(try Members.content(replica) == Members.content(primary))
        }
    }

    @Test func bothServersReportTheirPositionsAndAnIdleReplicaHasNoLag() async throws {
        try await Members.withPair { primary, replica in
            try primary.addNote("one")
            try await Members.catchUp(primary, replica)
            let leading = try await Members.report(primary)
            #expect(leading.role == .primary && leading.link == .none && leading.source == nil)
            #expect(leading.isSynchronous == false && leading.acknowledgers == [] && leading.secondsBehind == nil)
            try await Members.eventually("the lag is zero") { try await Members.report(replica).secondsBehind == 0 }
            let following = try await Members.report(replica)
            #expect(following.role == .replica && following.link == .up && following.isSynchronous == nil)
            #expect(following.source == primary.plan.internalPort && following.acknowledgers == nil)
            let (received, applied) = (try #require(following.received), try #require(following.applied))
            #expect(received.standing(against: applied).holdsAll)

            // Changes that are received and not applied are the lag.
            try replica.sql("SELECT pg_wal_replay_pause()")
            try primary.addNote("two")
            let target = try #require(try await Members.report(primary).received)
            try await Members.eventually("the change is received") {
                try await Members.report(replica).received?.standing(against: target).holdsAll ?? false
            }
            let paused = try await Members.report(replica)
            #expect(paused.applied?.standing(against: target) == .behind)
            guard case .broken(let reason) = paused.link else {
                Issue.record("\(paused.link)")
                return
            }
            #expect(reason.contains("paused"))
            try replica.sql("SELECT pg_wal_replay_resume()")
            try await Members.catchUp(primary, replica)
        }
    }

    /// Every message of the primary makes another text, and its silence makes none.
    @Test func aReplicaHearsAnIdlePrimaryAndNoFrozenOne() async throws {
        try await Members.withPair { primary, replica in
            try await Members.catchUp(primary, replica)
            for _ in 1...2 {
                let heard = try #require(try await Members.report(replica).heard)
                #expect(!heard.isEmpty)
                try await Members.eventually("a sign of life") { try await Members.report(replica).heard != heard }
            }
            try await primary.frozen {
                try await Members.eventually("the connection ends") { try await Members.report(replica).heard == "" }
            }
            try await Members.eventually("it hears again") { try await Members.report(replica).heard != "" }
            #expect(try await Members.report(primary).heard == nil)
        }
    }

    @Test func aReplicaTellsWhyItHasNoConnection() async throws {
        try await Members.withPair { primary, replica in
            primary.stop()
            try await Members.eventually("the replica tells") {
                guard case .connecting(let reason) = try await Members.report(replica).link else { return false }
                return reason.contains("Connection refused") && reason.contains("\(primary.plan.internalPort)")
            }
            #expect(try await Members.report(replica).secondsBehind == nil)
            try primary.start()
            try await primary.waitUntilItAnswers()
            // A closed primary sends changes too.
            try await Members.eventually("the replica receives again") { try await Members.report(replica).link == .up }
        }
    }

    @Test func aDivergedReplicaIsBrokenInWords() async throws {
        try await Members.withPair { primary, replica in
            replica.stop()
            try primary.addNote("on the primary alone")
            // Not in order, like a crash.
            primary.signal(SIGQUIT)
            primary.stop()
            try engine.startAsReplica(directory: replica.plan.folders.data, user: TestUser.server)
            try replica.start()
            try await replica.waitUntilItAnswers()
            try await engine.promote(replica.plan)
            try await engine.open(replica.plan)
            try replica.addNote("on the new primary")
            #expect(await engine.stoppedReport(directory: primary.plan.folders.data, build: primary.build) == nil)

            primary.plan = primary.plan.member(0, source: replica.plan.internalPort)
            try engine.startAsReplica(directory: primary.plan.folders.data, user: TestUser.server)
            try primary.start()
            try await primary.waitUntilItAnswers()
            try await engine.follow(replica.plan.internalPort, primary.plan)
            try await Members.eventually("the old primary tells") {
                guard case .broken(let reason) = try await Members.report(primary).link else { return false }
                return reason.hasPrefix("its data diverged from the primary's: ")
            }
            let (old, new) = (try await Members.report(primary), try await Members.report(replica))
            let position = try #require(new.applied)
            #expect(old.received?.standing(against: position) == .diverged)
        }
    }
}
