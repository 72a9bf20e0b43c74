import Foundation
import RoostModel
import Testing

@testable import RoostEngines

// Fences, promotions and restarts.
extension PostgreSQLReplicationTests {
    @Test func aCleanStopEndsOpenTransactionsAndTheReplicaHasAllTheRest() async throws {
        try await Members.withPair { primary, replica in
            await #expect(throws: EngineError.self) { try await engine.close(primary.plan) }
            try primary.addNote("committed")
            let session = try PostgreSQLConnection(primary.plan.address, database: "data", .administration)
            try session.run("BEGIN")
            try session.run("INSERT INTO public.note (words) VALUES ('open')")
            primary.stop()
            #expect(throws: PostgreSQLFault.self) { try session.run("COMMIT") }
            let stopped = try #require(
                await engine.stoppedReport(directory: primary.plan.folders.data, build: primary.build))
            #expect(stopped.role == .primary)
            let written = try #require(stopped.applied)
            try await Members.eventually("the replica has everything") {
                try await Members.report(replica).received?.standing(against: written).holdsAll ?? false
            }
            #expect(try Members.content(replica)?.hasPrefix("1 ") == true)
        }
    }

    /// Sessions without a transaction do not count, nor do failed transactions and Roost's own.
    @Test func theAgeOfTheOldestTransactionIsTold() async throws {
        try await Members.withPrimary { primary in
            let address = primary.plan.address
            let own = try PostgreSQLConnection(address, database: "data", .administration)
            try own.run("BEGIN")
            try own.run("INSERT INTO public.note (words) VALUES ('its own')")
            #expect(try await engine.oldestTransaction(address) == nil)
            try await PostgreSQLSession(primary, "SELECT pg_sleep(2)").during {
                let age = try await engine.oldestTransaction(address)
                #expect(age != nil, "a statement is a transaction")
            }
            #expect(try await engine.oldestTransaction(address) == nil)
            let began = ContinuousClock.now
            try await PostgreSQLSession(
                primary, "BEGIN; INSERT INTO public.note (words) VALUES ('open'); SELECT pg_sleep(3); COMMIT"
            ).during {
                try await Members.eventually("it is told") {
                    guard let age = try await engine.oldestTransaction(address) else { return false }
                    #expect(age <= ContinuousClock.now - began)
                    return age > .seconds(1)
                }
            }
            #expect(try await engine.oldestTransaction(address) == nil)
        }
    }

    /// The position of a replica that lacks only the record of the stop is short of the stopped primary's.
    @Test func aReplicaThatMissedTheStopDoesNotHoldEverything() async throws {
        try await Members.withPair { primary, replica in
            try primary.addNote("one")
            try await Members.catchUp(primary, replica)
            let position = try #require(try await Members.report(replica).received)
            try await replica.frozen { primary.stop() }
            let written = try #require(
                await engine.stoppedReport(directory: primary.plan.folders.data, build: primary.build)?.applied)
            #expect(position.standing(against: written) == .behind)
        }
    }

    @Test func theControlFileIsReadLikeTheServersOwnProgramReadsIt() async throws {
        try await TestServer.with(engine) { server in
            try await engine.open(server.plan)
            let path = "\(server.plan.folders.data)/\(PostgreSQLControlFile.path)"
            func control() throws -> PostgreSQLControlFile? {
                PostgreSQLControlFile([UInt8](try Data(contentsOf: URL(filePath: path))))
            }
            #expect(try control()?.state == .other)
            #expect(await engine.stoppedReport(directory: server.plan.folders.data, build: server.build) == nil)
            server.stop()
            let program = "\(try #require(server.build.programFolders.first))/pg_controldata"
            let words = try TestProgram.run(program, ["-D", server.plan.folders.data]).output
            let found = try #require(try control())
            #expect(found.state == .shutDown && words.contains(#/cluster state: +shut down\n/#), "\(words)")
            let location = words.firstMatch(of: #/Latest checkpoint location: +(\S+)/#).map { String($0.1) }
            #expect(location.flatMap(PostgreSQLReport.location) == found.checkpoint)
            for (name, shown) in Self.limits {
                #expect(
                    words.contains("\(shown) setting:") && words.contains(" \(found.limits[name] ?? -1)\n"), "\(name)")
            }
            #expect(words.firstMatch(of: #/TimeLineID: +(\d+)/#).flatMap { UInt32($0.1) } == found.timeline)

            var damaged = [UInt8](try Data(contentsOf: URL(filePath: path)))
            damaged[33] ^= 1
            #expect(PostgreSQLControlFile(damaged) == nil)
        }
    }

    /// Names of settings as the server's program shows them.
    private static let limits = [
        "max_connections": "max_connections", "max_worker_processes": "max_worker_processes",
        "max_wal_senders": "max_wal_senders", "max_prepared_transactions": "max_prepared_xacts",
        "max_locks_per_transaction": "max_locks_per_xact",
    ]

    /// A replica that starts with the lower limit before the primary has it would never start again.
    @Test func aLoweredLimitReachesTheReplicaAfterThePrimary() async throws {
        try await Members.withPair { primary, replica in
            func lower(_ server: TestServer) throws {
                let group = try #require(server.plan.group)
                server.plan = server.plan.with(config: ["max_connections": "30"])
                    .member(group.own.index, source: group.source)
                if group.source != nil { try engine.startAsReplica(server.plan, user: TestUser.server) }
            }
            let setting = "SHOW max_connections"
            let before = try replica.sql(setting)
            replica.stop()
            try lower(replica)
            try replica.start()
            try await replica.waitUntilItAnswers()
            #expect(try replica.sql(setting) == before)

            primary.stop()
            try lower(primary)
            try primary.start()
            try await primary.waitUntilItAnswers()
            try await Members.follow(primary, replica)
            replica.stop()
            try lower(replica)
            try replica.start()
            try await replica.waitUntilItAnswers()
            #expect(try replica.sql(setting) == [["30"]])
            try await Members.follow(primary, replica)
        }
    }

    @Test func aSwitchoverThereAndBackLosesNothingAndAThirdMemberGoesAlong() async throws {
        try await Members.withPair { first, second in
            try await Members.withReplica(2, of: first) { third in
                try await Members.follow(first, third)
                try first.addNote("on the first")
                try await Members.switchOver(from: first, to: second)
                try await Members.follow(second, third)
                try second.addNote("on the second")
                try await Members.catchUp(second, first)
                try await Members.switchOver(from: second, to: first)
                try await Members.follow(first, third)
                try first.addNote("on the first again")
                for replica in [second, third] {
                    try await Members.catchUp(first, replica)
                    #expect(try Members.content(replica) == Members.content(first))
                    #expect(try replica.sql("SELECT count(*) FROM pg_replication_slots") == [["0"]])
                }
                #expect(try first.sql("SELECT count(*) FROM public.note", database: "data") == [["3"]])
                let slots = try first.sql("SELECT slot_name, active FROM pg_replication_slots ORDER BY 1")
                #expect(slots == [["roost_1", "t"], ["roost_2", "t"]])
                guard case .postgresql(3, _) = try await Members.report(third).received else {
                    Issue.record("each promotion begins a timeline")
                    return
                }
            }
        }
    }

    /// A reader of an old state would delay the application of what VACUUM removed, and may go on once it may write.
    @Test func aPromotionEndsReadersAppliesEverythingAndClosesTheServer() async throws {
        try await Members.withPair { primary, replica in
            try primary.addNote("one")
            try await Members.catchUp(primary, replica)
            let reader = try replica.reader()
            try await reader.during {
                let startup = try replica.process("startup")
                kill(startup, SIGSTOP)
                for number in 0..<50 { try primary.addNote("row \(number)") }
                primary.stop()
                let written = try #require(
                    await engine.stoppedReport(directory: primary.plan.folders.data, build: primary.build)?.applied)
                try await Members.eventually("everything is received") {
                    try await Members.report(replica).received?.standing(against: written).holdsAll ?? false
                }
                let before = try await Members.report(replica)
                #expect(before.applied?.standing(against: written) == .behind)
                kill(startup, SIGCONT)
                try await engine.promote(replica.plan)
            }
            #expect(reader.words.contains("terminating connection"), "\(reader.words)")
            #expect(await engine.probe(replica.plan.address) == .closed)
            #expect(try replica.psql("SELECT 1").status != 0)
            #expect(try Members.content(replica)?.hasPrefix("51 ") == true)
            let report = try await Members.report(replica)
            #expect(report.role == .primary && report.link == .none && report.isSynchronous == false)
            // Again, after a crash of the caller: before the opening, and after it.
            try await engine.promote(replica.plan)
            #expect(await engine.probe(replica.plan.address) == .closed)
            try await engine.open(replica.plan)
            try await engine.promote(replica.plan)
            #expect(await engine.probe(replica.plan.address) == .healthy)
            await #expect(throws: EngineError.self) {
                try await engine.follow(primary.plan.internalPort, replica.plan)
            }
        }
    }

    @Test func aRestartOfEitherServerKeepsItsRoleAndBootsWithTheSwitchesOff() async throws {
        try await Members.withPair { primary, replica in
            try await engine.play(.waits(for: [1]), primary.plan)
            try primary.addNote("one")
            try engine.startAsReplica(directory: replica.plan.folders.data, user: TestUser.server)
            try await replica.restart()
            #expect(try replica.psql("SELECT 1").status != 0)
            let booted = try await Members.report(replica)
            #expect(booted.role == .replica && booted.source == nil)
            try await Members.follow(primary, replica)

            try await primary.restart()
            #expect(await engine.probe(primary.plan.address) == .closed)
            let closed = try await Members.report(primary)
            #expect(closed.role == .primary && closed.isSynchronous == false && closed.acknowledgers == [])
            try await engine.open(primary.plan)
            try primary.addNote("two")
            try await Members.catchUp(primary, replica)
            #expect(try Members.content(replica) == Members.content(primary))
        }
    }
}

