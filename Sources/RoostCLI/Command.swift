import ArgumentParser
import RoostModel

/// A command that talks to the daemon.
///
/// Commands set `commandName` in their configuration: otherwise the parser derives a name from the type by
/// reflection, for every command at every start, which took a tenth of the time of `roost info`.
package protocol Command: AsyncParsableCommand {
    var options: Options { get }
    /// The folder in which the search for the link file begins, relative to the caller's directory.
    func folder(from directory: String) -> String
    func run(in session: Session) async throws(Problem) -> Ending
}

extension Command {
    package func folder(from directory: String) -> String { directory }
}

/// A command that needs no daemon.
package protocol LocalCommand: AsyncParsableCommand {
    var options: Options { get }
    func run(as caller: Caller, output: Output) async throws(Problem) -> Ending
}

/// The way a command ends.
package enum Ending: Equatable, Sendable {
    case status(Int32)
    /// The process goes on as another program.
    case become(Program)

    package static let done = Ending.status(0)
}

/// The options that every command takes.
package struct Options: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The daemon's URL (ROOST_URL); its token is read from ROOST_TOKEN.", valueName: "url"))
    package var url: String?

    @Option(
        help: ArgumentHelp("The daemon's home folder, which contains its socket (ROOST_HOME).", valueName: "dir"),
        completion: .directory)
    package var home: String?

    @Option(
        name: [.customShort("A"), .long],
        help: ArgumentHelp(
            "The application (default: the one this folder is linked to).", valueName: "name"),
        completion: LiveNames.applications,
        transform: { try ApplicationName($0) })
    package var application: ApplicationName?

    @Flag(help: "Print JSON, as defined by the HTTP API.")
    package var json = false

    package init() {}
}
