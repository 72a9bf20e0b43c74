import Foundation
import RoostModel
import Testing

@testable import RoostEngines

extension MariaDBReplicationTests {
    private var accounts: MariaDB { TestServer.mariadb }
    private static let follower = GroupPlan.Follower(index: 1, password: "followerSecret1")

    @Test func aMembersAccountReplicatesAndDoesNothingElse() async throws {
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

    @Test(
        arguments: [
            "ALTER USER {own} IDENTIFIED BY 'other'", "ALTER USER {own} ACCOUNT LOCK", "DROP USER {own}",
            "GRANT SELECT ON data.* TO {own}", "GRANT ALL ON *.* TO {own}",
            "REVOKE REPLICATION SLAVE ON *.* FROM {own}",
        ])
    func aChangedAccountOfAMemberIsNoticedAndRestored(_ change: String) async throws {
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

    @Test func theAccountOfAMemberThatLeftIsRemovedAndItsSessionEnds() async throws {
        try await members.withPrimary { primary in
            try await members.withReplica(of: primary) { replica in
                let left = MySQLMembers.plan(primary.plan, 0, of: [MySQLMembers.followers[0]])
                try await engine.applyAccounts(left)
                let list = "SELECT User FROM mysql.global_priv WHERE User LIKE 'roost\\_replica%'"
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

    @Test func aReplicaTakesANewPassword() async throws {
        try await members.withPrimary { primary in
            try await members.withReplica(of: primary) { replica in
                let renewed = (0..<2).map { GroupPlan.Follower(index: $0, password: "newSecret\($0)") }
                func plan(_ server: TestServer, _ index: Int) -> ServerPlan {
                    let plan = MySQLMembers.plan(server.plan, index, of: renewed, source: primary.plan.internalPort)
                    return plan.following(as: renewed[index])
                }
                try await engine.applyAccounts(plan(replica, 1))
                try await engine.applyAccounts(plan(primary, 0))
                try primary.note("after")
                try await members.catchUp(primary, replica)
                #expect(MariaDBSourceFile.password(in: replica.plan.folders.data) == "newSecret1")
                #expect(try members.content(replica) == members.content(primary))
                let text = try String(contentsOfFile: "\(replica.folder)/error.log", encoding: .utf8)
                #expect(!text.contains("newSecret1"))
            }
        }
    }
}

extension ServerPlan {
    fileprivate func following(as own: GroupPlan.Follower) -> ServerPlan {
        ServerPlan(
            instance: instance, settings: settings, folders: folders, internalPort: internalPort,
            routerAddress: routerAddress, serverID: serverID, domainID: domainID, applicationUser: applicationUser,
            applicationPassword: applicationPassword, previousPassword: previousPassword,
            administrationPassword: administrationPassword, databases: databases, certificate: certificate,
            group: group.map { GroupPlan(followers: $0.followers, own: own, source: $0.source) }, profile: profile)
    }
}