extension TestServer {
    /// A session of a user that reads one state and stays in its transaction.
    func reader() throws -> PostgreSQLSession {
        try PostgreSQLSession(
            self, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM note; SELECT pg_sleep(600)")
    }
}

/// A user's session that runs statements in the background, by the engine's own client.
final class PostgreSQLSession {
    private let server: TestServer
    private let process = Process()
    private let path: String

    init(_ server: TestServer, _ statements: String) throws {
        path = "\(server.folder)/session-\(UUID().uuidString.prefix(8)).err"
        try Data().write(to: URL(filePath: path))
        let request = ClientRequest(
            arguments: ["psql", "-XAt"] + statements.split(separator: "; ").flatMap { ["-c", String($0)] },
            host: "127.0.0.1", port: server.plan.internalPort, user: server.plan.applicationUser,
            password: server.plan.applicationPassword, database: "data", authority: nil)
        let command = try server.engine.client(request, build: server.build)
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command.arguments
        process.environment = command.environment.merging(
            ["PATH": (command.path + ["/usr/bin", "/bin"]).joined(separator: ":")]) { $1 }
        process.standardError = try FileHandle(forWritingTo: URL(filePath: path))
        process.standardOutput = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        self.server = server
    }

    /// What the client wrote about errors.
    var words: String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }

    /// Runs `body` once the last statement runs, and waits for the end of the client.
    func during(_ body: () async throws -> Void) async throws {
        try process.run()
        defer { if process.isRunning { process.terminate() } }
        try await PostgreSQLMembers.eventually("the session works") {
            try server.sql(
                "SELECT 1 FROM pg_stat_activity WHERE usename = '\(server.plan.applicationUser)' AND state = 'active'"
            ) == [["1"]]
        }
        try await body()
        process.waitUntilExit()
    }
}
