import RoostModel
import Testing

@testable import RoostEngines

/// What a server's answer and a replica's log tell about replication.
struct PostgreSQLReportTests {
    private static let conninfo = "host=127.0.0.1 port=30002 user=roost_replica_1"

    /// Columns as in `PostgreSQLReport.question`.
    private static func replica(
        gate: String? = "open", conninfo: String = conninfo, timeline: String? = "00000002", received: String? = "1/0",
        applied: String? = "1/0", status: String? = "streaming", end: String? = "1/0", seconds: String? = "7.5",
        pause: String = "not paused"
    ) -> [String?] {
        ["t", gate, conninfo, "", timeline, received, applied, status, end, seconds, pause, "2026-11-30 14:50:00.000"]
    }

    private static func primary(_ names: String, timeline: String = "0000000A") -> [String?] {
        ["f", "open", "", names, timeline, "0/1A9A3D0", nil, nil, nil, nil, nil, "2026-11-30 14:50:00.000"]
    }

    private static func log(_ time: String, _ words: String) -> String { "2026-11-30 \(time) UTC [7] \(words)" }

    private static let refused = log(
        "14:49:58.000",
        "FATAL:  could not connect to the primary server: connection to server at \"127.0.0.1\", port 30002 failed: "
            + "Connection refused")
    private static let removed =
        "FATAL:  could not receive data from WAL stream: ERROR:  requested WAL segment 000000010000000000000001 has "
        + "already been removed"
    private static let noLonger =
        "the primary no longer has the changes that it needs: requested WAL segment 000000010000000000000001 has "
        + "already been removed"
    private static let at1GB = Position.postgresql(timeline: 2, location: 1 << 32)

    private static func following(
        _ link: ReplicationReport.Link, applied: UInt64 = 1 << 32, seconds: Double? = nil
    ) -> ReplicationReport {
        ReplicationReport(
            role: .replica, link: link, source: PortNumber(30_002), received: at1GB,
            applied: .postgresql(timeline: 2, location: applied), secondsBehind: seconds, account: "roost_replica_1")
    }

    @Test(arguments: [(nil, nil), ("0", nil), ("3600", 3600)] as [(String?, Int?)])
    func aReplicaTellsHowFarItStaysBehind(_ column: String?, _ delay: Int?) {
        #expect(PostgreSQLReport.read(Self.replica() + ["1795243446.1", column]) { [] }.delaySeconds == delay)
    }

    /// After a long pause of the primary, the last commit that was applied is old, and the replica on schedule.
    @Test(arguments: [("RecoveryApplyDelay", 3600), ("BufferIO", 90_000), (nil, 90_000)] as [(String?, Double)])
    func aReplicaThatWaitsOnPurposeIsNoMoreBehindThanItsDelay(_ event: String?, _ behind: Double) {
        let row = Self.replica(applied: "0/FFFFFF00", seconds: "90000") + ["1795243446.1", "3600", event]
        #expect(PostgreSQLReport.read(row) { [] }.secondsBehind == behind)
    }

    /// The server starts its receiver only once it has applied everything that it has.
    @Test(arguments: [("RecoveryApplyDelay", true), ("BufferIO", false)])
    func aReplicaThatWaitsOnPurposeSaysWhyItIsNotConnected(_ event: String, _ isOnPurpose: Bool) {
        let row = Self.replica(status: nil) + ["", "3600", event]
        guard case .connecting(let reason) = PostgreSQLReport.read(row, log: { [Self.refused] }).link else {
            Issue.record("it is not connected")
            return
        }
        #expect(reason.contains("after its delay") == isOnPurpose, "\(reason)")
    }

    static let reports: [(row: [String?], log: [String], report: ReplicationReport)] = {
        let position = Position.postgresql(timeline: 10, location: 0x1A9_A3D0)
        func leads(_ isSynchronous: Bool, _ members: [Int]) -> ReplicationReport {
            ReplicationReport(
                role: .primary, received: position, applied: position, isSynchronous: isSynchronous,
                acknowledgers: members)
        }
        let silent = ReplicationReport.Link.connecting(reason: "it has no connection to the primary")
        let restarted = log("14:49:59.000", "LOG:  starting PostgreSQL 15.18 on x86_64-pc-linux-gnu")
        return [
            (primary(""), [], leads(false, [])),
            (primary("ANY 1 (roost_1, roost_12)"), [], leads(true, [1, 12])),
            (primary("roost_nobody"), [], leads(true, [])),
            (replica(), [], following(.up, seconds: 0)),
            (replica(applied: "0/FFFFFF00"), [], following(.up, applied: 0xFFFF_FF00, seconds: 7.5)),
            (replica(end: "1/10", seconds: nil), [], following(.up)),
            (replica(end: nil), [], following(.up)),
            (replica(status: nil), [], following(silent)),
            (
                replica(status: nil), [refused],
                following(
                    .connecting(
                        reason: "connection to server at \"127.0.0.1\", port 30002 failed: Connection refused"))
            ),
            (replica(status: nil), [refused, restarted], following(silent)),
            // A receiver that connects and is refused at once is not up, whatever it shows at this moment.
            (replica(), [log("14:50:00.001", removed)], following(.broken(reason: noLonger))),
            (replica(), [log("14:49:57.000", removed)], following(.up, seconds: 0)),
            (replica(status: nil), [log("14:40:00.000", removed)], following(.broken(reason: noLonger))),
            (
                replica(status: "waiting"), [log("14:40:00.000", removed), refused],
                following(
                    .connecting(
                        reason: "connection to server at \"127.0.0.1\", port 30002 failed: Connection refused"))
            ),
            (
                replica(pause: "paused"), [],
                following(.broken(reason: "the server has paused the application of changes"))
            ),
            // Not told to follow: connected or not.
            (
                replica(gate: "closed"), [],
                ReplicationReport(role: .replica, received: at1GB, applied: at1GB)
            ),
            (
                replica(conninfo: ""), [refused],
                ReplicationReport(role: .replica, received: at1GB, applied: at1GB)
            ),
            (
                replica(gate: nil, timeline: nil), [],
                ReplicationReport(role: .replica)
            ),
        ]
    }()

