import NIOCore
import RoostModel
import Synchronization

/// A route in force: admits sessions, notifies them of changes, and counts them. Shared by the event loops and the
/// table's owner; the lock is taken a few times a connection, never for its bytes.
final class LiveRoute: Sendable {
    /// A session's place on the route, given back when the session ends.
    struct Pass: Sendable {
        let id: UInt64
        let wire: Wire
        /// The route as it was at admission. Every later change reaches the session as an event.
        let view: SessionMachine.View
    }

    enum Admission {
        case admitted(Pass)
        case refused(Refusal, Wire)
    }

    private struct State {
        var route: Route
        var sessions: [UInt64: any Channel] = [:]
        var load = BackendLoad()
        var waiting = 0
        var total: UInt64 = 0
        var refused: UInt64 = 0
        var isRemoved = false
    }

    let name: String
    let policy: SessionMachine.Policy
    private let capacity: Capacity
    private let state: Mutex<State>

    init(_ route: Route, policy: SessionMachine.Policy, capacity: Capacity) {
        name = route.name
        self.policy = policy
        self.capacity = capacity
        state = Mutex(State(route: route))
    }

    // MARK: For sessions

    /// Registers a session's client channel. Called on the channel's event loop, so that the event of a change right
    /// after the registration finds the session ready.
    func admit(_ channel: any Channel) -> Admission {
        state.withLock { state in
            state.total += 1
            let wire = Wire(name: state.route.wire)
            if state.isRemoved { return .refused(.removed, wire) }
            guard state.sessions.count < capacity.perRoute else {
                return .refused(.tooManyConnections(state.sessions.count), wire)
            }
            guard capacity.take() else { return .refused(.tooManyConnections(capacity.total), wire) }
            state.sessions[state.total] = channel
            return .admitted(Pass(id: state.total, wire: wire, view: Self.view(of: state.route)))
        }
    }

    func leave(_ pass: Pass) {
        if state.withLock({ $0.sessions.removeValue(forKey: pass.id) }) != nil { capacity.giveBack() }
    }

    var waiting: Int { state.withLock { $0.waiting } }

    func noteWaiting(_ isWaiting: Bool) {
        state.withLock { $0.waiting += isWaiting ? 1 : -1 }
    }

    /// Runs a session's decision. The sessions of all event loops share the count, so that no two of them choose by the
    /// same one.
    func withLoad(_ decide: (inout BackendLoad) -> [SessionMachine.Action]) -> [SessionMachine.Action] {
        state.withLock { decide(&$0.load) }
    }

    func noteRefusal() {
        state.withLock { $0.refused += 1 }
    }

    // MARK: For the table's owner

    func update(_ route: Route) {
        tell(.routeChanged(Self.view(of: route))) { $0.route = route }
    }

    /// Ends all connections: the route left the table, or the router is stopping.
    func remove() {
        tell(.routeRemoved) { $0.isRemoved = true }
    }

    var connections: Int { state.withLock { $0.sessions.count } }

    /// `knowsAll`: whether no other router may have connections of the route.
    func status(listenError: String?, knowsAll: Bool) -> RouteStatus {
        state.withLock { state in
            RouteStatus(
                name: name, listenError: listenError, openConnections: state.sessions.count - state.waiting,
                waitingConnections: state.waiting, totalConnections: state.total, refusedConnections: state.refused,
                busyBackends: knowsAll && state.route.purpose == .read ? state.load.busy : nil)
        }
    }

    private func tell(_ event: SessionMachine.Event, after change: (inout State) -> Void) {
        let channels = state.withLock { state in
            change(&state)
            return Array(state.sessions.values)
        }
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(event) }
    }

    private static func view(of route: Route) -> SessionMachine.View {
        SessionMachine.View(
            gate: route.effectiveGate, backends: route.backends, epoch: route.epoch, fence: route.fence,
            refusesAtOnce: route.refusesAtOnce ?? false)
    }
}
