import RoostModel
import Testing

@testable import RoostEngines

/// The reading of a server's answers about replication.
@Suite struct MariaDBReplicationTextTests {
    typealias Status = MariaDBReplicationStatus

    private static func status(_ row: [String: String], applied: String = "9-77-10") -> Status {
        var status = Status()
        let usual = [
            "Connection_name": "", "Master_User": "roost_replica_1", "Master_Port": "3307", "Slave_IO_Running": "Yes",
            "Slave_SQL_Running": "Yes", "Last_IO_Errno": "0", "Last_SQL_Errno": "0", "Gtid_IO_Pos": "9-77-10",
            "Seconds_Behind_Master": "0",
        ]
        status.channel = Status.Channel(usual.merging(row) { _, new in new })
        status.applied = MariaDBPosition(applied) ?? MariaDBPosition()
        return status
    }

    private static func position(_ text: String) -> Position? { MariaDBPosition(text).map(Position.mariadb) }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let row: [String: String]
        var applied = "9-77-10"
        let link: ReplicationReport.Link
        var isFollowing = true
        var received: String? = "9-77-10"
        var behind: Double?
    }

    static let cases = [
        Case(testDescription: "idle", row: [:], link: .up, behind: 0),
        Case(
            testDescription: "behind", row: ["Gtid_IO_Pos": "9-77-12", "Seconds_Behind_Master": "3"], link: .up,
            received: "9-77-12", behind: 3),
        Case(
            testDescription: "equal positions, whatever the clock says", row: ["Seconds_Behind_Master": "7"],
            link: .up, behind: 0),
        Case(
            testDescription: "booted", row: ["Slave_IO_Running": "No", "Slave_SQL_Running": "No", "Gtid_IO_Pos": ""],
            link: .none, isFollowing: false, received: nil),
        Case(
            testDescription: "receiver stopped by Roost", row: ["Slave_IO_Running": "No", "Gtid_IO_Pos": "9-77-11"],
            link: .none, isFollowing: false, received: "9-77-11"),
        Case(
            testDescription: "primary is down",
            row: [
                "Slave_IO_Running": "Connecting", "Last_IO_Errno": "2003",
                "Last_IO_Error": #"… message: Can't connect to server on '127.0.0.1' (111 "Connection refused")"#,
            ], link: .connecting(reason: "connection refused")),
        Case(
            testDescription: "receiver gave up", row: ["Slave_IO_Running": "No", "Last_IO_Errno": "2003"], link: .none,
            isFollowing: false),
        Case(
            testDescription: "log is gone",
            row: [
                "Slave_IO_Running": "No", "Last_IO_Errno": "1236",
                "Last_IO_Error": "Got fatal error 1236 … Probably the slave state is too old and required binlog files "
                    + "have been purged.",
            ],
            link: .broken(reason: "the primary's binary log no longer has the changes that it needs")),
        Case(
            testDescription: "ahead of its primary",
            row: [
                "Slave_IO_Running": "No", "Last_IO_Errno": "1236",
                "Last_IO_Error": "… requested to start from GTID 9-77-11, which is not in the master's binlog. …",
            ], link: .broken(reason: "it holds changes that its primary lacks"), received: nil),
        Case(
            testDescription: "duplicate key",
            row: [
                "Slave_SQL_Running": "No", "Last_SQL_Errno": "1062", "Gtid_IO_Pos": "9-77-11",
                "Last_SQL_Error":
                    "Could not execute Write_rows_v1 event on table shop.orders; Duplicate entry 'secret' "
                    + "for key 'PRIMARY', Error_code: 1062; handler error HA_ERR_FOUND_DUPP_KEY; …",
            ], link: .broken(reason: "duplicate key in shop.orders"), received: "9-77-11"),
        Case(
            testDescription: "an unknown error shows no values",
            row: [
                "Slave_SQL_Running": "No", "Last_SQL_Errno": "1396",
                "Last_SQL_Error":
                    "Error 'Operation CREATE USER failed' on query. … Query: 'CREATE USER x IDENTIFIED BY "
                    + "'secret''",
            ], link: .broken(reason: "a change failed with error 1396; see its log")),
        // Of two transactions with one number the applied one counts.
        Case(
            testDescription: "diverged", row: ["Gtid_IO_Pos": "9-78-10"], applied: "9-77-10", link: .up,
            behind: 0),
        Case(
            testDescription: "an empty service", row: ["Gtid_IO_Pos": ""], applied: "", link: .up, received: "",
            behind: 0),
    ]

    @Test(arguments: cases) func aReplicasReport(_ sample: Case) throws {
        let report = Self.status(sample.row, applied: sample.applied).report
        #expect(
            report
                == ReplicationReport(
                    role: .replica, link: sample.link,
                    source: sample.isFollowing ? try #require(PortNumber(3307)) : nil,
                    received: sample.received.flatMap(Self.position), applied: Self.position(sample.applied),
                    secondsBehind: sample.behind, isSynchronous: false, heard: report.heard,
                    account: "roost_replica_1"))
    }

    @Test(arguments: [(nil, nil), ("0", nil), ("3600", 3600)] as [(String?, Int?)])
    func aReplicaTellsHowFarItStaysBehind(_ column: String?, _ delay: Int?) {
        #expect(Self.status(column.map { ["SQL_Delay": $0] } ?? [:]).report.delaySeconds == delay)
    }

    /// `noted`: in the file of the replica. Nil: it has none.
    @Test(
        arguments: [
            (nil, nil), ("9-77-10", nil), ("9-77-9", nil), ("9-77-11", "9-77-11"), ("9-78-10", "9-78-10"),
            ("9-77-10,3-5-1", "3-5-1,9-77-10"),
        ] as [(String?, String?)])
    func aReplicaTellsWhatItMayHaveAcknowledgedUntilItHasIt(_ noted: String?, _ told: String?) throws {
        var status = Self.status([:])
        status.acknowledged = try noted.map { .position(try #require(MariaDBPosition($0))) } ?? .nothing
        #expect(status.report.mayHaveAcknowledged == told.flatMap(Self.position))
        #expect(status.report.received == Self.position("9-77-10"))
        status.acknowledged = .unreadable
        #expect(status.report.received == nil, "what it holds proves nothing")
    }

    /// A sign of life of the primary, or something that it sent, makes another text.
    @Test func whatAReplicaHears() {
        let row = [
            "Slave_IO_Running": "Yes", "Slave_received_heartbeats": "7", "Master_Log_File": "binlog.000001",
            "Read_Master_Log_Pos": "344", "Gtid_IO_Pos": "9-77-12",
        ]
        let heard = Status.Channel(row).heard
        for name in row.keys where name != "Slave_IO_Running" {
            #expect(Status.Channel(row.merging([name: "8"]) { $1 }).heard != heard, "\(name)")
        }
        #expect(Status.Channel(row.merging(["Slave_IO_Running": "Connecting"]) { $1 }).heard == "")
    }

    @Test func aPrimarysReport() {
        var status = Status()
        status.binlog = MariaDBPosition("9-77-12,3-5-1") ?? MariaDBPosition()
        status.applied = MariaDBPosition("9-78-11,4-5-1") ?? MariaDBPosition()
        status.receivers = [78, 79]
        status.synchronous.waits = true
        let position = Self.position("3-5-1,4-5-1,9-77-12")
        #expect(
            status.report
                == ReplicationReport(
                    role: .primary, received: position, applied: position, isSynchronous: true, waitingCommits: 0,
                    receivers: [78, 79]))
    }

    @Test func aWaitCountsOnlyWhenTheServerIsInIt() {
        func synchronous(_ waits: String, _ status: String) -> Status.Synchronous {
            Status.Synchronous(["waits": waits, "enabled": "0"], [["Rpl_semi_sync_master_status", status]])
        }
        #expect(synchronous("1", "ON").waits)
        #expect(!synchronous("1", "OFF").waits)
        #expect(!synchronous("0", "ON").waits)
    }

    @Test func thePasswordOfAConnectionIsTheSixthLine() {
        #expect(
            MariaDBSourceFile.password("33\nbinlog.000001\n4\n127.0.0.1\nroost_replica_1\nsecret\n3307\n1\n")
                == "secret")
        #expect(MariaDBSourceFile.password("33\n") == nil)
    }

    @Test func aServiceAloneHasNoSettingsOfAGroup() throws {
        let plan = try TestServer.plan(folder: "/srv")
        let names = Set(MariaDBGroup.options.map(\.option.name))
        #expect(MariaDBConfiguration(plan: plan).options.allSatisfy { !names.contains($0.name) })
        let member = MariaDBConfiguration(plan: MySQLMembers.plan(plan, 0))
        let found = member.options.filter { names.contains($0.name) }
        #expect(found == MariaDBGroup.options.map(\.option))
        // A service that becomes a group restarts no server.
        #expect(member.effective == MariaDBConfiguration(plan: plan).effective)
        #expect(MariaDBGroup.options.allSatisfy { ReservedSettings.reason(for: $0.option.name) != nil })
    }

    /// A server that gave up the wait by itself would acknowledge commits that no replica has. A serial applier makes a
    /// promotion wait for seconds.
    @Test func theValuesThatTheGuaranteeRestsOn() throws {
        let options = MariaDBConfiguration(plan: MySQLMembers.plan(try TestServer.plan(folder: "/srv"), 0)).options
        let values = Dictionary(options.map { ($0.name, $0.value) }) { $1 }
        for (name, value) in [
            "rpl_semi_sync_master_wait_point": "AFTER_SYNC", "rpl_semi_sync_master_wait_no_slave": "ON",
            "sync_relay_log": "1", "sync_binlog": "1", "innodb_flush_log_at_trx_commit": "1", "read_only": "ON",
            "skip_slave_start": "ON", "gtid_strict_mode": "ON", "slave_parallel_mode": "optimistic",
        ] {
            #expect(values[name] == value, "\(name)")
        }
        let year: Int64 = 365 * 24 * 3600 * 1000
        #expect(values["rpl_semi_sync_master_timeout"].flatMap { Int64($0) } ?? 0 > year)
        #expect(values["slave_parallel_threads"].flatMap { Int($0) } ?? 0 >= 4)
        for part in ["master", "slave"] { #expect(values["rpl_semi_sync_\(part)_enabled"] == nil, "\(part)") }
    }

    @Test func passwordsOfMembersAreInNoFileInClear() throws {
        let plan = MySQLMembers.plan(try TestServer.plan(folder: "/srv"), 0)
        let files = MariaDBConfiguration(plan: plan).files.values.joined()
        #expect(MySQLMembers.followers.allSatisfy { !files.contains($0.password) })
        #expect(MySQLMembers.followers.allSatisfy { files.contains(NativePassword.hash($0.password)) })
    }
}
