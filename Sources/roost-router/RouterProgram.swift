import ArgumentParser
import Dispatch
import Foundation
import Glibc
import Logging
import RoostModel
import RoostRouter

/// `roost-router`: the data plane's process. roostd starts one where none runs; started beside a running one it takes
/// over from it.
@main
struct RouterProgram: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "roost-router",
        abstract: "Relay connections to the services of a Roost home.",
        discussion: """
            The router serves the last table that roostd sent, stored in HOME/router/table.json, even when roostd is \
            not running. roostd sends changes over HOME/router/control.sock. A router started while another one is \
            running for the same home takes over its sockets; the other router drains its connections and exits. \
            SIGTERM ends the router and its connections.
            """,
        version: Router.version)

    @Option(help: ArgumentHelp("The daemon's home folder.", valueName: "dir"))
    var home: String

    @Option(
        help: ArgumentHelp("Seconds that a connection waits for its server before it is refused.", valueName: "seconds")
    )
    var connectTimeout: Double = 10

    @Option(help: ArgumentHelp("Maximum number of waiting connections per route.", valueName: "count"))
    var waitingRoom: Int = 512

    @Option(help: ArgumentHelp("Number of event loops. Default: half the cores, from 1 to 4.", valueName: "count"))
    var threads: Int?

    @Option(help: "Log level: trace, debug, info, notice, warning or error.")
    var logLevel: Logger.Level = .info

    func validate() throws {
        guard connectTimeout > 0, connectTimeout <= 3600 else {
            throw ValidationError("--connect-timeout must be greater than 0 and at most 3600 seconds")
        }
        guard waitingRoom >= 0 else { throw ValidationError("--waiting-room must be 0 or more") }
        guard (1...64).contains(threads ?? 1) else { throw ValidationError("--threads must be 1 to 64") }
    }

    func run() async throws {
        var logger = Logger(label: "roost-router") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = logLevel

        var policy = SessionMachine.Policy()
        policy.patience = .seconds(connectTimeout)
        policy.waitingRoom = waitingRoom
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let router = Router(
            RouterConfiguration(home: home, threads: threads ?? min(max(cores / 2, 1), 4), sessions: policy),
            logger: logger)

        // A terminal's signals to its group are not for the data plane, and a reader of the log that went away is no
        // reason to end.
        for number in [SIGHUP, SIGINT, SIGPIPE, SIGTERM] { signal(number, SIG_IGN) }
        let termination = DispatchSource.makeSignalSource(signal: SIGTERM)
        termination.setEventHandler { router.stop() }
        termination.resume()
        defer { termination.cancel() }
        do {
            try await router.run()
        } catch {
            logger.critical("The router cannot continue", metadata: ["reason": "\(error)"])
            throw ExitCode.failure
        }
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
