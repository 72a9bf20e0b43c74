import Foundation
import Logging
import RoostAgentProtocol
import RoostControl
import RoostModel
import ServiceLifecycle

/// Keeps a router running for the home, and its table as desired.
///
/// After a restart of the daemon, the table that the router stored is the starting point, so that no listener goes
/// away before its service has been looked at. Simultaneous changes travel in one message, as a difference if the
/// router's protocol has differences.
package actor RouterFeed: ServiceLifecycle.Service {
    private let machine: KnownMachine
    private let events: EventLog?
    private let logger: Logger

    /// Attempts for a request that is not taken, and the pause between them if the reason may pass.
    private static let attempts = 50
    private static let pause: Duration = .milliseconds(100)
    /// Interval between status requests to a router while there are no changes.
    private static let lookInterval: Duration = .seconds(2)

    private var ledger = RouteLedger()
    private var connection: RouterLine?
    private var latest: RouterReply?
    private var silence = RouterSilence()
    /// Process id of the router that this daemon started, until it has answered.
    private var started: Int32?
    private var waiters: [Waiter] = []
    /// Refusals that were logged: each is repeated with every attempt of its service.
    private var logged: [ServiceID: String] = [:]
    private let changes: AsyncStream<Void>
    private let change: AsyncStream<Void>.Continuation

    private struct Waiter {
        let service: ServiceID
        let revision: UInt64
        let continuation: CheckedContinuation<Void, any Error>
    }

    package enum Failure: Error, CustomStringConvertible {
        case refused(String)
        case notRunning(String)
        case closed

        package var description: String {
            switch self {
            case .refused(let reason):
                "the router did not accept its routes: \(reason)"
                    + (reason.contains("stays at epoch")
                        ? ". The store is older than the one that the router has seen: restore the newer store, "
                            + "or rebuild it with 'roost recover'" : "")
            case .notRunning(let reason): "no router is running for this home: \(reason)"
            case .closed: "the router closed its connection"
            }
        }
    }

    package init(machine: KnownMachine, events: EventLog? = nil, logger: Logger) {
        self.machine = machine
        self.events = events
        self.logger = logger
        (changes, change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: For the reconcilers

    /// Sets a service's routes, and returns when the router has confirmed them.
    package func set(_ service: ServiceID, to wanted: [Route]) async throws {
        if ledger.holds(wanted, of: service) { return }
        ledger.want(wanted, of: service)
        let goal = ledger.revision
        try await withCheckedThrowingContinuation { continuation in
            waiters.append(Waiter(service: service, revision: goal, continuation: continuation))
            change.yield()
        }
    }

    /// The gate that the router has confirmed for an instance. Nil while there is none.
    package func gate(of instance: InstanceID) -> Route.Gate? {
        let own = routes(of: instance.service).first { $0.name == ServiceRoutes.name(of: instance) }
        return own.map { $0.instanceGate ?? $0.gate }
    }

    package func routes(of service: ServiceID) -> [Route] { ledger.confirmed[service] ?? [] }

    /// The router's present status; the last known one if it does not answer.
    package func status() async -> RouterReply? {
        if let connection, let reply = try? await connection.send(.status) {
            // Without an answer the last status stays; the loop notices the end of the connection.
            latest = reply
        }
        return latest
    }

    /// The router's present status. Nil if it does not answer.
    package func ask() async -> RouterReply? {
        // The connection's own loop notices and reports why there is no answer.
        guard !silence.isTold, let reply = try? await connection?.send(.status) else { return nil }
        latest = reply
        return reply
    }

    /// Why clients may not be let in to any service. Nil if the router answers.
    package var fault: String? {
        silence.isTold ? RouterSilence.text(pid: latest?.pid, log: machine.facts.routerLog) : nil
    }

    /// Why the router cannot listen for a service. Empty if it can.
    package func listenErrors(of service: ServiceID) async -> [String] {
        // A request to a silent router would only delay the caller.
        if let fault { return [fault] }
        let known = listenErrors(of: service, in: latest)
        // The router retries to listen by itself, without reporting that, so errors are asked for again.
        return known.isEmpty ? known : listenErrors(of: service, in: await status())
    }

    private func listenErrors(of service: ServiceID, in reply: RouterReply?) -> [String] {
        (reply?.routes ?? []).compactMap { route in
            guard let error = route.listenError, ServiceRoutes.service(ofRoute: route.name) == service else {
                return nil
            }
            let port = ledger.wanted[service]?.first { $0.name == route.name }?.port
            return "its endpoint cannot listen on port \(port.map { "\($0)" } ?? "?"): \(error)"
        }
    }

    // MARK: The daemon's start

    /// Takes the stored table as the starting point, without the routes of services that do not exist any more.
    package func load(known services: Set<ServiceID>) async throws(Problem) {
        if let table = try await machine.agent.call(ReadRouterTable()).table { ledger.load(table, of: services) }
    }

    package func run() async throws {
        await withGracefulShutdownHandler {
            while !Task.isCancelled && !Task.isShuttingDownGracefully {
                do {
                    try await serveOneConnection()
                } catch {
                    logger.warning("Cannot reach the router", metadata: ["reason": "\(error)"])
                    failWaiters(error)
                    await tell(of: silence.miss())
                    try? await Task.sleep(for: .milliseconds(200))  // Cancellation ends the loop above.
                }
            }
        } onGracefulShutdown: { [change] in
            change.finish()
        }
    }

    // MARK: One connection's life

    private func serveOneConnection() async throws {
        let (connection, process, reply) = try await RouterLine.open(machine.agent)
        if let process { started = process }
        self.connection = connection
        let closing = Task { [change] in  // Cancelled below, which closes the connection.
            await connection.follow()
            change.yield()
        }
        defer {
            self.connection = nil
            closing.cancel()
        }
        await tell(of: reply)
        latest = reply
        await tell(of: silence.hear())
        ledger.meet(reply)
        logger.info("Connected to the router", metadata: ["pid": "\(reply.pid)", "revision": "\(reply.revision)"])
        let looks = Task { [change] in  // Ends with this connection, by the defer below.
            // If the task is cancelled, the loop ends.
            while (try? await Task.sleep(for: Self.lookInterval)) != nil { change.yield() }
        }
        defer { looks.cancel() }
        try await apply(over: connection)
        var asked = ContinuousClock.now
        for await _ in changes {
            guard self.connection != nil else { return }
            try await apply(over: connection)
            guard asked.duration(to: .now) >= Self.lookInterval else { continue }
            latest = try await connection.send(.status)
            asked = .now
        }
    }

    private func tell(of note: RouterSilence.Note?) async {
        let text = RouterSilence.text(pid: latest?.pid, log: machine.facts.routerLog)
        switch note {
        case .silent:
            logger.error("The router does not answer", metadata: ["pid": "\(latest?.pid ?? 0)"])
            await events?.add("router_silent", text)
        case .answersAgain: await events?.add("router_answers", "the router answers again")
        case nil: break
        }
    }

    /// A change of the router process is an event, because the connections through the previous process have ended.
    private func tell(of reply: RouterReply) async {
        let wasStarted = started == reply.pid
        started = nil
        switch latest?.pid {
        case reply.pid?: return
        case let before? where wasStarted:
            await events?.add(
                "router_restarted",
                "the router (pid \(before)) exited, which closed the connections through it; it was restarted as pid "
                    + "\(reply.pid). Its log: \(machine.facts.routerLog)")
        case let before?:
            await events?.add(
                "router_replaced",
                "another router (pid \(reply.pid), version \(reply.version)) replaced pid \(before)")
        // The first router that this daemon meets is no change.
        case nil: return
        }
    }

    private func apply(over connection: RouterLine) async throws {
        // Without a request to send, the end of the connection would not be noticed by sending.
        guard connection.isOpen else { throw Failure.closed }
        var reason = "it has another routing table"
        for _ in 0..<Self.attempts {
            let sent = ledger
            guard let request = sent.request() else { return settle(upTo: sent.revision, refused: [:]) }
            let reply = try await connection.send(request)
            latest = reply
            switch ledger.hear(reply, sent: sent) {
            case .taken(let refused): return settle(upTo: sent.revision, refused: refused)
            case .again: continue
            case .later(let words):
                reason = words
                logger.warning("The router did not accept the routes", metadata: ["reason": "\(words)"])
                try await Task.sleep(for: Self.pause)
            }
        }
        let failed = waiters
        waiters = []
        for waiter in failed { waiter.continuation.resume(throwing: Failure.refused(reason)) }
    }

    /// Answers the waiters for a revision: a refusal concerns its own service only.
    private func settle(upTo revision: UInt64, refused: [ServiceID: String]) {
        for (service, reason) in refused where logged[service] != reason {
            logger.error("The router refused a route", metadata: ["service": "\(service)", "reason": "\(reason)"])
        }
        logged = refused
        let answered = waiters.filter { $0.revision <= revision }
        waiters.removeAll { $0.revision <= revision }
        for waiter in answered {
            if let reason = refused[waiter.service] {
                waiter.continuation.resume(throwing: Failure.refused(reason))
            } else {
                waiter.continuation.resume()
            }
        }
    }

    private func failWaiters(_ error: any Error) {
        for waiter in waiters { waiter.continuation.resume(throwing: Failure.notRunning("\(error)")) }
        waiters = []
    }
}
