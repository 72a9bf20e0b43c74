import Testing

@testable import RoostSupervise

/// Files and messages that a supervisor reads and writes.
@Suite struct TextTests {
    @Test func aProgramFileReadsAsItWasWritten() throws {
        let file = ProgramFile(
            directory: "/srv/a folder/code",
            environment: [
                "A": "1 = 2", "EMPTY": "", "B": " spaces ", "LINES": "one\ntwo\\n\r\n\tthree\n", "BACK": "a\\nb",
            ],
            socket: "/run/s.sock", ports: [.init(name: "www", number: 30_000)],
            processes: [
                .init(name: "web", command: "exec ./run --name 'a b' | cat"), .init(name: "worker", command: "x"),
            ])
        #expect(try ProgramFile(file.text) == file)
    }

    @Test(arguments: [
        ("directory /\nwhat is this\n", 2), ("port www\n", 1), ("port www 70000\n", 1), ("environment A\n", 1),
        ("process web\n", 1), ("socket\n", 1),
    ])
    func aLineThatIsNotUnderstoodIsAnError(text: String, line: Int) {
        #expect(throws: ProgramFile.Unreadable(line: line)) { try ProgramFile(text) }
    }

    @Test func aStatusReadsAsItWasWritten() throws {
        let status = SupervisorStatus(
            processes: [
                .init(name: "web", runningFor: .milliseconds(1234), failures: 0, lastEnd: ""),
                .init(name: "worker", runningFor: nil, failures: 3, lastEnd: "exit status 1"),
            ], ports: [.init(name: "www", isServed: true), .init(name: "admin", isServed: false)])
        #expect(SupervisorStatus(status.text) == status)
    }

    @Test(arguments: ["process web 12", "nonsense\n", "process web x 0 \n", "port www\n"])
    func whatIsNoStatusIsNone(text: String) {
        #expect(SupervisorStatus(text) == nil)
    }

    @Test func eachLineGetsItsProcessName() {
        var lines = LinePrefixer("web", longest: 8)
        #expect(text(lines.feed(Array("one\ntw".utf8))) == "web: one\n")
        #expect(text(lines.feed(Array("o\n\n".utf8))) == "web: two\nweb: \n")
        #expect(text(lines.feed(Array("12345678901".utf8))) == "web: 12345678\n", "bounded")
        #expect(text(lines.finish()) == "web: 901\n")
        #expect(lines.finish() == [])
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func onlyTheUsersOwnListenersCount() {
        let table = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0100007F:7530 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 1 1
               1: 00000000:7531 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1002        0 1 1
               2: 0100007F:7532 0100007F:8000 01 00000000:00000000 00:00000000 00000000  1001        0 1 1

            """
        #expect(ListeningPorts.parse(table, user: 1001) == [30_000])
        #expect(ListeningPorts.parse("", user: 0) == [])
    }
}
