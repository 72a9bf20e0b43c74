import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import RoostModel
import ServiceLifecycle

/// Serves scripts that were written for myaas. Who reaches its address may use it: myaas knows no passwords of its own.
struct MyaasListener: ServiceLifecycle.Service {
    let api: API
    let settings: MyaasSettings

    func run() async throws {
        let routes = MyaasRoutes(platform: api.platform, settings: settings, rhythm: api.rhythm)
        let router = routes.router(logger: api.logger, hosts: hosts, proxies: api.settings.allowedHosts)
        let address = BindAddress.hostname(settings.host, port: settings.port)
        let application = api.application(router, at: address) { channel in
            let port = channel.localAddress?.port ?? settings.port
            api.myaasAddress.port = port
            api.logger.info("listening for myaas scripts", metadata: ["address": "\(settings.host):\(port)"])
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

    /// By which names the listener may be called. On a loopback address nobody calls but this machine, by names that are
    /// known: any other is a site's that was made to resolve to it. Open to the network, it has names that nobody here
    /// knows of, and only a browser is asked for a known one.
    var hosts: HostMiddleware {
        let isLoopback = settings.host == "localhost" || settings.host == "::1" || settings.host.hasPrefix("127.")
        let names = api.settings.allowedHosts + [settings.host, settings.hostname] + [machineName()].compactMap(\.self)
        return HostMiddleware(allowed: AllowedHosts(names: names), asksBrowsersAlone: !isLoopback)
    }
}
