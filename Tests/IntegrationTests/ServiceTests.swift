import Foundation
import RoostModel
import Testing

/// Operations on a running service.
@Suite
struct ServiceTests {
    @Test func aRestartKeepsAddressPasswordAndRows() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            try await roost.query("create table t as select 42 as n")
            let before = try await roost.info(showPassword: true)
            try await roost.roost("restart", "data", "-A", "ramen").expectSuccess()
            let after = try await roost.info(showPassword: true)
            #expect(after.instances.first?.pid != before.instances.first?.pid)
            #expect(after.url == before.url)
            #expect(try await roost.query("select n from t") == ["42"])
        }
    }

    @Test func newConnectionsWaitWhileTheServerRestarts() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let shown = try await roost.info(showPassword: true)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await roost.roost("restart", "data", "-A", "ramen").expectSuccess() }
                var cut = 0
                for _ in 0..<20 {
                    let outcome = try await roost.connect(shown)
                    if outcome.status != 0, outcome.errors.contains("Lost connection to server during query") {
                        cut += 1
                    } else {
                        #expect(outcome.status == 0, "\(outcome)")
                    }
                }
                #expect(cut <= 1, "none but the one that the old server was just answering")
                try await group.waitForAll()
            }
        }
    }

    @Test func scalingMemorySetsTheLimitAndOutlivesAPush() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.services("data: {type: mysql}"))
            try await roost.roost("scale", "data:memory=256M", "-A", "ramen").expectSuccess()
            var info = try await roost.info()
            #expect(info.memoryBytes == .mebibytes(256))
            if info.limitsEnforced {
                let pid = try #require(info.instances.first?.pid)
                #expect(ProcessTable.memoryLimit(of: pid) == ByteCount.mebibytes(256).bytes)
            }
            // The file leaves the key out, so scale's value stays; where the file states it, the file wins.
            try await roost.push(BuildFiles.services("data: {type: mysql}"))
            #expect(try await roost.info().memoryBytes == .mebibytes(256))
            try await roost.push(BuildFiles.services("data: {type: mysql, memory: 320M}"))
            info = try await roost.info()
            #expect(info.memoryBytes == .mebibytes(320))
            #expect(try await roost.query("select 1") == ["1"])
        }
    }

    @Test func theServerRunsUnprivilegedAndListensOnLoopbackAlone() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let pid = try await roost.pid()
            if Programs.isRoot { #expect(ProcessTable.userID(of: pid) != 0) }
            #expect(try await roost.query("select @@bind_address") == ["127.0.0.1"])
        }
    }

    @Test func aRotatedPasswordLeavesTheOldOneForItsGraceTime() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let old = try await roost.info(showPassword: true)
            try await roost.withSession { session in
                try await roost.roost("password", "rotate", "data", "-A", "ramen", "--grace", "1h").expectSuccess()
                let new = try await roost.info(showPassword: true)
                #expect(new.password != old.password)
                #expect(try await roost.connect(new).status == 0)
                #expect(try await roost.connect(old).status == 0, "still in its grace time")
                #expect(try await session.query("select 1") == ["1"], "a connection that stands is left alone")

                try await roost.roost("password", "rotate", "data", "-A", "ramen", "--grace", "0s").expectSuccess()
                let newest = try await roost.info(showPassword: true)
                #expect(try await roost.connect(newest).status == 0)
                #expect(try await roost.connect(new).status != 0)
                #expect(try await roost.connect(old).status != 0)
            }
            #expect(try await roost.query("select 1") == ["1"])
        }
    }

    @Test func aGraceTimeEndsByItself() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let old = try await roost.info(showPassword: true)
            try await roost.roost("password", "rotate", "data", "-A", "ramen", "--grace", "1s").expectSuccess()
            try await eventually("the old password is refused") { try await roost.connect(old).status != 0 }
            #expect(try await roost.query("select 1") == ["1"])
        }
    }

    @Test func usersComeAndGo() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let added: UserInfo = try await roost.json(UserInfo.self, "user", "add", "data", "cook", "-A", "ramen")
            var cook = try await roost.info()
            cook.user = added.name
            cook.password = added.password
            #expect(try await roost.connect(cook, statement: "create table pot (n int)").status == 0)
            #expect(try await users(roost).contains("cook"))
            #expect(try await roost.problem("user", "add", "data", "cook", "-A", "ramen").status == 1)

            try await roost.roost("user", "rm", "data", "cook", "-A", "ramen", "--yes").expectSuccess()
            #expect(try await roost.connect(cook).status != 0)
            #expect(try await users(roost).contains("cook") == false)
            #expect(try await roost.problem("user", "rm", "data", "cook", "-A", "ramen", "--yes").status == 3)
            try await aReaderOfChangesKeepsItsRight(roost)
        }
    }

    /// The right to read changes outlives a restart and a restore, is shown, and is not of whoever has the name later.
    private func aReaderOfChangesKeepsItsRight(_ roost: Roost) async throws {
        let added: UserInfo = try await roost.json(
            UserInfo.self, "user", "add", "data", "reader", "-A", "ramen", "--replication", "cdc")
        #expect(added.replication == [.cdc])
        var reader = try await roost.info()
        reader.user = added.name
        reader.password = added.password
        let look = "show master status; show binary logs; show all slaves status"
        #expect(try await roost.connect(reader, statement: look).status == 0)
        #expect(try await roost.info(showPassword: true).problems == [])
        #expect(try await readers(roost) == ["reader"])
        #expect(try await roost.problem("user", "add", "data", "reader", "-A", "ramen").status == 1)
        #expect(try await readers(roost) == ["reader"], "an addition that was refused takes nothing away")
        try await roost.roost("snapshot", "new", "data", "-A", "ramen").expectSuccess()
        try await roost.roost("restart", "data", "-A", "ramen").expectSuccess()
        #expect(try await roost.connect(reader, statement: look).status == 0)
        try await roost.roost("snapshot", "restore", "data", "-A", "ramen", "--yes").expectSuccess()
        #expect(try await roost.connect(reader, statement: look).status == 0)
        try await roost.roost("user", "rm", "data", "reader", "-A", "ramen", "--yes").expectSuccess()
        let next: UserInfo = try await roost.json(UserInfo.self, "user", "add", "data", "reader", "-A", "ramen")
        reader.password = next.password
        #expect(try await roost.connect(reader, statement: "select 1").status == 0)
        #expect(try await roost.connect(reader, statement: look).status != 0)
        #expect(try await readers(roost) == [])
    }

    private func listed(_ roost: Roost) async throws -> [UserInfo] {
        let list: ItemList<UserInfo> = try await roost.json(
            ItemList<UserInfo>.self, "user", "ls", "data", "-A", "ramen")
        return list.items
    }

    private func users(_ roost: Roost) async throws -> [String] { try await listed(roost).map(\.name) }

    private func readers(_ roost: Roost) async throws -> [String] {
        try await listed(roost).filter { $0.replication == [.cdc] }.map(\.name)
    }

    @Test func theShownUserCannotTakeOverTheServer() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let shown = try await roost.info(showPassword: true)
            for statement in [
                "shutdown", "select 'x' into outfile '/tmp/roost-test-outfile'",
                "select load_file('/etc/passwd') is not null",
                "set global read_only = 1", "kill 1", "reset master", "install soname 'server_audit'",
            ] {
                let outcome = try await roost.connect(shown, statement: statement)
                // load_file answers NULL instead of failing.
                #expect(outcome.status != 0 || outcome.output.hasPrefix("0"), "\(statement): \(outcome)")
            }
            #expect(try await roost.query("select 1") == ["1"])
        }
    }

    @Test func anAllDatabasesDumpLocksNobodyOut() async throws {
        try await withRoost { roost in
            try await roost.push(
                BuildFiles.services("old: {type: mysql, memory: 192M}", "new: {type: mysql, memory: 192M}"))
            try await roost.query("create table dish as select 'ramen' as name", "old")
            let dump = try await roost.roost(
                "run", "old", "-A", "ramen", "--", "mariadb-dump", "--databases", "old")
            try dump.expectSuccess()
            try await roost.roost("run", "new", "-A", "ramen", "--", "mysql", input: dump.output).expectSuccess()
            #expect(try await roost.query("select name from old.dish", "new") == ["ramen"])
        }
    }

    @Test func destroyAsksThenKeepsASnapshotThatRestoreBringsBack() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            try await roost.query("create table t as select 42 as n")
            let before = try await roost.info(showPassword: true)

            let asked = try await roost.problem("destroy", "data", "-A", "ramen")
            #expect(asked.status == 4)
            #expect(asked.error.code == "confirmation_needed")
            try await roost.roost("destroy", "data", "-A", "ramen", "--yes", "--dry-run").expectSuccess()
            #expect(try await roost.query("select n from t") == ["42"], "neither has changed anything")

            try await roost.roost("destroy", "data", "-A", "ramen", "--yes").expectSuccess()
            #expect(roost.servers.isEmpty)
            #expect(try await roost.problem("info", "data", "-A", "ramen").status == 3)

            let kept: ItemList<SnapshotInfo> = try await roost.json(
                ItemList<SnapshotInfo>.self, "snapshot", "ls", "data", "-A", "ramen")
            let snapshot = try #require(kept.items.first)
            #expect(snapshot.reason == "destroy" && snapshot.expiresAt != nil)

            try await roost.roost("snapshot", "restore", "data", snapshot.id, "-A", "ramen", "--yes").expectSuccess()
            try await roost.waitReady()
            #expect(try await roost.query("select n from t") == ["42"])
            let after = try await roost.info(showPassword: true)
            #expect(after.password == before.password && after.user == before.user)
        }
    }

    @Test func destroyWithoutKeepingLeavesNothingBehind() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            try await roost.roost("destroy", "data", "-A", "ramen", "--yes", "--no-keep").expectSuccess()
            let kept: ItemList<SnapshotInfo> = try await roost.json(
                ItemList<SnapshotInfo>.self, "snapshot", "ls", "data", "-A", "ramen")
            #expect(kept.items.isEmpty)
            #expect(roost.instanceFolders.isEmpty)
        }
    }

    @Test func aServiceOfTheSameNameStartsEmpty() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            try await roost.query("create table t (n int)")
            let before = try await roost.info(showPassword: true)
            try await roost.roost("destroy", "data", "-A", "ramen", "--yes").expectSuccess()
            try await roost.push(BuildFiles.one)
            #expect(try await roost.query("show tables") == [])
            #expect(try await roost.info(showPassword: true).password != before.password)
        }
    }
}
