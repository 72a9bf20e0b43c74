/// Decides when the processes of one custom service are started, started again and ended. Pure: events and the time in,
/// actions out.
package struct Supervisor: Equatable, Sendable {
    package struct Child: Equatable, Sendable {
        package enum State: Equatable, Sendable {
            /// To be started at a time.
            case waiting(until: Duration)
            case starting
            case running(since: Duration)
            /// Not to be started again: the whole is stopping.
            case ended
        }

        package let name: String
        package var state: State
        /// Ends in a row, none of them after a long run.
        package var failures = 0
        /// How it ended last.
        package var lastEnd: String?
    }

    package enum Event: Equatable, Sendable {
        case tick
        case started(Int)
        /// It ended, or could not be started: `exit status 1`.
        case ended(Int, how: String)
        case stop
    }

    package enum Action: Equatable, Sendable {
        case start(Int)
        /// SIGTERM to all of its processes.
        case terminate(Int)
        /// SIGKILL to all of its processes.
        case kill(Int)
        case finish
    }

    /// A process that ran for so long has not failed: its next start is immediate.
    static let longRun: Duration = .seconds(10)
    static let longestPause: Duration = .seconds(30)
    /// Databases write out what they hold; who takes longer is killed.
    static let patience: Duration = .seconds(60)

    package private(set) var children: [Child]
    /// When those that have not ended are killed; nil: nothing is stopping.
    private var deadline: Duration?
    private var hasKilled = false

    /// Times are since the supervisor's own start.
    package init(names: [String]) {
        children = names.map { Child(name: $0, state: .waiting(until: .zero)) }
    }

    package mutating func handle(_ event: Event, now: Duration) -> [Action] {
        switch event {
        case .tick: return due(now)
        case .started(let index):
            children[index].state = .running(since: now)
            // A stop that came while it was started has not reached it.
            return deadline == nil ? [] : [.terminate(index)]
        case .ended(let index, let how): return ended(index, how, now)
        case .stop: return stop(now)
        }
    }

    /// How long nothing is to be done; nil: until something happens.
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

    /// At once after the first end, because one crash is usually one crash; then doubling.
    static func pause(afterFailures count: Int) -> Duration {
        guard count > 1 else { return .zero }
        return min(.milliseconds(250) * (1 << min(count - 2, 10)), longestPause)
    }
}

extension Supervisor.Child {
    var isRunning: Bool { if case .running = state { true } else { false } }
}
