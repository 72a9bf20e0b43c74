import Foundation
import Logging
import RoostAgentProtocol
import RoostControl
import RoostModel

/// Looks after one instance: passes events to its state machine, and carries out the effects that it returns.
///
/// Work is done beside the loop, one piece at a time, and its result comes back as mail, so that new specs are heard
/// meanwhile.
final class InstanceAgent: Sendable {
    let id: InstanceID
    /// Uid of the instance.
    let uid: String
    private let inbox: AgentInbox
    private let first: InstanceSpec
    private let parts: AgentParts
    private let predecessor: Ending?
    private let send: @Sendable (InstanceStatus) -> Void
    private let end = Ending()

    /// `after`: the agent of an earlier instance of the same name, which ends first.
    init(
        _ spec: InstanceSpec, _ parts: AgentParts, after predecessor: InstanceAgent?,
        send: @escaping @Sendable (InstanceStatus) -> Void
    ) {
        id = spec.id
        first = spec
        uid = spec.uid
        inbox = AgentInbox(of: spec.uid)
        self.parts = parts
        self.predecessor = predecessor?.end
        self.send = send
    }

    func take(_ spec: InstanceSpec) -> Bool { inbox.take(spec) }
    func drop() { inbox.drop() }
    func noteEnd() { inbox.noteEnd() }

    /// Returns when the instance was dropped or the task is cancelled, and the work under way has ended.
    func run() async {
        await predecessor?.wait()
        let work = AgentWork(id, parts)
        var machine = InstanceMachine(
            first, planner: parts.planner, patience: parts.patience, life: Int64(Date().timeIntervalSince1970 * 1000))
        await withDiscardingTaskGroup { group in
            var deadline = ContinuousClock.now + .seconds(3600)
            var effects = machine.begin()
            while !Task.isCancelled {
                for effect in effects {
                    switch effect {
                    case .send(let status): send(status)
                    case .wake(let pause): deadline = .now + pause
                    case .look(let spec): group.addTask { self.inbox.post(await work.look(spec)) }
                    case .act(let action, let spec):
                        group.addTask { self.inbox.post(.acted(await work.act(action, spec))) }
                    case .probe(let spec): group.addTask { self.inbox.post(.probed(await work.probe(spec))) }
                    }
                }
                let mail = await inbox.next(until: deadline)
                if mail.isDropped { break }
                let events = mail.events
                // A deadline passes once, unless an effect renews it.
                if events.isEmpty { deadline = .now + .seconds(3600) }
                effects = (events.isEmpty ? [.timeOut] : events).flatMap {
                    machine.handle($0, now: .now, date: Date())
                }
            }
            group.cancelAll()
        }
        end.announce()
    }
}

/// Lets tasks wait for the end of an agent.
private final class Ending: Sendable {
    private let stream: AsyncStream<Never>
    private let continuation: AsyncStream<Never>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func announce() { continuation.finish() }
    func wait() async { for await _ in stream {} }
}
