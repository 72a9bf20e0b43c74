import ArgumentParser
import RoostModel

/// Commands that wait. ArgumentParser's async protocol has a `main` of its own, and with it its own exit statuses.
protocol AsyncRoostdCommand {
    mutating func runAsync() async throws
}

struct RoostdCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "roostd", abstract: "The Roost daemon: runs the databases of this machine.",
        version: Version.current, subcommands: [Serve.self, Stop.self, Recover.self, ForgetHome.self],
        defaultSubcommand: Serve.self)
}

struct HomeOption: ParsableArguments {
    @Option(help: "The daemon's home folder (ROOST_HOME).")
    var home: String?
}
