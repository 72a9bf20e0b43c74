import Foundation
import RoostModel
import Testing

@testable import RoostEngines

extension MariaDBReplicationTests {
    @Test func aMembersAccountReplicatesAndDoesNothingElse() async throws {
        try await scenes.aMembersAccountReplicatesAndDoesNothingElse()
    }

    @Test(arguments: ReplicationScenes.changesOfAccounts)
    func aChangedAccountOfAMemberIsNoticedAndRestored(_ change: String) async throws {
        try await scenes.aChangedAccountOfAMemberIsNoticedAndRestored(change)
    }

    @Test func theAccountOfAMemberThatLeftIsRemovedAndItsSessionEnds() async throws {
        try await scenes.theAccountOfAMemberThatLeftIsRemovedAndItsSessionEnds()
    }

    @Test func membersGetNewPasswordsWhileUsersWrite() async throws {
        try await scenes.membersGetNewPasswordsWhileUsersWrite()
    }

    @Test func aReplicaTakesANewPassword() async throws {
        try await members.withPrimary { primary in
            try await members.withReplica(of: primary) { replica in
                let renewed = (0..<2).map { GroupPlan.Follower(index: $0, password: "newSecret\($0)") }
                func plan(_ server: TestServer, _ index: Int) -> ServerPlan {
                    MySQLMembers.plan(server.plan, index, of: renewed, source: primary.plan.internalPort)
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
