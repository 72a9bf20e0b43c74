import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import RoostModel
import ServiceLifecycle

/// Serves scripts written for myaas. Everyone who reaches its address may use it, because myaas has no
/// authentication.
struct MyaasListener: ServiceLifecycle.Service {
    let api: API
    let settings: MyaasSettings

    func run() async throws {
        let platform = api.platform
        let routes = MyaasRoutes(
            clones: platform.clones, myaas: platform.myaas, templates: platform.templates,
            operations: platform.operations, settings: settings, timeouts: api.timeouts)
        let router = routes.router(logger: api.logger, hosts: hosts, proxies: api.settings.allowedHosts)
        let address = BindAddress.hostname(settings.host, port: settings.port)
        let application = api.application(router, at: address) { channel in
            let port = channel.localAddress?.port ?? settings.port
            api.myaasAddress.port = port
            api.logger.info("Listening for myaas scripts", metadata: ["address": "\(settings.host):\(port)"])
            api.listening.oneListens()
        }
        do {
            try await api.run(application)
        } catch let error as IOError {
            throw ListenError(
                host: settings.host, port: settings.port, reason: String(cString: strerror(error.errnoCode)),
                remedy: "--myaas-listen HOST:PORT")
        }
    }

    /// The host names that the listener accepts. A loopback listener is reached only from this machine, by known
    /// names: any other name belongs to a site that was made to resolve to this machine. A listener open to the
    /// network may have names that are not known here, so only browsers must use a known one.
    var hosts: HostMiddleware {
        let isLoopback = settings.host == "localhost" || settings.host == "::1" || settings.host.hasPrefix("127.")
        let names = api.settings.allowedHosts + [settings.host, settings.hostname] + [machineName()].compactMap(\.self)
        return HostMiddleware(allowed: AllowedHosts(names: names), asksBrowsersAlone: !isLoopback)
    }
}
