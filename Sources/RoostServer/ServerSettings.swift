import Logging
import RoostModel
import ServiceLifecycle

/// Where the HTTP API listens, and by which names it may be called.
package struct ServerSettings: Sendable {
    /// `<home>/roostd.sock`.
    package let socketPath: String
    /// Nil: no TCP listener, and so no page in a browser.
    package let listen: (host: String, port: Int)?
    /// Names besides `localhost`, the listening host and IP addresses that a `Host` header may carry.
    package let allowedHosts: [String]
    /// Nil: no listener for scripts that were written for myaas.
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

/// The services that answer HTTP: the Unix socket's, with `settings.listen` the TCP listener's, and with
/// `settings.myaas` the one for myaas scripts; and what opens once all of them listen.
///
/// The caller holds the home's lock: what lies at `socketPath` is taken for a dead daemon's and replaced.
package func makeServices(
    platform: any Platform, settings: ServerSettings, logger: Logger
) throws -> (services: [any ServiceLifecycle.Service], listening: ListeningSignal) {
    let api = API(platform: platform, settings: settings, logger: logger, pages: try Pages())
    return (try api.services(), api.listening)
}
