import Logging
import RoostModel
import ServiceLifecycle

/// Where the HTTP API listens, and the host names that requests may use.
package struct ServerSettings: Sendable {
    /// `<home>/roostd.sock`.
    package let socketPath: String
    /// Nil: no TCP listener, and therefore no page in a browser.
    package let listen: (host: String, port: Int)?
    /// Names besides `localhost`, the listening host and IP addresses that a `Host` header may carry.
    package let allowedHosts: [String]
    /// Nil: no listener for scripts written for myaas.
    package let myaas: MyaasSettings?
    package let version: String

    package init(
        socketPath: String, listen: (host: String, port: Int)?, allowedHosts: [String], myaas: MyaasSettings? = nil,
        version: String
    ) {
        self.socketPath = socketPath
        self.listen = listen
        self.allowedHosts = allowedHosts
        self.myaas = myaas
        self.version = version
    }
}

/// The services that answer HTTP: the Unix socket, with `settings.listen` the TCP listener, and with `settings.myaas`
/// the listener for myaas scripts; and the signal that opens once all of them listen.
///
/// The caller holds the lock of the home directory: a file at `socketPath` is a dead daemon's socket and is replaced.
package func makeServices(
    platform: Platform, settings: ServerSettings, logger: Logger
) throws -> (services: [any ServiceLifecycle.Service], listening: ListeningSignal) {
    let api = API(platform: platform, settings: settings, logger: logger, pages: try Pages())
    return (try api.services(), api.listening)
}
