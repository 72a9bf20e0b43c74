import Glibc
import RoostModel
import Testing

@testable import RoostEngines

@Suite
struct ShortCommandTests {
    /// As in roostd: a write to a program that is gone is an error of that write.
    init() { signal(SIGPIPE, SIG_IGN) }

    @Test func itsInputIsReadAndItsOutputsAreKeptApart() async throws {
        let outcome = try await shell("cat; echo wrong >&2", input: "one\ntwo\n").run()
        #expect(outcome.succeeded && outcome.output == "one\ntwo\n" && outcome.errors == "wrong\n", "\(outcome)")
    }

    @Test func withoutInputItFindsTheEnd() async throws {
        #expect(try await shell("cat").run().output == "")
    }

    /// More than a pipe holds, so that writing is underway when the reader ends.
    @Test(arguments: ["exit 7", "kill -KILL $$", "head -c 5 >/dev/null; exit 7", "exec <&-; exit 7"])
    func aProgramThatDoesNotReadItsInputEndsAsItWould(script: String) async throws {
        let input = String(repeating: "select 1;\n", count: 100_000)
        for _ in 1...20 {
            let outcome = try await shell(script, input: input).run()
            #expect(outcome.ending == (script.hasPrefix("kill") ? "signal 9" : "exit status 7"), "\(outcome)")
        }
    }

    /// Else a script that was cut short would pass for one that was carried out.
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
