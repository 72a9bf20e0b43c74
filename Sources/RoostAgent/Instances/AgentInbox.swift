import RoostControl
import RoostModel
import RoostTasks
import Synchronization

/// Events for an instance's agent that it has not handled yet. Bounded: a newer event replaces the older one of its
/// kind.
final class AgentInbox: Sendable {
    struct Mail: Sendable {
        /// Result of the look, step or probe that was under way.
        var result: InstanceMachine.Event?
        var spec: InstanceSpec?
        var hasServerEnded = false
        /// Whether the agent's work is over: the instance was dropped, or a newer one has its name.
        var isDropped = false

        /// Events in the order in which they are handled: the result first, so that nothing overtakes it.
        var events: [InstanceMachine.Event] {
            (result.map { [$0] } ?? []) + (spec.map { [.spec($0)] } ?? []) + (hasServerEnded ? [.serverEnded] : [])
        }
    }

    private struct State {
        let uid: String
        var mail = Mail()
    }

    private let state: Mutex<State>
    private let wakeSignal = WakeSignal()

    /// `uid`: of the instance.
    init(of uid: String) { state = Mutex(State(uid: uid)) }

    /// False if the agent was dropped, or the spec is of a newer instance of the same name: another agent takes it
    /// then.
    func take(_ spec: InstanceSpec) -> Bool {
        let isTaken = state.withLock { state in
            // A newer instance has the name now, so this agent's work is over.
            if state.uid != spec.uid { state.mail.isDropped = true }
            guard !state.mail.isDropped else { return false }
            if spec.revision >= state.mail.spec?.revision ?? 0 { state.mail.spec = spec }
            return true
        }
        wakeSignal.ring()
        return isTaken
    }

    func post(_ result: InstanceMachine.Event) {
        state.withLock { $0.mail.result = result }
        wakeSignal.ring()
    }

    func noteEnd() {
        state.withLock { $0.mail.hasServerEnded = true }
        wakeSignal.ring()
    }

    func drop() {
        state.withLock { $0.mail.isDropped = true }
        wakeSignal.ring()
    }

    /// Waits for mail. Mail without events means that the deadline has passed.
    func next(until deadline: ContinuousClock.Instant) async -> Mail {
        while !Task.isCancelled {
            let mail = state.withLock { state in
                let mail = state.mail
                state.mail = Mail(isDropped: mail.isDropped)
                return mail
            }
            let left = ContinuousClock.now.duration(to: deadline)
            if !mail.events.isEmpty || mail.isDropped || left <= .zero { return mail }
            await wakeSignal.sleep(left)
        }
        return Mail(isDropped: true)
    }
}
