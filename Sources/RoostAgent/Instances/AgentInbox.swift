import RoostControl
import RoostModel
import RoostTasks
import Synchronization

/// What has come for an instance's agent and was not dealt with yet. Newer replaces older, so it is bounded.
final class AgentInbox: Sendable {
    struct Mail: Sendable {
        /// How the one look, step or probe ended that was under way.
        var result: InstanceMachine.Event?
        var spec: InstanceSpec?
        var hasServerEnded = false
        /// Nobody has anything for the agent to do any more.
        var isDropped = false

        /// In the order in which they are dealt with: what was under way first, so that nothing overtakes its end.
        var events: [InstanceMachine.Event] {
            (result.map { [$0] } ?? []) + (spec.map { [.spec($0)] } ?? []) + (hasServerEnded ? [.serverEnded] : [])
        }
    }

    private struct State {
        let uid: String
        var mail = Mail()
    }

    private let state: Mutex<State>
    private let bell = Bell()

    /// `uid`: whose instance it is.
    init(of uid: String) { state = Mutex(State(uid: uid)) }

    /// False: the agent was dropped, or the spec is of another service of the same name; another agent is to take it.
    func take(_ spec: InstanceSpec) -> Bool {
        let isTaken = state.withLock { state in
            // Another service has the name now: nobody has anything to do for this one any more.
            if state.uid != spec.uid { state.mail.isDropped = true }
            guard !state.mail.isDropped else { return false }
            if spec.revision >= state.mail.spec?.revision ?? 0 { state.mail.spec = spec }
            return true
        }
        bell.ring()
        return isTaken
    }

    func post(_ result: InstanceMachine.Event) {
        state.withLock { $0.mail.result = result }
        bell.ring()
    }

    func noteEnd() {
        state.withLock { $0.mail.hasServerEnded = true }
        bell.ring()
    }

    func drop() {
        state.withLock { $0.mail.isDropped = true }
        bell.ring()
    }

    /// Without events: the deadline has passed.
    func next(until deadline: ContinuousClock.Instant) async -> Mail {
        while !Task.isCancelled {
            let mail = state.withLock { state in
                let mail = state.mail
                state.mail = Mail(isDropped: mail.isDropped)
                return mail
            }
            let left = ContinuousClock.now.duration(to: deadline)
            if !mail.events.isEmpty || mail.isDropped || left <= .zero { return mail }
            await bell.sleep(left)
        }
        return Mail(isDropped: true)
    }
}
