import Foundation
import Logging
import RoostAgentProtocol
import RoostControl
import RoostModel

/// Looks after one instance: gives its machine what happens, and carries out what that decides.
///
/// Work is done beside the loop, one piece at a time, and its end comes back as mail: what is asked of the instance is heard
/// meanwhile.
final class InstanceAgent: Sendable {
    let id: InstanceID
    /// Of the service.
    let uid: String
    private let inbox: AgentInbox
    private let first: InstanceSpec
    private let parts: AgentParts
    private let predecessor: Ending?
    private let send: @Sendable (InstanceStatus) -> Void
    private let end = Ending()

    /// `after`: who looked after an instance of the same name before, and ends first.
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

    /// Returns when the instance was dropped, or the task is cancelled, and what was under way has ended.
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
                // A deadline that nothing renews has passed once.
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

/// Tells those who wait that something has ended.
private final class Ending: Sendable {
    private let stream: AsyncStream<Never>
    private let continuation: AsyncStream<Never>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func announce() { continuation.finish() }
    func wait() async { for await _ in stream {} }
}
