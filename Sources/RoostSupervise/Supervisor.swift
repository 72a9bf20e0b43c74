/// Decides when the processes of one custom service are started, restarted and ended. Pure: events and the time in,
/// actions out.
package struct Supervisor: Equatable, Sendable {
    package struct Child: Equatable, Sendable {
        package enum State: Equatable, Sendable {
            /// The process is to be started at this time.
            case waiting(until: Duration)
            case starting
            case running(since: Duration)
            /// The process is not to be started again: the service is stopping.
            case ended
        }

        package let name: String
        package var state: State
        /// Number of ends in a row. A long run restarts the count.
        package var failures = 0
        /// The way in which the process last ended.
        package var lastEnd: String?
    }

    package enum Event: Equatable, Sendable {
        case tick
        case started(Int)
        /// The process ended, or could not be started: `exit status 1`.
        case ended(Int, how: String)
        case stop
    }

    package enum Action: Equatable, Sendable {
        case start(Int)
        /// SIGTERM to all processes of the child's group.
        case terminate(Int)
        /// SIGKILL to all processes of the child's group.
        case kill(Int)
        case finish
    }

    /// A process that ran for this long has not failed: its next start is immediate.
    static let longRun: Duration = .seconds(10)
    static let longestPause: Duration = .seconds(30)
    /// Time limit for a stop: databases write out their data first. A process that takes longer is killed.
    static let patience: Duration = .seconds(60)

    package private(set) var children: [Child]
    /// Time at which processes that have not ended are killed. Nil while the service is not stopping.
    private var deadline: Duration?
    private var hasKilled = false

    /// All times count from the supervisor's start.
    package init(names: [String]) {
        children = names.map { Child(name: $0, state: .waiting(until: .zero)) }
    }

    package mutating func handle(_ event: Event, now: Duration) -> [Action] {
        switch event {
        case .tick: return due(now)
        case .started(let index):
            children[index].state = .running(since: now)
            // A stop that came during the start has not reached the process.
            return deadline == nil ? [] : [.terminate(index)]
        case .ended(let index, let how): return ended(index, how, now)
        case .stop: return stop(now)
        }
    }

    /// Time until the next action is due. Nil if only an event can cause one.
    package func pause(now: Duration) -> Duration? {
        if let deadline { return hasKilled ? nil : max(.zero, deadline - now) }
        let times = children.compactMap { child in
            if case .waiting(let until) = child.state { max(.zero, until - now) } else { nil }
        }
        return times.min()
    }

    private mutating func due(_ now: Duration) -> [Action] {
        if let deadline {
            guard deadline <= now, !hasKilled else { return [] }
            hasKilled = true
            return children.indices.filter { children[$0].isRunning }.map { .kill($0) }
        }
        var actions: [Action] = []
        for index in children.indices {
            guard case .waiting(let until) = children[index].state, until <= now else { continue }
            children[index].state = .starting
            actions.append(.start(index))
        }
        return actions
    }

    private mutating func ended(_ index: Int, _ how: String, _ now: Duration) -> [Action] {
        if case .running(let since) = children[index].state, now - since >= Self.longRun {
            children[index].failures = 0
        }
        children[index].failures += 1
        children[index].lastEnd = how
        guard deadline != nil else {
            children[index].state = .waiting(until: now + Self.pause(afterFailures: children[index].failures))
            return []
        }
        children[index].state = .ended
        return finishIfOver()
    }

    private mutating func stop(_ now: Duration) -> [Action] {
        guard deadline == nil else { return [] }
        deadline = now + Self.patience
        for index in children.indices where !children[index].isRunning && children[index].state != .starting {
            children[index].state = .ended
        }
        let running = children.indices.filter { children[$0].isRunning }
        return running.map { .terminate($0) } + finishIfOver()
    }

    private func finishIfOver() -> [Action] {
        children.allSatisfy { $0.state == .ended } ? [.finish] : []
    }

    /// No pause after the first end, because a crash is usually a single one; then the pause doubles.
    static func pause(afterFailures count: Int) -> Duration {
        guard count > 1 else { return .zero }
        return min(.milliseconds(250) * (1 << min(count - 2, 10)), longestPause)
    }
}

extension Supervisor.Child {
    var isRunning: Bool { if case .running = state { true } else { false } }
}
