import Hummingbird
import Logging
import RoostModel

/// The listener that a request came in by.
enum Entrance: Sendable {
    /// The Unix socket. The file's mode decides who may connect, and every caller that can connect is an
    /// administrator.
    case local
    case network
}

/// The intervals and timeouts of the HTTP server. Tests shorten them.
struct Timeouts: Sendable {
    /// Heartbeat interval of a stream without news. Proxies cut a silent connection after 30 s or more.
    var heartbeat = Duration.seconds(15)
    /// Upper limit of `?wait=SECONDS`.
    var longestPoll = Duration.seconds(60)
    /// Timeout of `?wait=ready`.
    var longestWait = Duration.seconds(300)
    /// Timeout for a request's whole body to arrive.
    var body = Duration.seconds(30)
    /// Grace period for requests in flight once the daemon stops. Streams end at once, so it covers readers that do
    /// not read.
    var shutdown = Duration.seconds(2)
}

/// The dependencies of all request handlers, and the routers that are made of them.
struct API: Sendable {
    let platform: Platform
    let settings: ServerSettings
    let logger: Logger
    let timeouts: Timeouts
    let sessions = PageSessions()
    let signOns: SignOnFailures
    /// The bound address of the TCP listener.
    let address = BoundAddress()
    /// The bound address of the listener for myaas scripts.
    let myaasAddress = BoundAddress()
    let listening: ListeningSignal
    let routes: [HTTPRoute]

    init(
        platform: Platform, settings: ServerSettings, logger: Logger, pages: Pages, timeouts: Timeouts = Timeouts(),
        signOns: SignOnFailures = SignOnFailures()
    ) {
        self.platform = platform
        self.settings = settings
        self.logger = logger
        self.timeouts = timeouts
        self.signOns = signOns
        listening = ListeningSignal(
            listeners: 1 + (settings.listen == nil ? 0 : 1) + (settings.myaas == nil ? 0 : 1))
        let operations = OperationRoutes(operations: platform.operations, timeouts: timeouts)
        let events = EventRoutes(events: platform.events, timeouts: timeouts)
        let page = PageRoutes(
            overview: OverviewReader(
                applications: platform.applications, machine: platform.machine, events: platform.events,
                version: settings.version),
            access: platform.access, settings: settings, address: address, sessions: sessions, signOns: signOns,
            pages: pages, events: events)
        routes =
            ApplicationRoutes(
                applications: platform.applications, pushes: platform.pushes, operations: operations
            ).routes
            + SourceRoutes(pushes: platform.pushes).routes
            + ServiceRoutes(
                services: platform.services, instances: platform.instances, accounts: platform.accounts,
                operations: operations, timeouts: timeouts
            ).routes
            + PauseRoutes(pauses: platform.pauses).routes
            + NotifyRoutes(notifications: platform.notifications).routes
            + ImportRoutes(imports: platform.imports, operations: operations).routes
            + SnapshotRoutes(snapshots: platform.snapshots, operations: operations).routes
            + CloneRoutes(
                clones: platform.clones, servers: platform.cloneServers, access: platform.access,
                operations: operations, timeouts: timeouts
            ).routes
            + TemplateRoutes(templates: platform.templates, operations: operations).routes
            + StorageRoutes(storage: platform.storage, operations: operations).routes
            + EngineRoutes(engines: platform.engines, operations: operations).routes
            + operations.routes + events.routes
            + MachineRoutes(machine: platform.machine, isReady: platform.isReady, version: settings.version).routes
            + TokenRoutes(access: platform.access).routes + page.routes
    }

    /// The router of an entrance. All entrances share the same routes.
    func router(for entrance: Entrance) -> Router<CallContext> {
        let router = Router(context: CallContext.self)
        router.add(middleware: AnswerMiddleware(logger: logger, routes: routes))
        if entrance == .network {
            router.add(middleware: HostMiddleware(allowed: AllowedHosts(settings)))
            router.add(middleware: OtherSitesMiddleware(proxies: settings.allowedHosts, takesLinks: true))
        }
        let gate = Gate(
            entrance: entrance, access: platform.access, sessions: sessions, signOns: signOns, address: address)
        for route in routes {
            let respond: @Sendable (Request, CallContext) async throws -> Response = { request, context in
                let call = try await gate.admit(request, context, to: route, bodyTime: timeouts.body)
                return try await route.handler(call)
            }
            router.on(RouterPath(route.path), method: route.method, use: respond)
            if route.answersHead {
                router.on(RouterPath(route.path), method: .head) { request, context in
                    try await respond(request, context).createHeadResponse()
                }
            }
        }
        return router
    }
}
