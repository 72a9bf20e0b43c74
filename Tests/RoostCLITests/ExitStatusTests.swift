import RoostModel
import Testing

@testable import RoostCLI

/// Endings of command lines that never reach a daemon.
@Suite struct ExitStatusTests {
    static let lines: [(arguments: [String], status: Int32)] = [
        (["--help"], 0), (["--version"], 0), (["help", "push"], 0), (["push", "--help"], 0), (["token"], 0),
        (["completion", "bash"], 0), (["completion", "tcsh"], 2), (["bogus"], 2), (["info", "--bogus"], 2),
        (["info", "Data"], 2), (["info"], 2), (["scale", "data"], 2), (["scale", "data:memory=x"], 2),
        (["wait", "data", "--timeout", "soon"], 2), (["wait"], 2), (["logs", "data", "-n", "-1"], 2),
        (["env", "--prefix", "1X"], 2), (["env", "data", "--style", "cloud66"], 2), (["token", "add", "x"], 2),
        (["token", "add", "x", "--scope", "all"], 2), (["ls"], 1), (["--json", "ls"], 1), (["doctor"], 1),
        (["-A", "ramen", "info"], 1), (["push"], 2), (["clone"], 2), (["clone", "shop"], 1),
        (["engine", "add", "x"], 2), (["operation", "show", ""], 2), (["operation", "cancel", ""], 2),
        (["clone", "shop", "Mine"], 2), (["clone", "shop", "mine", "--ttl", "2 hours"], 2), (["clone", "ls"], 1),
        (["clone", "info"], 2), (["clone", "extend", "mine", "soon"], 2),
        (["clone", "extend", "mine", "2h", "--ttl", "3h"], 2), (["clone", "new", "ls"], 1),
        (["template", "add", "shop", "--pool", "few"], 2), (["template", "add", "Shop"], 2), (["template"], 0),
        (["storage", "init"], 2), (["storage", "grow"], 2), (["storage"], 0), (["storage", "move", "data"], 2),
        (["snapshot", "new", "service:data"], 2), (["snapshot", "rm", "data"], 2),
        (["--home", "/x", "link", "data"], 2),
        // Roost's own failures are all 125, as with Docker, so that the command keeps its statuses.
        (["run"], 125), (["run", "--bogus", "data"], 125), (["run", "data"], 125),
        (["run", "data", "-A", "ramen"], 125),
        (["-A", "ramen", "run", "data"], 125), (["run", "data", "mysql"], 125),
        (["with"], 125), (["with", "shop"], 125), (["with", "shop", "--", "ls"], 125), (["with", "shop", "ls"], 125),
    ]

    /// Arguments that a user typed or pasted must not move a terminal's cursor.
    @Test(arguments: [["ls", "--b\u{1b}[31m"], ["scale", "a\u{1b}[2J"], ["x\u{1b}]0;"], ["info", "d\u{7}"]])
    func anArgumentIsEchoedWithoutControlCharacters(_ arguments: [String]) async throws {
        try await withScene { scene in
            let outcome = await scene.run(arguments)
            #expect(!outcome.errors.isEmpty && outcome.status == 2)
            #expect(!outcome.errors.unicodeScalars.contains { $0.value < 32 && $0 != "\n" }, "\(outcome)")
        }
    }

    @Test(arguments: lines)
    func everyCommandLineHasItsStatus(arguments: [String], status: Int32) async throws {
        try await withScene { scene in
            let outcome = await scene.run(arguments)
            #expect(outcome.status == status, "\(outcome)")
            // A failed command gives a reason; a successful one leaves standard error empty.
            #expect(status == 0 ? outcome.errors.isEmpty : !(outcome.output + outcome.errors).isEmpty)
        }
    }

    @Test(arguments: [["info", "Data", "--json"], ["--json", "bogus"], ["run", "--json"], ["with", "x", "--json"]])
    func withJSONTheErrorIsTheOneDocument(arguments: [String]) async throws {
        try await withScene { scene in
            let outcome = await scene.run(arguments)
            let error = try outcome.document(ProblemBody.self).error
            #expect(error.code == "usage" && !error.message.isEmpty)
            #expect(outcome.errors.isEmpty && !outcome.output.dropLast().contains("\n"))
        }
    }

    @Test func whatStandsBehindTheDashesIsNotOurs() {
        #expect(CommandLineTool.wantsJSON(["ls", "--json"]))
        #expect(!CommandLineTool.wantsJSON(["run", "data", "--", "client", "--json"]))
    }

    @Test func anErrorSaysWhatToTypeNext() async throws {
        try await withScene { scene in
            let outcome = await scene.roost("info")
            #expect(
                outcome.errors == """
                    roost: no application given, and this folder is not linked to one
                      next: roost create NAME
                      next: roost connect NAME
                      next: or add -A NAME

                    """)
            #expect(await scene.roost("bogus").errors.hasPrefix("roost: unknown command 'bogus'"))
        }
    }

    @Test func withoutADaemonTheSocketIsNamed() async throws {
        try await withScene { scene in
            let outcome = await scene.roost("ls", "--json")
            let error = try outcome.document(ProblemBody.self).error
            #expect(error.code == "daemon_unreachable" && error.message.contains("\(scene.folder)/roostd.sock"))
        }
    }
}
