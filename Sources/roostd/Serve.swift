import ArgumentParser
import Foundation
import Logging
import RoostAgent
import RoostAgentProtocol
import RoostControlPlane
import RoostModel
import RoostServer
import ServiceLifecycle
import UnixSignals

/// `roostd`: serves until it is told to stop. The databases and the router go on without it.
struct Serve: ParsableCommand, AsyncRoostdCommand {
    static let configuration = CommandConfiguration(abstract: "Serve (the default).", shouldDisplay: false)

    @OptionGroup var home: HomeOption

    @Option(help: "Address of the HTTP API and the web page; 'off' for none (ROOST_LISTEN).")
    var listen: String?

    @Option(help: "Port range for endpoints and instances on the router (ROOST_PORTS).")
    var ports: String?

    @Option(help: "Loopback port range for the database servers (ROOST_INTERNAL_PORTS).")
    var internalPorts: String?

    @Option(help: "Host names under which the web page can be reached, comma-separated (ROOST_ALLOWED_HOSTS).")
    var allowedHosts: String?

    @Option(help: "Host name or address of this machine for exposed services (ROOST_ADVERTISE).")
    var advertise: String?

    @Option(help: "Number of data directories kept ready for each engine (ROOST_READY).")
    var ready: String?

    @Option(help: "Maximum clones per token; 0 for no limit (ROOST_CLONES_PER_TOKEN). Default 50.")
    var clonesPerToken: String?

    @Option(
        help:
            "Maximum servers per application, including clones; 0 for no limit (ROOST_SERVERS_PER_APPLICATION). Default 100."
    )
    var serversPerApplication: String?

    @Option(help: "Folder whose dumps automatically become templates (ROOST_DUMPS). Default HOME/dumps.")
    var dumps: String?

    @Option(
        help: ArgumentHelp(
            "Address for scripts written for myaas, configured by the MYAAS_ variables (ROOST_MYAAS_LISTEN).",
            valueName: "host:port"))
    var myaasListen: String?

    @Option(
        help: ArgumentHelp(
            "Address that gets failovers and broken guarantees of all applications by HTTP POST (ROOST_NOTIFY).",
            valueName: "url"))
    var notify: String?

    @Option(help: "Log level: trace, debug, info, notice, warning or error (ROOST_LOG_LEVEL).")
    var logLevel: String?

    mutating func runAsync() async throws {
        let options = try resolve()
        signal(SIGPIPE, SIG_IGN)
        // Reconcilers and servers of 50 services hold a few hundred descriptors.
        raiseDescriptorLimit()
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var logger = Logger(label: "roostd")
        logger.logLevel = options.logLevel

        let home = try HomeAgent.prepare(options.agent, logger: logger)
        let daemon = try await Daemon.prepare(
            options.daemon, agent: AgentLoopback(to: home.agent, logger: logger),
            sender: WebhookProgram(program: programBeside("roost")), logger: logger)
        let (listeners, listening) = try makeServices(
            platform: daemon.platform, settings: options.server, logger: logger)
        // The group does not log why a part ended: that error is thrown as well, and reported once.
        var groupLogger = logger
        groupLogger.logLevel = .critical
        let group = ServiceGroup(
            configuration: .init(
                services: (([home.agent] + daemon.services).map { StartedBehindListeners($0, listening) } + listeners)
                    // Without a name of its own, each service is printed with all that it holds.
                    .map { .init(service: $0, serviceName: "\(type(of: $0))") },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: groupLogger))
        let result: Result<Void, any Error>
        do { result = .success(try await group.run()) } catch { result = .failure(error) }
        await daemon.end()
        await home.end()
        try result.get()
    }

    private func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
