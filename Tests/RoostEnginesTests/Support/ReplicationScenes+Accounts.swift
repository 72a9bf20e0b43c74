import Foundation
import RoostModel
import Testing

@testable import RoostEngines

extension ReplicationScenes {
    private static let follower = MySQLMembers.followers[1]

    /// What somebody may do to the account of a member.
    static let changesOfAccounts = [
        "ALTER USER {own} IDENTIFIED BY 'other'", "ALTER USER {own} ACCOUNT LOCK", "DROP USER {own}",
        "GRANT SELECT ON data.* TO {own}", "GRANT ALL ON *.* TO {own}", "REVOKE REPLICATION SLAVE ON *.* FROM {own}",
    ]

    func aMembersAccountReplicatesAndDoesNothingElse() async throws {
        let accounts = try #require(engine as? any UserAccounts & AccountMending)
        try await members.withPrimary { primary in
            try primary.note("secret words")
            func outcome(_ statement: String) async throws -> TestProgram.Outcome {
                try await TestSession(
                    port: primary.plan.internalPort, user: Self.follower.name, password: Self.follower.password
                ).run(statement)
            }
            // The session's database is already more than it may use.
            #expect(try await outcome("SELECT 1").errors.contains("Access denied"))
            let own = "'roost_replica_1'@'127.0.0.1'"
            #expect(
                try primary.administration("SHOW GRANTS FOR \(own)").map { $0[0]?.prefix { $0 != "'" && $0 != "`" } }
                    == ["GRANT REPLICATION SLAVE ON *.* TO "])
            #expect(try await accounts.users(primary.plan).map(\.name) == ["root"])
            for name in [Self.follower.name, "roost_replica_x"] {
                await #expect(throws: EngineError.userReserved(name)) {
                    try await accounts.addUser(name, password: "secret", plan: primary.plan)
                }
                await #expect(throws: EngineError.userReserved(name)) {
                    try await accounts.removeUser(name, plan: primary.plan)
                }
            }
        }
    }

    func aChangedAccountOfAMemberIsNoticedAndRestored(_ change: String) async throws {
        let accounts = try #require(engine as? any UserAccounts & AccountMending)
        try await members.withPrimary { primary in
            let expected = try #require(accounts.expectation(primary.plan))
            #expect(await engine.probe(primary.plan.address, expecting: expected) == .healthy)
            try primary.administration(change.replacing("{own}", with: "'roost_replica_1'@'127.0.0.1'"))
            let position = try primary.position()
            guard case .drifted(let drift) = await engine.probe(primary.plan.address, expecting: expected) else {
                Issue.record("the change is not noticed")
                return
            }
            #expect(drift.text.contains("roost_replica_1"), "\(drift.text)")
            try await accounts.mendAccounts(drift, primary.plan)
            #expect(await engine.probe(primary.plan.address, expecting: expected) == .healthy)
            #expect(try primary.position() == position, "the repair is in the binary log")
        }
    }

    /// Commits wait for the replica all the time: without its acknowledgements the writer would never end.
    func membersGetNewPasswordsWhileUsersWrite() async throws {
        let accounts = try #require(engine as? any UserAccounts & AccountMending)
        try await members.withPrimary { primary in
            try await members.withReplica(of: primary) { replica in
                let port = primary.plan.internalPort
                let (old, new) = (MySQLMembers.followers, MySQLMembers.renewed)
                func renew(_ followers: [GroupPlan.Follower]) async throws {
                    try await engine.applyAccounts(MySQLMembers.plan(replica.plan, 1, of: followers, source: port))
                    let plan = MySQLMembers.plan(primary.plan, 0, of: followers)
                    try await engine.applyAccounts(plan)
                    let expected = try #require(accounts.expectation(plan))
                    #expect(await engine.probe(plan.address, expecting: expected) == .healthy)
                }
                try await engine.play(.acknowledges, replica.plan)
                try await MySQLMembers.eventually("the replica acknowledges") {
                    SynchronousPart.acknowledges.isPlayed(by: try await members.report(replica))
                }
                try await engine.play(.waits(for: [1]), primary.plan)
                _ = try await underLoad(primary) {
                    try await renew(old + new)
                    #expect(try await members.report(replica).account == engine.account(old[1]))
                    let moved = MySQLMembers.plan(replica.plan, 1, of: new + old, source: port)
                    // Under load the replica may refuse once: it is behind at that moment.
                    try await MySQLMembers.eventually("the replica uses its new account") {
                        // Another attempt follows, as the planner's.
                        try? await engine.follow(port, moved)
                        return try await members.report(replica).account == engine.account(new[1])
                    }
                    try await MySQLMembers.eventually("the replica is connected and acknowledges") {
                        let report = try await members.report(replica)
                        return report.link == .up && report.isSynchronous == true
                    }
                    try await renew(new)
                }
                let list = "SELECT User FROM mysql.user WHERE User LIKE 'roost\\_replica%' ORDER BY User"
                #expect(try primary.administration(list) == new.map { [$0.name] })
                try await members.catchUp(primary, replica)
                #expect(try members.content(replica) == members.content(primary))
                let text = try String(contentsOfFile: "\(replica.folder)/error.log", encoding: .utf8)
                #expect(!text.contains(new[1].password) && !text.contains(old[1].password))
                try await engine.play(.none, primary.plan)
            }
        }
    }

    func theAccountOfAMemberThatLeftIsRemovedAndItsSessionEnds() async throws {
        let accounts = try #require(engine as? any UserAccounts & AccountMending)
        try await members.withPrimary { primary in
            try await members.withReplica(of: primary) { replica in
                let left = MySQLMembers.plan(primary.plan, 0, of: [MySQLMembers.followers[0]])
                try await engine.applyAccounts(left)
                let list = "SELECT User FROM mysql.user WHERE User LIKE 'roost\\_replica%'"
                #expect(try primary.administration(list) == [["roost_replica_0"]])
                try await MySQLMembers.eventually("the replica is refused") {
                    try await members.report(replica).link == .connecting(reason: "the primary refuses its account")
                }
                // The service has one instance again.
                let alone = left.with(databases: ["data"])
                #expect(alone.group == nil)
                try await engine.applyAccounts(alone)
                #expect(try primary.administration(list) == [])
                let expected = try #require(accounts.expectation(alone))
                #expect(await engine.probe(primary.plan.address, expecting: expected) == .healthy)
            }
        }
    }
}
