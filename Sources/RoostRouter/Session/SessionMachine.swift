import RoostModel

/// Decides the states of one connection from acceptance to its end. Uses no sockets and no clock: `elapsed` is the
/// time since the connection was accepted.
///
///     held ──gate opens──▶ connecting ──▶ greeting ──▶ relaying ──▶ ended
///       ▲                   │  ▲    ▲        │
///       └──gate closes──────┤  └─ pausing ◀──┘ every server refused, or died before it greeted
///
/// Until the server has spoken the client has received nothing, so every step before that can be undone and retried.
package struct SessionMachine: Equatable, Sendable {
    /// Limits and pauses for connections that wait for their server.
    package struct Policy: Equatable, Sendable {
        /// Time limit for reaching a server, from acceptance; then the client is refused.
        package var patience: Duration = .seconds(10)
        package var firstPause: Duration = .milliseconds(5)
        package var longestPause: Duration = .milliseconds(100)
        /// Time limit for a refused client to send the messages that must come before the error.
        package var farewellPatience: Duration = .seconds(5)
        /// Maximum of waiting connections of one route.
        package var waitingRoom = 512

        package init() {}
    }

    /// The part of its route that a session depends on.
    package struct View: Equatable, Sendable {
        package let gate: Route.Gate
        /// Never empty.
        package let backends: [Route.WeightedBackend]
        package let epoch: UInt64
        /// Sessions that began at a lower epoch end.
        package let fence: UInt64

        package init(gate: Route.Gate, backends: [Route.WeightedBackend], epoch: UInt64 = 0, fence: UInt64 = 0) {
            self.gate = gate
            self.backends = backends
            self.epoch = epoch
            self.fence = fence
        }

        func has(_ backend: Route.Backend) -> Bool { backends.contains { $0.backend == backend } }
    }

    /// A server that a session has chosen, and the route's epoch at that time.
    struct Choice: Equatable, Sendable {
        let backend: Route.Backend
        let epoch: UInt64
    }

    package enum Event: Equatable, Sendable {
        case accepted
        case routeChanged(View)
        /// The route was removed, or the router is stopping.
        case routeRemoved
        /// The timer that `.wake` asked for.
        case woken
        case connected
        case connectFailed
        case serverSpoke
        case serverClosed
        case clientClosed
    }

    package enum Action: Equatable, Sendable {
        /// Connect to the backend; answered by `.connected` or `.connectFailed` within the time.
        case connect(Route.Backend, within: Duration)
        /// Drop the connection to the server, or the attempt to connect.
        case dropServer
        /// Set the timer, replacing a running one.
        case wake(after: Duration)
        /// Stop the timer.
        case sleep
        /// Join the two ends. Bytes that the server has sent already come first.
        case relay
        /// Send the reason to the client, then close its connection.
        case refuse(Refusal)
        /// Close both ends.
        case close
    }

    enum State: Equatable, Sendable {
        case fresh
        /// Waits for the gate to open.
        case held
        /// Waits for the connection to the backend. `pause` is the pause after a failure.
        case connecting(Choice, pause: Duration)
        /// Waits between two attempts. `next` is the pause after another failure.
        case pausing(next: Duration)
        /// Connected; waits for the server's first bytes.
        case greeting(Choice, pause: Duration)
        case relaying(Choice)
        case ended
    }

    private let wire: Wire
    private let policy: Policy
    /// Backends that turned the connection away since the last pause.
    private var tried: [Route.Backend] = []
    /// Backend at which the connection is counted.
    private var counted: Route.Backend?
    private var view: View
    private(set) var state: State = .fresh
    /// Whether the connection counts as waiting: it is held, or its server has turned it away before.
    package private(set) var isWaiting = false

    package init(wire: Wire, policy: Policy, view: View) {
        self.wire = wire
        self.policy = policy
        self.view = view
    }

    /// `waiting` is the number of the route's other connections that wait now. `load` counts this connection at the
    /// backend of its state.
    package mutating func handle(
        _ event: Event, elapsed: Duration, waiting: Int, load: inout BackendLoad
    ) -> [Action] {
        let actions = decide(event, elapsed: elapsed, waiting: waiting, &load)
        switch state {
        case .relaying: isWaiting = false
        case .ended:
            isWaiting = false
            release(&load)
        case .held, .pausing:
            isWaiting = true
            release(&load)
        case .fresh, .connecting, .greeting: break
        }
        return actions
    }

    private mutating func decide(
        _ event: Event, elapsed: Duration, waiting: Int, _ load: inout BackendLoad
    ) -> [Action] {
        if case .ended = state { return [] }
        switch event {
        case .accepted: return followRoute(elapsed, waiting, &load)
        case .routeChanged(let view): return change(to: view, elapsed, waiting, &load)
        case .routeRemoved: return remove()
        case .woken: return wake(elapsed, waiting, &load)
        case .connected: return connected(elapsed)
        case .connectFailed:
            guard case .connecting(let choice, let pause) = state else { return [] }
            return turnedAway(by: choice, pause, elapsed, waiting, &load)
        case .serverSpoke:
            guard case .greeting(let choice, _) = state else { return [] }
            state = .relaying(choice)
            return [.sleep, .relay]
        case .serverClosed:
            // While relaying, the relay itself passes the end on.
            guard case .greeting(let choice, let pause) = state else { return [] }
            return [.dropServer] + turnedAway(by: choice, pause, elapsed, waiting, &load)
        case .clientClosed:
            state = .ended
            return [.sleep, .dropServer, .close]
        }
    }

    /// Starts over, depending on the gate.
    private mutating func followRoute(_ elapsed: Duration, _ waiting: Int, _ load: inout BackendLoad) -> [Action] {
        switch view.gate {
        case .open:
            tried = []
            return connect(pause: policy.firstPause, elapsed, waiting, &load)
        case .held:
            guard isWaiting || waiting < policy.waitingRoom else { return refuse(.tooManyWaiting(waiting)) }
            state = .held
            return [.wake(after: policy.patience - elapsed)]
        case .closed: return refuse(.stopped)
        }
    }

    private mutating func change(
        to next: View, _ elapsed: Duration, _ waiting: Int, _ load: inout BackendLoad
    ) -> [Action] {
        let previous = view
        view = next
        switch state {
        case .fresh, .ended: return []
        case .held: return next.gate == .held ? [] : [.sleep] + followRoute(elapsed, waiting, &load)
        case .pausing: return next == previous ? [] : [.sleep] + followRoute(elapsed, waiting, &load)
        case .connecting(let choice, _), .greeting(let choice, _):
            if next.gate == .open, stays(choice, at: next) { return [] }
            return [.sleep, .dropServer] + followRoute(elapsed, waiting, &load)
        case .relaying(let choice):
            // A session at a server that no longer belongs to the route could make writes that no other client ever
            // sees.
            guard !stays(choice, at: next) else { return [] }
            state = .ended
            return [.close]
        }
    }

    private func stays(_ choice: Choice, at next: View) -> Bool {
        next.has(choice.backend) && choice.epoch >= next.fence
    }

    private mutating func remove() -> [Action] {
        if case .relaying = state {
            state = .ended
            return [.close]
        }
        return [.dropServer] + refuse(.removed)
    }

    private mutating func wake(_ elapsed: Duration, _ waiting: Int, _ load: inout BackendLoad) -> [Action] {
        switch state {
        case .held: return refuse(.waited(policy.patience))
        case .pausing(let next):
            tried = []
            return connect(pause: next, elapsed, waiting, &load)
        case .greeting: return [.dropServer] + refuse(.silent(policy.patience))
        case .fresh, .connecting, .relaying, .ended: return []
        }
    }

    private mutating func connected(_ elapsed: Duration) -> [Action] {
        guard case .connecting(let choice, let pause) = state else { return [] }
        guard wire.serverSpeaksFirst else {
            state = .relaying(choice)
            return [.relay]
        }
        state = .greeting(choice, pause: pause)
        return [.wake(after: policy.patience - elapsed)]
    }

    /// Tries the next server at once, so that the client does not notice. After the last one, the route's servers are
    /// given a pause.
    private mutating func turnedAway(
        by choice: Choice, _ pause: Duration, _ elapsed: Duration, _ waiting: Int, _ load: inout BackendLoad
    ) -> [Action] {
        tried.append(choice.backend)
        return connect(pause: pause, elapsed, waiting, &load)
    }

    /// `pause`: before the next attempt if every server has turned the connection away.
    private mutating func connect(
        pause: Duration, _ elapsed: Duration, _ waiting: Int, _ load: inout BackendLoad
    ) -> [Action] {
        let left = policy.patience - elapsed
        guard left > .zero else { return refuse(.waited(policy.patience)) }
        // The connection itself must not count against the server that it had.
        release(&load)
        guard let backend = load.take(among: view.backends, tried: tried) else {
            guard isWaiting || waiting < policy.waitingRoom else { return refuse(.tooManyWaiting(waiting)) }
            state = .pausing(next: min(pause * 2, policy.longestPause))
            return [.wake(after: min(pause, left))]
        }
        counted = backend
        state = .connecting(Choice(backend: backend, epoch: view.epoch), pause: pause)
        return [.connect(backend, within: left)]
    }

    private mutating func release(_ load: inout BackendLoad) {
        if let counted { load.giveBack(counted) }
        counted = nil
    }

    private mutating func refuse(_ refusal: Refusal) -> [Action] {
        state = .ended
        return [.sleep, .refuse(refusal)]
    }
}
