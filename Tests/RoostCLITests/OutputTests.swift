import Foundation
import RoostModel
import Testing

@testable import RoostCLI

/// The output for users: tables, layouts, figures, colour.
@Suite struct OutputTests {
    @Test func columnsAlignByWhatATerminalShows() {
        var table = Table(.init("NAME"), .init("SIZE", right: true), .init("NOTE"))
        table.row("ラーメン", "7", "wide")
        table.row("cafe\u{301}", "1000", "")
        table.row("🍜", "12", "x")
        #expect(
            table.text(.plain)
                == """
                NAME      SIZE  NOTE
                ラーメン     7  wide
                café  1000
                🍜          12  x

                """.replacing("café  1000", with: "cafe\u{301}      1000"))
    }

    @Test func onlyATerminalGetsColours() {
        var table = Table(.init("STATE"))
        table.row(Table.Cell("down", .red))
        #expect(table.text(.plain) == "STATE\ndown\n")
        #expect(table.text(Style(isOn: true)) == "\u{1b}[1mSTATE\u{1b}[0m\n\u{1b}[31mdown\u{1b}[0m\n")
    }

    static let styles: [(terminal: Bool, environment: [String: String], isOn: Bool)] = [
        (true, [:], true), (false, [:], false), (true, ["NO_COLOR": "1"], false), (true, ["NO_COLOR": ""], true),
        (true, ["TERM": "dumb"], false),
    ]

    @Test(arguments: styles)
    func noColorIsHonoured(terminal: Bool, environment: [String: String], isOn: Bool) {
        let caller = Caller(
            environment: environment, directory: "/", userID: 0, userHome: "/", outputIsTerminal: terminal,
            write: { _, _ in })
        #expect(Style(.output, of: caller).isOn == isOn)
    }

    @Test func textFromElsewhereCannotMoveTheCursor() {
        #expect("a\u{1b}[2Jb\r\u{7f}\tc".printable == "a\\u{1b}[2Jb\\u{d}\\u{7f}\tc")
        #expect(Table.Cell("\u{1b}[31m").text == "\\u{1b}[31m")
        #expect(LogLine(instance: "data.0", line: "\u{7}x", isPrefixed: true).text == "data.0 | \\u{7}x\n")
    }

    @Test func infoHasTheLayoutOfDotCloud() throws {
        let shown = InfoLayout(try Samples.service(password: "pw", problems: ["it rains"])).text(.plain)
        #expect(
            shown == """
                == data ==
                accounts: open
                config:
                    cpus: 1.50
                    durability: sync
                    max_connections: 200
                    memory: 512M
                    mysql_password: pw
                    routing: primary
                created_at: \(Timestamp.format(Samples.time))
                databases: data, wordpress
                engine: mariadb@10.11.19
                expose: local
                instances:
                    data.0:
                        role: primary
                        state: up
                        host: local
                        port: 22000
                        pid: 4242
                ports:
                -   name: mysql
                    url: mysql://root:pw@127.0.0.1:21000/data
                -   name: mysql-read
                    url: mysql://root:pw@127.0.0.1:21001/data
                problems:
                -   it rains
                replication:
                    status: none
                state: running
                type: mysql

                """)
    }

    @Test func infoShowsHowAMemberDiffersFromOthers() throws {
        func lines(_ member: MemberSettings) throws -> [String] {
            var service = try Samples.service()
            service.instances = [
                .init(
                    name: "data.1", role: "replica", state: .up, host: "local", port: service.endpoint.port, pid: 7,
                    synchronous: false, member: member, reason: nil)
            ]
            let shown = InfoLayout(service).text(.plain).split(separator: "\n").map(String.init)
            let place = try #require(shown.firstIndex(of: "        synchronous: no"), "\(shown)")
            return shown[(place + 1)...].prefix { $0 != "ports:" }.map { String($0.dropFirst(8)) }
        }
        #expect(try lines(MemberSettings()) == [])
        #expect(try lines(MemberSettings(priority: 0)) == ["priority: 0 (never promoted)"])
        #expect(try lines(MemberSettings(priority: 5, storage: .separate)) == ["priority: 5", "storage: separate"])
        #expect(try lines(MemberSettings(delaySeconds: 3600)) == ["priority: 0 (never promoted)", "delay: 1h"])
    }

    @Test func infoShowsAPauseBeforeThePorts() throws {
        func lines(_ reason: String?) throws -> [String] {
            let service = try Samples.service(paused: .init(until: Samples.time, reason: reason))
            return InfoLayout(service).text(.plain).split(separator: "\n").map(String.init)
        }
        let end = Timestamp.format(Samples.time)
        let shown = try lines("disk swap")
        let place = try #require(shown.firstIndex(of: "paused: until \(end) (disk swap)"), "\(shown)")
        #expect(shown[place + 1] == "ports:")
        #expect(try lines(nil).contains("paused: until \(end)"))
        #expect(!InfoLayout(try Samples.service()).text(.plain).contains("paused"))
    }

    static let pauses: [(reason: String?, problems: [String], text: String)] = [
        (nil, [], "paused, ends in 2h"), ("disk swap", [], "paused, ends in 2h: disk swap"),
        ("disk swap", ["it rains"], "paused, ends in 2h: disk swap; it rains"),
    ]

    @Test(arguments: pauses) func statusNotesAPause(reason: String?, problems: [String], text: String) throws {
        let end = Date(timeIntervalSinceNow: 7200 + 60)
        let paused = try Samples.service(paused: .init(until: end, reason: reason), problems: problems)
        #expect(Tables.status([paused]).text(.plain).contains("  \(text)\n"))
    }

    @Test func infoShowsNoPasswordThatWasNotAskedFor() throws {
        let shown = InfoLayout(try Samples.service()).text(.plain)
        #expect(shown.contains("url: mysql://root@127.0.0.1:21000/data") && !shown.contains("password"))
    }

    static let sizes: [(bytes: Int64, text: String)] = [
        (0, "0B"), (1023, "1023B"), (1024, "1K"), (1536, "1.5K"), (536_870_912, "512M"), (123_456_789, "118M"),
        (1_610_612_736, "1.5G"), (5_000_000_000_000, "4.5T"),
    ]

    @Test(arguments: sizes)
    func sizesAreShort(bytes: Int64, text: String) {
        #expect(ByteCount(bytes: bytes).rounded == text)
    }

    static let durations: [(milliseconds: Int, text: String)] = [
        (0, "0 ms"), (85, "85 ms"), (1240, "1.2 s"), (125_000, "2 min 5 s"), (3_720_000, "1 h 2 min"),
        (2000, "2 s"), (60_000, "1 min"), (7_200_000, "2 h"),
    ]

    @Test(arguments: durations)
    func durationsAreShort(milliseconds: Int, text: String) {
        #expect(Duration.milliseconds(milliseconds).rounded == text)
    }

    @Test func durationsInTextsAreRounded() {
        #expect("after \(Duration.seconds(0.937742361))" == "after 937 ms")
        #expect("within \(Duration.seconds(300))" == "within 5 min")
    }

    static let times: [(seconds: Double, text: String)] = [
        (0, "0s ago"), (-45, "45s ago"), (-200, "3m ago"), (-7300, "2h ago"), (-90_000, "25h ago"),
        (-500_000, "5d ago"),
        (7200, "in 2h"), (86_400 * 30, "in 30d"), (-86_400 * 800, "2y ago"),
    ]

    @Test(arguments: times)
    func timesInTablesAreRelative(seconds: Double, text: String) {
        let now = Samples.time
        #expect(now.addingTimeInterval(seconds).relative(to: now) == text)
    }

    /// Lists with names of usual length: 15 letters, and the ids and versions that Roost makes.
    @Test func listsFitEightyColumns() throws {
        let snapshot = SnapshotInfo(
            id: "20261121-064406-3f9a", application: "ramen", service: "data", engine: "mariadb@10.11.19",
            reason: "manual", method: "subvolume", createdAt: Date(timeIntervalSinceNow: -3000),
            expiresAt: Date(timeIntervalSinceNow: 86_400 * 30), sizeBytes: .mebibytes(300))
        let texts = [
            Tables.snapshots([snapshot]).text(.plain),
            Tables.applications([try Samples.application(Samples.service())]).text(.plain),
            CopyTables.clones([try Samples.clone("shop-3f9a2c", isProtected: true)]).text(.plain),
            Tables.status([try Samples.service(instances: 3)]).text(.plain),
            CopyTables.templates([Samples.template()]).text(Style(isOn: false, width: 80)),
        ]
        for line in texts.flatMap({ $0.split(separator: "\n") }) { #expect(String(line).displayWidth <= 80, "\(line)") }
    }

    @Test func aTerminalsWidthCutsWhatIsTooLong() {
        var table = Table(.init("NAME"), .init("NOTE"))
        table.row("data", "a sentence that is longer than the terminal is wide")
        #expect(table.text(Style(isOn: false, width: 20)) == "NAME  NOTE\ndata  a sentence th…\n")
        #expect(table.text(.plain).contains("is wide"), "elsewhere nothing is cut")
    }

    @Test func changesReadLikeADifference() throws {
        let answer = PushAnswer(
            changes: [
                ServiceChange(service: "new", kind: .create, fields: [.init(key: "memory", from: nil, to: "512M")]),
                ServiceChange(service: "data", kind: .change, fields: [.init(key: "cpus", from: "2", to: nil)]),
                ServiceChange(service: "same", kind: .none, fields: []),
            ], notes: ["service 'old' runs on"], operation: nil)
        #expect(
            ChangeText.lines(answer, .plain) == """
                + new:  memory 512M
                ~ data:  cpus 2 → default
                  same: unchanged
                note: service 'old' runs on

                """)
    }

    @Test func theProgressLineFillsAndSaysWhatIsLeft() {
        var progress = ImportProgress(total: 100 << 20, width: 80)
        #expect(progress.line(offset: 0, elapsed: .milliseconds(100)) == "")
        let half = progress.line(offset: 50 << 20, elapsed: .seconds(2))
        #expect(half.hasPrefix("\r 50% ▕██") && half.contains("50M of 100M  25M/s  2 s left"))
        let done = progress.line(offset: 200 << 20, elapsed: .seconds(4))
        #expect(done.hasPrefix("\r100% ▕██") && done.contains("100M of 100M  25M/s  4 s"))
        #expect(done.filter { $0 != "\r" }.dropLast(3).count < 80)
    }

    @Test func theProgressLineFitsANarrowTerminal() {
        var progress = ImportProgress(total: 100 << 20, width: 30)
        let line = progress.line(offset: 50 << 20, elapsed: .seconds(2))
        #expect(line.hasPrefix("\r 50% 50M of 100M"))
    }
}
