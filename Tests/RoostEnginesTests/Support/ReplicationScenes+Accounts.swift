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
