import Foundation
import Glibc
import RoostModel
import Testing

@testable import RoostEngines

@Suite
struct ShortCommandTests {
    /// SIGPIPE is ignored, as in roostd: a write to a program that has ended is an error of that write.
    init() { signal(SIGPIPE, SIG_IGN) }

    @Test func itsInputIsReadAndItsOutputsAreKeptApart() async throws {
        let outcome = try await shell("cat; echo wrong >&2", input: "one\ntwo\n").run()
        #expect(outcome.succeeded && outcome.output == "one\ntwo\n" && outcome.errors == "wrong\n", "\(outcome)")
    }

    @Test func withoutInputItFindsTheEnd() async throws {
        #expect(try await shell("cat").run().output == "")
    }

    /// The input is more than a pipe holds, so that writing is under way when the reader ends.
    @Test(arguments: ["exit 7", "kill -KILL $$", "head -c 5 >/dev/null; exit 7", "exec <&-; exit 7"])
    func aProgramThatDoesNotReadItsInputEndsAsItWould(script: String) async throws {
        let input = String(repeating: "select 1;\n", count: 100_000)
        for _ in 1...20 {
            let outcome = try await shell(script, input: input).run()
            #expect(outcome.ending == (script.hasPrefix("kill") ? "signal 9" : "exit status 7"), "\(outcome)")
        }
    }

    /// A script that was cut short must not pass for one that was carried out.
    @Test func itHasFailedWhereItEndsWellWithoutReadingAll() async throws {
        let command = shell("head -c 5; exit 0", input: String(repeating: "select 1;\n", count: 100_000))
        let error = await #expect(throws: EngineError.self) { try await command.run() }
        #expect("\(String(describing: error))".contains("ended before it had read all"))
    }

    @Test func oneThatNeitherReadsNorEndsIsKilledWithItsChildren() async throws {
        let input = String(repeating: "select 1;\n", count: 100_000)
        let command = shell("sleep 600 & sleep 600", input: input, patience: .milliseconds(200))
        await #expect(throws: EngineError.self) { try await command.run() }
    }

    /// A program that moves to the background, session and all, and holds the streams, is judged by its own end. As
    /// root its children are ended with it.
    @Test func whatItLeavesRunningIsNotWaitedForAndEnds() async throws {
        let sign = "600.\(UInt32.random(in: 1...UInt32.max))"
        let script = "(setsid sh -c 'sleep \(sign) & sleep \(sign)' &) ; echo 'version 1.2'; exit 3"
        let outcome = try await shell(script).run()
        #expect(outcome.ending == "exit status 3" && outcome.output == "version 1.2\n", "\(outcome)")
        if geteuid() == 0 { #expect(Self.sleepers(sign) == []) }
        for pid in Self.sleepers(sign) { kill(pid, SIGKILL) }
    }

    /// `engine add` inspects a program before it is trusted.
    @Test func anInspectedProgramThatStaysInTheBackgroundIsNotWaitedFor() async throws {
        let sign = "600.\(UInt32.random(in: 1...UInt32.max))"
        let folder = "/tmp/roost-inspected-\(sign)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let program = "\(folder)/server"
        try Data("#!/bin/sh\n(setsid sleep \(sign) &)\necho 7.1.2\n".utf8).write(to: URL(filePath: program))
        chmod(program, 0o755)
        let programs = InspectedPrograms.versions { EngineVersion(String($0.prefix { !$0.isNewline })) }
        #expect(programs.version(program, root: folder) == EngineVersion("7.1.2"))
        if geteuid() == 0 { #expect(Self.sleepers(sign) == []) }
        for pid in Self.sleepers(sign) { kill(pid, SIGKILL) }
    }

    @Test func nothingOfTheCallersIsOpenInIt() async throws {
        let outcome = try await shell("ls /proc/self/fd | wc -l").run()
        // The three streams, and the folder that `ls` reads.
        #expect(outcome.output.contains("4"), "\(outcome)")
    }

    @Test func oneThatPrintsWithoutEndIsEnded() async throws {
        let error = await #expect(throws: EngineError.self) { try await shell("yes").run() }
        #expect("\(String(describing: error))".contains("printed more than 32 MiB"))
    }

    @Test func aCancelledCallEndsIt() async throws {
        let sign = "600.\(UInt32.random(in: 1...UInt32.max))"
        let task = Task { try await shell("sleep \(sign)", patience: .seconds(600)).run() }
        while Self.sleepers(sign).isEmpty { await Task.yield() }
        task.cancel()
        await #expect(throws: EngineError.self) { try await task.value }
        #expect(Self.sleepers(sign) == [])
    }

    /// Processes that sleep for the given time.
    private static func sleepers(_ sign: String) -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.filter { pid in
            guard let words = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return false }
            return String(decoding: words, as: UTF8.self) == "sleep\0\(sign)\0"
        }
    }

    @Test func aMissingProgramIsNamed() async throws {
        let command = ShortCommand(program: "/nowhere/mysqld", arguments: [], input: "x", patience: .seconds(60))
        let error = await #expect(throws: EngineError.self) { try await command.run() }
        guard case .programMissing("/nowhere/mysqld") = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    private func shell(_ script: String, input: String = "", patience: Duration = .seconds(60)) -> ShortCommand {
        ShortCommand(program: "/bin/sh", arguments: ["-c", script], input: input, patience: patience)
    }
}
