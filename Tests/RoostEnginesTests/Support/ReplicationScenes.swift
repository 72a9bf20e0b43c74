import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// What is the same about replication of MariaDB and of MySQL, for the suite of each.
struct ReplicationScenes {
    let members: MySQLMembers
    var engine: any Replication { members.engine }

    func aReplicaSeededUnderLoadEqualsThePrimary(_ method: String) async throws {
        try await members.withPrimary { primary in
            let image = "\(primary.folder)/image"
            let before = try await underLoad(primary) { try await take(image, of: primary, method) }
            try await members.onImage(image, 1, of: primary) { replica in
                let after = try await underLoad(primary) { try await members.follow(primary, replica) }
                try await members.catchUp(primary, replica)
                #expect(try members.content(replica) == members.content(primary))
                #expect(try members.rows(primary).last?.first == "\(before + after)")
                #expect(!FileManager.default.fileExists(atPath: "\(replica.plan.folders.data)/\(SeedNote.seed)"))
            }
        }
    }

    func usersReadOnAReplicaAndNeitherTheyNorRoostWrite() async throws {
        try await members.withPrimary { primary in
            try primary.note("before")
            try await members.withReplica(of: primary) { replica in
                #expect(await engine.probe(replica.plan.address) == .closed)
                #expect(try await replica.session("SELECT words FROM note").output == "before\n")
                for statement in ["INSERT INTO note (words) VALUES ('x')", "CREATE TABLE mine (n INT)"] {
                    let outcome = try await replica.session(statement)
                    #expect(outcome.errors.contains("read-only option"), "\(outcome)")
                }
                let accounts = try #require(engine as? any UserAccounts & AccountMending)
                try await engine.applyAccounts(replica.plan)
                try await accounts.mendAccounts([], replica.plan)
                #expect(try await accounts.users(replica.plan) == [EngineUser(name: "root", isShown: true)])
                _ = try await members.report(replica)
                #expect(
                    await engine.probe(replica.plan.address, expecting: accounts.expectation(replica.plan)) == .closed)
                #expect(try members.content(replica) == members.content(primary))
                #expect(try replica.administration("SELECT @@global.read_only") == [["1"]])
                // Made by the primary, like everything else.
                try await engine.applyAccounts(primary.plan.with(more: "more"))
                try await members.catchUp(primary, replica)
                #expect(try replica.administration("SHOW DATABASES LIKE 'more'") == [["more"]])
            }
        }
    }

    /// Every message of the primary makes another text, and its silence makes none.
    func aReplicaHearsAnIdlePrimaryAndNoFrozenOne() async throws {
        try await members.withPrimary { primary in
            try await members.withReplica(of: primary) { replica in
                try await members.catchUp(primary, replica)
                for _ in 1...2 {
                    let heard = try #require(try await members.report(replica).heard)
                    #expect(!heard.isEmpty)
                    try await MySQLMembers.eventually("a sign of life") {
                        try await members.report(replica).heard != heard
                    }
                }
                try await primary.suspend()
                try await MySQLMembers.eventually("the connection ends") {
                    try await members.report(replica).heard == ""
                }
                primary.signal(SIGCONT)
                try await MySQLMembers.eventually("it hears again") { try await members.report(replica).heard != "" }
                #expect(try await members.report(primary).heard == nil)
            }
        }
    }

    func reportsTellRolesAndPositions() async throws {
        try await members.withPrimary { primary in
            try await members.withMember(of: primary) { replica in
                let booted = try await members.report(replica)
                #expect(booted.role == .primary && booted.link == .none && booted.source == nil)
                try await members.follow(primary, replica)
                let position = try members.position(primary)
                let first = try await members.report(primary)
                #expect(
                    first
                        == ReplicationReport(
                            role: .primary, received: position, applied: position,
                            isSynchronous: false, waitingCommits: 0, receivers: [78]))
                let second = try await members.report(replica)
                #expect(
                    second
                        == ReplicationReport(
                            role: .replica, link: .up, source: primary.plan.internalPort,
                            received: position, applied: position, secondsBehind: 0,
                            isSynchronous: false, heard: second.heard, account: "roost_replica_1"))
                // Idempotent: nothing is begun anew.
                let thread =
                    "SELECT ID FROM information_schema.PROCESSLIST WHERE COMMAND = 'Slave_IO' OR HOST = 'connecting host'"
                let before = try replica.administration(thread)
                try await engine.follow(primary.plan.internalPort, replica.plan)
                #expect(try replica.administration(thread) == before)
                primary.stop()
                try await MySQLMembers.eventually("the replica notices") {
                    try await members.report(replica).link == .connecting(reason: "connection refused")
                }
                #expect(try await members.report(replica).source == primary.plan.internalPort)
            }
        }
    }

    func aReplicaStaysBehindUntilItIsToldOtherwise() async throws {
        try await members.withPrimary { primary in
            try await members.withReplica(of: primary) { replica in
                let port = primary.plan.internalPort
                let delayed = MySQLMembers.plan(replica.plan, 1, source: port, delay: 600)
                // Idempotent: the second time, nothing is begun anew.
                for _ in 1...2 { try await engine.follow(port, delayed) }
                try primary.note("late")
                let wanted = try #require(try await members.report(primary).applied)
                try await MySQLMembers.eventually("the change is received") {
                    try await members.report(replica).received?.standing(against: wanted).holdsAll == true
                }
                let report = try await members.report(replica)
                #expect(report.link == .up && report.delaySeconds == 600)
                #expect(report.applied?.standing(against: wanted).holdsAll == false)
                #expect(try await replica.session("SELECT COUNT(*) FROM note").output == "0\n")
                try await members.follow(primary, replica)
                #expect(try await members.report(replica).delaySeconds == nil)
                #expect(try members.content(replica) == members.content(primary))
            }
        }
    }

    func aBrokenReplicaIsNamedInWords() async throws {
        try await members.withPrimary { primary in
            try await members.withReplica(of: primary) { replica in
                try members.write(replica, "INSERT INTO data.note (id, words) VALUES (1, 'secret words')")
                try primary.note("first")
                try await MySQLMembers.eventually("the replica is broken") {
                    try await members.report(replica).link == .broken(reason: "duplicate key in data.note")
                }
                await #expect(throws: EngineError.self) { try await engine.promote(replica.plan) }
                // Another attempt after the cause is gone goes on where it stopped.
                try members.write(replica, "DELETE FROM data.note")
                try await engine.follow(primary.plan.internalPort, replica.plan)
                try await members.catchUp(primary, replica)
                #expect(try members.content(replica) == members.content(primary))
            }
        }
    }

    /// The first session that opens such a table after a start of the server would write to the binary log.
    func tablesInMemoryMakeNoTransactionsOfAReplicasOwn() async throws {
        try await members.withPrimary { primary in
            try primary.administration("CREATE TABLE data.kept (n INT) ENGINE = MEMORY")
            try primary.administration("INSERT INTO data.kept VALUES (1)")
            try await members.withReplica(of: primary) { replica in
                #expect(try await replica.session("SELECT COUNT(*) FROM kept").output == "0\n")
                #expect(try replica.position() == primary.position())
                try await replica.restart()
                try await members.follow(primary, replica)
                #expect(try await replica.session("SELECT COUNT(*) FROM kept").output == "0\n")
                #expect(try replica.position() == primary.position())
            }
        }
    }

    func anExposedServicesReplicaVerifiesItsPrimary() async throws {
        try await members.withPrimary(certificate: try TestCertificate.make()) { primary in
            try await members.withReplica(of: primary) { replica in
                try primary.note("over TLS")
                try await members.catchUp(primary, replica)
                #expect(try members.content(replica) == members.content(primary))
            }
        }
    }

    /// Runs `body` between writes, and returns the number of rows that were acknowledged.
    func underLoad(_ server: TestServer, _ body: () async throws -> Void) async throws -> Int64 {
        let writer = TestWriter()
        let connection = try ServerConnection(server.plan.address, .administration)
        let write: @Sendable (Int64) throws(ClientFault) -> Void = { number throws(ClientFault) in
            try connection.run("INSERT INTO data.note (words) VALUES (REPEAT('\(number) ', 20))")
        }
        try await writer.during(write) {
            try await writer.wait(until: 30)
            try await body()
            try await writer.wait(until: writer.acknowledged + 30)
        }
        return writer.acknowledged
    }

    private func take(_ image: String, of server: TestServer, _ method: String) async throws {
        if method == "frozen" {
            try await server.suspend()
            defer { server.signal(SIGCONT) }
            return _ = try TestProgram.run("/bin/cp", ["-a", server.plan.folders.data, image])
        }
        // The folder of a test's server belongs to the server's user, as an instance's does.
        let backups = try #require(engine as? any OnlineBackups)
        let used = try await backups.backUp(server.plan, to: image, build: server.build, user: TestUser.server)
        #expect(used == method)
    }
}
