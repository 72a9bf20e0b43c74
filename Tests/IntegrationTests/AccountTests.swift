import Foundation
import RoostModel
import Testing

/// Accounts that a user changed behind Roost's back, as users see it. The tables of attempts try what each engine
/// refuses and mends.
@Suite
struct AccountTests {
    private static let mariadb = BuildFiles.services("data: {type: mariadb, memory: 192M}")

    private func mended(_ roost: Roost) async throws -> [String] {
        let events = try await roost.roost("events", "-n", "100").output
        return events.split(whereSeparator: \.isNewline).map(String.init).filter { $0.contains("accounts_mended") }
    }

    @Test func anAccountThatClimbedIsTakenDownInPlace() async throws {
        try await withRoost { roost in
            try await roost.push(Self.mariadb)
            let before = try await roost.info(showPassword: true)
            let pid = try await roost.pid()
            // The whole escalation: Roost's own account becomes one that clients sign on as.
            try await roost.withSession { session in
                _ = try await session.query("rename user roost_admin@localhost to eve@'%'")
                _ = try await session.query("alter user eve@'%' identified by 'eveSecret1'")
                var eve = before
                eve.user = "eve"
                eve.password = "eveSecret1"
                let climbed = try await roost.connect(
                    eve, statement: "set global innodb_flush_log_at_trx_commit = 0; set password for root@'%' = ''")
                #expect(climbed.status == 0, "\(climbed)")
                try await eventually("the repair", within: .seconds(10)) { try await !mended(roost).isEmpty }
                let again = try await roost.connect(eve, statement: "set global sync_binlog = 0")
                #expect(again.status != 0, "the account is an ordinary one, or gone: \(again)")
            }
            try await eventually("in order again") { try await roost.info().state == .running }
            #expect(try await roost.query("select @@global.innodb_flush_log_at_trx_commit") == ["1"])
            #expect(try await roost.pid() == pid, "without a restart")
            let told = try await mended(roost).joined()
            #expect(told.contains("Roost's own account") && told.contains("is not guaranteed from"), "\(told)")
        }
    }

    @Test func anAccountThatWasDroppedWhileNobodyLookedComesBackWithAStart() async throws {
        try await withRoost { roost in
            try await roost.push(Self.mariadb)
            let before = try await roost.info(showPassword: true)
            await roost.killDaemon()
            #expect(try await roost.connect(before, statement: "drop user roost_admin@localhost").status == 0)
            try await roost.start()
            try await eventually("the start") { try await !mended(roost).isEmpty }
            try await roost.waitReady()
            #expect(try await roost.query("select 1") == ["1"])
        }
    }

    @Test func managedAccountsAreRoostsAlone() async throws {
        try await withRoost { roost in
            try await roost.push(Self.mariadb)
            let pid = try await roost.pid()
            _ = try await roost.query("create user early identified by 'x'")
            try await roost.push(BuildFiles.services("data: {type: mariadb, memory: 192M, accounts: managed}"))
            let info = try await roost.info(showPassword: true)
            #expect(info.accounts == "managed")
            #expect(try await roost.pid() == pid, "in place")
            for statement in [
                "create user late identified by 'x'", "drop user roost_admin@localhost", "grant all on data.* to early",
            ] {
                #expect(try await roost.connect(info, statement: statement).status != 0, "\(statement)")
            }
            #expect(try await roost.connect(info, statement: "create table data.t (i int)").status == 0)
            try await roost.roost("user", "add", "data", "anna", "-A", "ramen").expectSuccess()
            try await roost.push(BuildFiles.services("data: {type: mariadb, memory: 192M, accounts: open}"))
            #expect(try await roost.connect(info, statement: "create user late identified by 'x'").status == 0)
            // The steps above were no drift.
            #expect(try await mended(roost).isEmpty)
        }
    }
}
