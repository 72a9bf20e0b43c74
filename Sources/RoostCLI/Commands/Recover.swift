import ArgumentParser
import Foundation
import RoostModel

/// `roost recover`
struct Recover: LocalCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover", abstract: "Rebuild a lost or unreadable store from the instances' own records.",
        discussion:
            "Runs `roostd recover` for the home folder, because the daemon cannot run without its store.")

    @Argument(
        parsing: .allUnrecognized, help: ArgumentHelp("Options passed to roostd.", valueName: "option"))
    var rest: [String] = []

    @OptionGroup(title: "Common options") var options: Options

    func run(as caller: Caller, output: Output) throws(Problem) -> Ending {
        let settings = try Settings.resolve(Settings.Sources(options, caller: caller))
        let flags = options.json ? ["--json"] : []
        let program = Program(
            arguments: [Self.daemon(), "recover", "--home", settings.home] + flags + rest,
            environment: caller.environment)
        do {
            _ = try program.find()
        } catch {
            throw Problem(.failed, "\(error.message); `roost recover` runs roostd")
        }
        return .become(program)
    }

    /// The daemon of the same release is beside this program; otherwise `PATH` finds one.
    private static func daemon() -> String {
        let own = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        let beside = own.deletingLastPathComponent().appending(path: "roostd").path(percentEncoded: false)
        return FileManager.default.isExecutableFile(atPath: beside) ? beside : "roostd"
    }
}
