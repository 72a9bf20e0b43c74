import RoostModel
import Testing

@testable import RoostEngines

/// The reading of a server's answers about replication.
@Suite struct MySQLReplicationTextTests {
    typealias Status = MySQLReplicationStatus

    private static let source = "e2a64c4b-ecf6-11f1-8826-02fc00000001"
    private static let other = "3285e273-ecf7-11f1-bdcc-02fc00000001"

    private static func set(_ text: String) -> GTIDSet { GTIDSet(text) ?? GTIDSet() }
    /// Transactions of the source.
    private static func position(_ numbers: String) -> Position { .mysql(set("\(source):\(numbers)")) }

    private static func status(_ row: [String: String], executed: String) -> Status {
        let usual = [
            "Channel_Name": "", "Source_User": "roost_replica_1", "Source_Port": "3307", "Replica_IO_Running": "Yes",
            "Replica_SQL_Running": "Yes", "Last_IO_Errno": "0", "Last_SQL_Errno": "0",
            "Retrieved_Gtid_Set": "\(source):8-10", "Seconds_Behind_Source": "0",
        ]
        var status = Status()
        status.channel = Status.Channel(usual.merging(row) { _, new in new })
        status.executed = set("\(source):\(executed)")
        return status
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let row: [String: String]
        var executed = "1-10"
        let link: ReplicationReport.Link
        var isFollowing = true
        var received: String? = "1-10"
        var behind: Double?
    }

    static let cases = [
        Case(testDescription: "idle", row: [:], link: .up, behind: 0),
        Case(
            testDescription: "behind",
            row: ["Retrieved_Gtid_Set": "\(source):8-12", "Seconds_Behind_Source": "3"], link: .up, received: "1-12",
            behind: 3),
        Case(
            testDescription: "equal positions, whatever the clock says", row: ["Seconds_Behind_Source": "7"],
            link: .up, behind: 0),
        Case(testDescription: "nothing received yet", row: ["Retrieved_Gtid_Set": ""], link: .up, behind: 0),
        Case(
            testDescription: "booted with changes that were not applied",
            row: ["Replica_IO_Running": "No", "Replica_SQL_Running": "No", "Source_User": ""], executed: "1-8",
            link: .none, isFollowing: false, received: "1-10"),
        Case(
            testDescription: "primary is down",
            row: [
                "Replica_IO_Running": "Connecting", "Last_IO_Errno": "2003",
                "Last_IO_Error": "Error reconnecting to source 'roost_replica_1@127.0.0.1:3307'. This was attempt 7/0, "
                    + "with a delay of 1 seconds between attempts. Message: Can't connect to MySQL server on "
                    + "'127.0.0.1:3307' (111)",
            ], link: .connecting(reason: "connection refused")),
        Case(
            testDescription: "the account is refused: follow again",
            row: [
                "Replica_IO_Running": "Connecting", "Last_IO_Errno": "1045",
                "Last_IO_Error": "Error connecting to source … Access denied for user 'roost_replica_1'@'127.0.0.1'",
            ], link: .connecting(reason: "the primary refuses its account"), isFollowing: false),
        Case(
            testDescription: "log is gone",
            row: [
                "Replica_IO_Running": "No", "Last_IO_Errno": "13114",
                "Last_IO_Error":
                    "Got fatal error 1236 from source when reading data from binary log: 'Cannot replicate "
                    + "because the source purged required binary logs. …",
            ], link: .broken(reason: "the primary's binary log no longer has the changes that it needs")),
        Case(
            testDescription: "ahead of its primary",
            row: [
                "Replica_IO_Running": "No", "Last_IO_Errno": "13114",
                "Last_IO_Error":
                    "Got fatal error 1236 from source when reading data from binary log: 'Replica has more "
                    + "GTIDs than the source has, using the source's SERVER_UUID. …",
            ], link: .broken(reason: "it holds changes that its primary lacks"), received: nil),
        Case(
            testDescription: "same server id",
            row: [
                "Replica_IO_Running": "No", "Last_IO_Errno": "13117",
                "Last_IO_Error":
                    "Fatal error: The replica I/O thread stops because source and replica have equal MySQL "
                    + "server ids; …",
            ], link: .broken(reason: "it has the same server id as its primary")),
        Case(
            testDescription: "duplicate key",
            row: [
                "Replica_SQL_Running": "No", "Last_SQL_Errno": "1062", "Retrieved_Gtid_Set": "\(source):8-11",
                "Last_SQL_Error": "Worker 1 failed executing transaction '\(source):11' at source log binlog.000004, "
                    + "end_log_pos 688; Could not execute Write_rows event on table shop.orders; Duplicate entry 'secret' "
                    + "for key 'orders.PRIMARY', Error_code: 1062; …",
            ], link: .broken(reason: "duplicate key in shop.orders"), received: "1-11"),
        Case(
            testDescription: "an unknown error shows no values",
            row: [
                "Replica_SQL_Running": "No", "Last_SQL_Errno": "1396",
                "Last_SQL_Error":
                    "Error 'Operation CREATE USER failed' on query. … 'CREATE USER x IDENTIFIED BY 'secret''",
            ], link: .broken(reason: "a change failed with error 1396; see its log")),
        Case(
            testDescription: "relay log cannot be read",
            row: [
                "Replica_SQL_Running": "No", "Last_SQL_Errno": "13121", "Last_SQL_Error": "Relay log read failure: …",
            ],
            link: .broken(reason: "the changes that it received cannot be read")),
    ]

