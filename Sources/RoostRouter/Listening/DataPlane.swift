import Glibc
import Logging
import NIOCore
import NIOPosix
import RoostModel

/// The routes in force, each with its listener and its sessions. Used by the router from one task. The sessions run
/// on the event loops and are reached through their `LiveRoute`.
final class DataPlane {
    let capacity: Capacity
    private let group: any EventLoopGroup
    private let policy: SessionMachine.Policy
    private let logger: Logger
    private var routes: [String: LiveRoute] = [:]
    private var listeners: [String: Listener] = [:]
    /// Sockets of the previous router, by address, until a route takes them.
    private var inherited: [ListenAddress: CInt]

    init(
        on group: any EventLoopGroup, policy: SessionMachine.Policy, capacity: Capacity,
        inherited: [ListenAddress: CInt], logger: Logger
    ) {
        self.group = group
        self.policy = policy
        self.capacity = capacity
        self.inherited = inherited
        self.logger = logger
    }

    func perform(_ actions: [ListenerAction]) async {
        for action in actions {
            switch action {
            case .remove(let name):
                await close(listeners.removeValue(forKey: name).map { [$0] } ?? [])
                routes.removeValue(forKey: name)?.remove()
            case .unlisten(let name): await close(listeners.removeValue(forKey: name).map { [$0] } ?? [])
            case .update(let route): routes[route.name]?.update(route)
            case .listen(let route): await listen(for: route)
            }
        }
    }

    private func listen(for route: Route) async {
        let live = routes[route.name] ?? LiveRoute(route, policy: policy, capacity: capacity)
        routes[route.name] = live
        let listener = Listener(route, for: live, on: group, logger: logger)
        listeners[route.name] = listener
        await listener.open(inherited: &inherited)
    }

    /// Closes inherited sockets that no route of the table uses.
    func dropInherited() {
        for socket in inherited.values { Glibc.close(socket) }
        inherited = [:]
    }

    /// Opens the listeners that could not be opened before.
    func retryListeners() async {
        for listener in listeners.values where listener.error != nil { await listener.open(inherited: &inherited) }
    }

    /// Returns once all ports are free, and every connection accepted before is a session.
    func stopListening() async {
        await close(Array(listeners.values))
        listeners = [:]
    }

    /// Closing a listener, NIO also closes a connection that was accepted and is still being prepared on another
    /// event loop. So first stop accepting, then let the loops finish: prepare the connection, hand it over, begin
    /// its session.
    private func close(_ listeners: [Listener]) async {
        for listener in listeners { await listener.pause() }
        for _ in 1...3 {
            for loop in group.makeIterator() {
                // Submitting fails only if the loop has ended.
                try? await loop.submit {}.get()
            }
        }
        for listener in listeners { await listener.close() }
    }

    func endSessions() {
        for route in routes.values { route.remove() }
    }

    /// Copies of all listening sockets, which the caller closes.
    func copySockets() async throws -> [(address: ListenAddress, socket: CInt)] {
        var copies: [(address: ListenAddress, socket: CInt)] = []
        do {
            for listener in listeners.values { copies += try await listener.copySockets() }
        } catch {
            for copy in copies { Glibc.close(copy.socket) }
            throw error
        }
        return copies
    }

    /// The routes' status, in the order of `table`. `knowsAll`: whether no other router may have connections of them.
    func statuses(of table: RoutingTable, knowsAll: Bool) -> [RouteStatus] {
        table.routes.compactMap {
            routes[$0.name]?.status(listenError: listeners[$0.name]?.error, knowsAll: knowsAll)
        }
    }
}
