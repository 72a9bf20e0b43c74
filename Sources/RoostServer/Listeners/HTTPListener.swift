import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// The HTTP server's limits, the same for both entrances.
enum HTTPLimits {
    static let idle = TimeAmount.seconds(75)
    static let connections = 512
    static let headers = HTTP1Channel.Configuration.DecoderConfiguration(
        maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100)
}

extension API {
    func application(
        for entrance: Entrance, at address: BindAddress,
        onServerRunning: @escaping @Sendable (any Channel) async -> Void
    ) -> Hummingbird.Application<RouterResponder<CallContext>> {
        application(router(for: entrance), at: address, onServerRunning: onServerRunning)
    }

    func application(
        _ router: Router<CallContext>, at address: BindAddress,
        onServerRunning: @escaping @Sendable (any Channel) async -> Void
    ) -> Hummingbird.Application<RouterResponder<CallContext>> {
        Hummingbird.Application(
            router: router,
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [ConnectionEndInstaller()], idleTimeout: HTTPLimits.idle,
                    httpDecoderConfiguration: HTTPLimits.headers)),
            configuration: ApplicationConfiguration(
                address: address,
                availableConnectionsDelegate: .maximum(HTTPLimits.connections, logger: libraryLogger)),
            onServerRunning: onServerRunning, logger: libraryLogger)
    }

    func services() throws(LocalSocketError) -> [any ServiceLifecycle.Service] {
        var services: [any ServiceLifecycle.Service] = [try LocalListener(api: self, path: settings.socketPath)]
        if let listen = settings.listen {
            services.append(NetworkListener(api: self, host: listen.host, port: listen.port))
        }
        if let myaas = settings.myaas { services.append(MyaasListener(api: self, settings: myaas)) }
        return services
    }

    /// The library logs its own activity, such as the path of a private socket; events that matter are logged by
    /// roostd itself.
    var libraryLogger: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }

    /// Runs `application` until the daemon stops, and at most `timeouts.shutdown` longer.
    func run(_ application: some ServiceLifecycle.Service) async throws {
        var configuration = ServiceGroupConfiguration(services: [application], logger: libraryLogger)
        configuration.maximumGracefulShutdownDuration = timeouts.shutdown
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch is CancellationError where Task.isShuttingDownGracefully {
            logger.notice("Closed connections that did not end in time")
        }
    }
}

/// The reason why a TCP listener cannot be bound.
struct ListenError: Error, Equatable, CustomStringConvertible {
    let host: String
    let port: Int
    let reason: String
    /// The options to use instead.
    var remedy = "--listen HOST:PORT, or --listen off"

    var description: String {
        "cannot listen on \(host):\(port): \(reason); choose another address with \(remedy)"
    }
}

/// The TCP listener: checks tokens and host names, and serves the page.
struct NetworkListener: ServiceLifecycle.Service {
    let api: API
    let host: String
    let port: Int

    func run() async throws {
        let application = api.application(for: .network, at: .hostname(host, port: port)) { channel in
            let port = channel.localAddress?.port ?? port
            api.address.port = port
            api.logger.info("listening", metadata: ["address": "\(host):\(port)"])
            api.listening.oneListens()
        }
        do {
            try await api.run(application)
        } catch let error as IOError {
            throw ListenError(host: host, port: port, reason: String(cString: strerror(error.errnoCode)))
        }
    }
}