    @Test(arguments: cases) func aReplicasReport(_ sample: Case) throws {
        let report = Self.status(sample.row, executed: sample.executed).report(nil)
        #expect(
            report
                == ReplicationReport(
                    role: .replica, link: sample.link, source: sample.isFollowing ? PortNumber(3307) : nil,
                    received: sample.received.map(Self.position), applied: Self.position(sample.executed),
                    secondsBehind: sample.behind, isSynchronous: false, heard: report.heard,
                    account: sample.row["Source_User"] == "" ? nil : "roost_replica_1"))
    }

    @Test(arguments: [(nil, nil), ("0", nil), ("3600", 3600)] as [(String?, Int?)])
    func aReplicaTellsHowFarItStaysBehind(_ column: String?, _ delay: Int?) {
        let status = Self.status(column.map { ["SQL_Delay": $0] } ?? [:], executed: "1-10")
        #expect(status.report(nil).delaySeconds == delay)
    }

    @Test(arguments: [(0, "0", true), (60, "60", true), (60, "0", false), (0, "60", false)])
    func aConnectionIsMadeAnewForAnotherDelay(_ wanted: Int, _ column: String, _ isConfigured: Bool) throws {
        let port = try #require(PortNumber(3307))
        let plan = MySQLMembers.plan(try TestServer.plan(folder: "/x", user: "mysql"), 1, source: port, delay: wanted)
        let source = MySQLSource(plan: plan, port: port, own: try #require(plan.group?.own))
        #expect(source.options.contains("SOURCE_DELAY = \(wanted)"))
        let row = [
            "Source_Port": "3307", "Auto_Position": "1", "SQL_Delay": column, "Source_SSL_Allowed": "No",
            "Source_public_key_path": "\(plan.folders.data)/public_key.pem",
        ]
        #expect(source.isConfigured(row) == isConfigured)
    }

    @Test func aReplicaWithoutARelayLogTellsNothingAboutWhatItReceived() {
        var status = Self.status([:], executed: "1-10")
        status.channel?.hasRelayLog = false
        #expect(status.report(nil).received == nil)
    }

    @Test func aPrimarysReportHasCommitsThatWait() throws {
        var status = Status()
        status.executed = Self.set("\(Self.source):1-32")
        status.owned = try #require(Status.owned("\(Self.source):34#18:33#17"))
        status.receivers = [78, 79]
        status.synchronous.waits = true
        let position = Self.position("1-34")
        #expect(
            status.report(nil)
                == ReplicationReport(
                    role: .primary, received: position, applied: position, isSynchronous: true, waitingCommits: 0,
                    receivers: [78, 79]))
        #expect(Status.owned("") == GTIDSet())
        #expect(Status.owned("\(Self.other):7#3,\n\(Self.source):9#4")?.count == 2)
    }

    @Test func dataThatThePrimaryLacksAreNamedUntilTheyAreReplaced() throws {
        let port = try #require(PortNumber(3308))
        let divergence = MySQLDivergence(transactions: Self.set("\(Self.other):5"), source: port)
        var status = Status()
        status.executed = Self.set("\(Self.other):1-5,\(Self.source):1-9")
        let report = status.report(divergence)
        #expect(report.link == .broken(reason: "it holds changes that its primary lacks") && report.source == port)
        #expect(report.role == .replica && report.received == nil)
        status.executed = Self.set("\(Self.source):1-12")
        #expect(status.report(divergence).role == .primary)
    }

    // MARK: Switches

    private static let waiting: [[String?]] = [
        ["rpl_semi_sync_source_enabled", "ON"], ["rpl_semi_sync_replica_enabled", "OFF"],
        ["rpl_semi_sync_source_wait_no_replica", "ON"], ["rpl_semi_sync_source_wait_point", "AFTER_SYNC"],
        ["rpl_semi_sync_source_timeout", "\(MySQLGroup.patience)"], ["Rpl_semi_sync_source_status", "ON"],
        ["Rpl_semi_sync_source_wait_sessions", "2"], ["Rpl_semi_sync_source_clients", "1"],
    ]

    @Test(arguments: [
        ["rpl_semi_sync_source_enabled", "OFF"], ["rpl_semi_sync_source_wait_no_replica", "OFF"],
        ["rpl_semi_sync_source_wait_point", "AFTER_COMMIT"], ["rpl_semi_sync_source_timeout", "10000"],
        ["Rpl_semi_sync_source_status", "OFF"],
    ])
    func aWaitCountsOnlyAsRoostSetsIt(_ change: [String]) {
        let usual = Status.Synchronous(Self.waiting)
        #expect(usual.waits && usual.isLoaded && usual.waiting == 2 && usual.clients == 1)
        #expect(!Status.Synchronous(Self.waiting + [[change[0], change[1]]]).waits)
        #expect(!Status.Synchronous([]).isLoaded)
    }

    // MARK: Configuration

    private func build() throws -> EngineBuild {
        EngineBuild(
            identity: try #require(EngineIdentity("mysql@9.7.4")), programs: [:],
            folders: ["plugin_dir": "/opt/m/lib/plugin"], origin: "test", programFolders: [])
    }

    @Test func aServiceAloneHasNoSettingsOfAGroup() throws {
        let plan = try TestServer.plan(folder: "/srv")
        let names = Set(MySQLGroup.options.map(\.name))
        let alone = MySQLConfiguration(plan: plan, build: try build())
        #expect(alone.options.allSatisfy { !names.contains($0.name) })
        let member = MySQLConfiguration(plan: MySQLMembers.plan(plan, 0), build: try build())
        #expect(member.options.filter { names.contains($0.name) } == MySQLGroup.options)
        // A service that becomes a group restarts no server, because its plugins are loaded.
        #expect(member.effective == alone.effective)
        #expect(alone.options.contains(Option("plugin_load_add", "semisync_source.so;semisync_replica.so")))
        #expect(MySQLGroup.options.allSatisfy { ReservedSettings.reason(for: $0.name) != nil })
    }

    /// A server that gave up the wait by itself would acknowledge commits that no replica has. A serial applier makes a
    /// promotion wait for seconds.
    @Test func theValuesThatTheGuaranteeRestsOn() throws {
        let plan = MySQLMembers.plan(try TestServer.plan(folder: "/srv"), 0)
        let options = MySQLConfiguration(plan: plan, build: try build()).options
        let values = Dictionary(options.map { ($0.name, $0.value) }) { $1 }
        for (name, value) in [
            "rpl_semi_sync_source_wait_point": "AFTER_SYNC", "rpl_semi_sync_source_wait_no_replica": "ON",
            "rpl_semi_sync_source_wait_for_replica_count": "1", "sync_relay_log": "1",
        ] {
            #expect(values[name] == value, "\(name)")
        }
        let year: Int64 = 365 * 24 * 3600 * 1000
        #expect(values["rpl_semi_sync_source_timeout"].flatMap { Int64($0) } ?? 0 > year)
        #expect(values["replica_parallel_workers"].flatMap { Int($0) } ?? 0 >= 4)
        for part in ["source", "replica"] { #expect(values["rpl_semi_sync_\(part)_enabled"] == nil, "\(part)") }
    }

    @Test func passwordsOfMembersAreInNoFileInClear() throws {
        let plan = MySQLMembers.plan(try TestServer.plan(folder: "/srv"), 0)
        let files = MySQLConfiguration(plan: plan, build: try build()).files.values.joined()
        #expect(MySQLMembers.followers.allSatisfy { !files.contains($0.password) && files.contains($0.name) })
    }

    @Test func aConnectionIsConfiguredAgainWhereItDiffers() throws {
        let plan = MySQLMembers.plan(try TestServer.plan(folder: "/srv"), 1)
        let source = MySQLSource(plan: plan, port: try #require(PortNumber(3307)), own: MySQLMembers.followers[1])
        let row = [
            "Source_Port": "3307", "Auto_Position": "1", "Source_SSL_Allowed": "No",
            "Source_public_key_path": "/srv/data/public_key.pem", "SQL_Delay": "0",
        ]
        #expect(source.isConfigured(row))
        for (name, value) in [
            "Source_Port": "3308", "Auto_Position": "0", "Source_SSL_Allowed": "Yes", "SQL_Delay": "60",
        ] {
            #expect(!source.isConfigured(row.merging([name: value]) { _, new in new }))
        }
        #expect(source.options.allSatisfy { !$0.contains("PASSWORD") && !$0.contains("USER") })
    }
}