    @Test(arguments: reports.indices) func theAnswerOfAServerIsRead(_ index: Int) {
        let (row, log, report) = Self.reports[index]
        var read = PostgreSQLReport.read(row) { log }
        read.heard = nil
        #expect(read == report)
    }

    @Test func theLogOfAPrimaryIsNotRead() {
        var isRead = false
        _ = PostgreSQLReport.read(Self.primary("")) {
            isRead = true; return []
        }
        _ = PostgreSQLReport.read(Self.replica(gate: "closed")) {
            isRead = true; return []
        }
        #expect(!isRead)
    }

    @Test(
        arguments: [
            ("0/0", 0), ("0/1A9A3D0", 0x1A9_A3D0), ("1A/FFFFFFFF", 0x1A_FFFF_FFFF), ("", nil), ("1", nil), ("x/y", nil),
            ("1/2/3", nil),
        ] as [(String, UInt64?)])
    func aLocationIsRead(_ text: String, _ location: UInt64?) {
        #expect(PostgreSQLReport.location(text) == location)
    }

    // MARK: The log

    @Test(arguments: [
        (
            "LOG:  new timeline 2 forked off current database system timeline 1 before current recovery point 0/D24BC20",
            "its data diverged from the primary's: new timeline 2 forked off"
        ),
        (
            "FATAL:  could not start WAL streaming: ERROR:  requested starting point 0/3000000 on timeline 1 is not in "
                + "this server's history",
            "its data diverged from the primary's: requested starting point"
        ),
        ("FATAL:  highest timeline 1 of the primary is behind recovery timeline 2", "its data are newer"),
        (
            "FATAL:  database system identifier differs between the primary and standby",
            "the primary holds another service's data"
        ),
    ])
    func aHopelessMessageIsBroken(_ line: String, _ beginning: String) {
        guard
            case .broken(let reason, "2026-11-30 14:50:00.000") = PostgreSQLReplicaLog([
                Self.log("14:50:00.000", line)
            ]).last
        else {
            Issue.record("\(line)")
            return
        }
        #expect(reason.hasPrefix(beginning), "\(reason)")
    }

    @Test(
        arguments: [
            (
                "FATAL:  could not start WAL streaming: ERROR:  replication slot \"roost_1\" does not exist",
                "replication slot \"roost_1\" does not exist"
            ),
            ("FATAL:  terminating walreceiver due to timeout", "terminating walreceiver due to timeout"),
            ("LOG:  waiting for WAL to become available at 0/1002000", nil),
            ("LOG:  started streaming WAL from primary at 0/1000000 on timeline 1", nil),
            // A session's line: its user raised the error.
            ("postgres@data ERROR:  x has already been removed", nil),
            ("postgres@data FATAL:  could not connect", nil),
        ] as [(String, String?)])
    func otherMessagesAreTroubleOrNothing(_ line: String, _ reason: String?) {
        let last = PostgreSQLReplicaLog([Self.log("14:50:00.000", line), "\tFATAL:  could not be"]).last
        #expect(last == reason.map { .trouble(reason: $0) })
    }

    @Test func theReasonOfAPauseIsRead() {
        let lines = [
            "WARNING:  hot standby is not possible because of insufficient parameter settings",
            "DETAIL:  max_connections = 100 is a lower setting than on the primary server, where its value was 150.",
            "LOG:  recovery has paused",
        ].map { Self.log("14:50:00.000", $0) }
        let row = Self.replica(pause: "paused")
        #expect(
            PostgreSQLReport.read(row) { lines }.link
                == .broken(reason: "max_connections = 100 is lower than on the primary, where its value was 150"))
    }

    @Test(arguments: [
        ("FATAL:  recovery aborted because of insufficient parameter settings", "max_connections is lower"),
        (
            "FATAL:  requested timeline 2 does not contain minimum recovery point 0/D24BC20 on timeline 1",
            "its data diverged"
        ),
    ])
    func whatKeepsAReplicaFromStartingIsTold(_ line: String, _ words: String) {
        let last = LastWords.read([Self.log("14:50:00.000", line)], causes: TestServer.postgresql.knownCauses)
        #expect(last.cause?.sentence.contains(words) == true, "\(last)")
    }
}
