import Foundation
import RoostModel

/// Reconciles one instance: says when to look, decides by what was observed, and says what to do next, until nothing
/// is left to do.
///
/// A synchronous value: an event goes in, effects come out. One look, step or probe is under way at a time; its end
/// comes back as an event. Changes to the store or the router are requested in the status, and a later spec answers
/// the request.
package struct InstanceMachine: Sendable {
    /// Result of a look.
    package struct Look: Equatable, Sendable {
        package var seen: InstanceObservation
        /// Nil if the desired state of the instance cannot be told.
        package let target: InstanceTarget?
        /// Why the target cannot be told, or why the files beside the data could not be written.
        package let failure: Failure?
        /// Sentence with the figures if the instance's disk is full; nil if it is not.
        package let diskFault: String?

        package init(
            seen: InstanceObservation, target: InstanceTarget?, failure: Failure? = nil, diskFault: String? = nil
        ) {
            self.seen = seen
            self.target = target
            self.failure = failure
            self.diskFault = diskFault
        }
    }

    package struct Failure: Error, Equatable, Sendable {
        package let reason: String
        /// Whether a retry is useless.
        package let isPermanent: Bool
        /// The port that another process listens on, if that kept a server from starting.
        package let takenPort: PortNumber?

        package init(_ reason: String, isPermanent: Bool = false, takenPort: PortNumber? = nil) {
            self.reason = reason
            self.isPermanent = isPermanent
            self.takenPort = takenPort
        }
    }

    /// Result of a step on the machine.
    package enum Outcome: Equatable, Sendable {
        case done
        /// A server of this release runs with this process id, or did a moment ago.
        case started(pid: Int32, EngineIdentity)
        case failed(Failure)
    }

    package enum Event: Equatable, Sendable {
        case spec(InstanceSpec)
        /// `ending`: how a server that is gone ended, if that is known.
        case looked(Look, ending: String?)
        /// The look failed. The server's state stays as it was last reported.
        case unseen(reason: String)
        case acted(Outcome)
        case probed(InstanceProbe)
        /// The time of the last `wake` is over.
        case timeOut
        /// A server of the instance has ended.
        case serverEnded
    }

    package enum Effect: Equatable, Sendable {
        case look(InstanceSpec)
        case act(Action, InstanceSpec)
        case probe(InstanceSpec)
        case send(InstanceStatus)
        /// Replaces the time of an earlier `wake`, which otherwise stays in force.
        case wake(after: Duration)
    }

    /// Items that are carried out one by one; the first failure ends the round.
    struct Round {
        /// The spec of the plan, replaced by each spec that answers a request. Other changes to the spec wait for the
        /// next look.
        var spec: InstanceSpec
        var item: Item
        var began: ContinuousClock.Instant
        /// Steps of the item that are left. The items behind it are in `rest`.
        var steps: [ActionStep]
        var rest: [Item]
        var isDelayTold = false
    }

    enum Item: Equatable {
        case action(Action)
        /// Wait until the router does this with the instance's clients.
        case clients(Route.Gate)
    }

    enum Phase {
        case looking(InstanceSpec)
        case acting(Round)
        case asking(Round, InstanceRequest)
        /// Waits for the router. `failure`: the last failed attempt to tell the router that was known before the
        /// wait.
        case awaiting(Round, Route.Gate, failure: Int64?)
        /// Rests until the time is over or something changes.
        case resting
        /// All is as desired: a probe now and then, and a look when the review is due.
        case watching(review: ContinuousClock.Instant)
        case probing(review: ContinuousClock.Instant)
    }

    let planner: InstancePlanner
    /// Timeout for an answer, after which a request is sent again.
    let patience: Duration
    var spec: InstanceSpec
    var memory = InstanceMemory()
    var phase = Phase.resting
    var status: InstanceStatus
    /// Whether something changed while a look or a step was under way.
    var isStale = false
    /// The last status that was sent, and when.
    var sent: (status: InstanceStatus, at: ContinuousClock.Instant)?
    var lastNote = 0
    var lastRequest: Int64 = 0
    var lastGateRequest: Int64 = 0

    package init(_ spec: InstanceSpec, planner: InstancePlanner, patience: Duration, life: Int64) {
        self.spec = spec
        self.planner = planner
        self.patience = patience
        status = InstanceStatus(id: spec.id, uid: spec.uid, life: life)
    }

    // MARK: Events

    /// Begins with the first look.
    package mutating func begin() -> [Effect] { look() }

    package mutating func handle(
        _ event: Event, now: ContinuousClock.Instant, date: Date
    ) -> [Effect] {
        switch event {
        case .spec(let newer): take(newer, now, date)
        case .looked(let found, let ending): decide(found, ending, now, date)
        case .unseen(let reason): decideUnseen(reason, now)
        case .acted(let outcome): goOn(after: outcome, now, date)
        case .probed(let probe): judge(probe, now, date)
        case .timeOut: wake(now)
        case .serverEnded: holdClients(now) + lookSoon()
        }
    }

    /// Clients are held at once, before the cause of the server's end is known.
    private mutating func holdClients(_ now: ContinuousClock.Instant) -> [Effect] {
        guard status.clients?.gate == .open else { return [] }
        requestGate(.held)
        return push(now)
    }

    mutating func take(
        _ newer: InstanceSpec, _ now: ContinuousClock.Instant, _ date: Date
    ) -> [Effect] {
        let isNewer = newer.revision > spec.revision
        if isNewer { spec = newer }
        if case .asking(var round, let request) = phase {
            guard let answer = spec.answer, answer.request == request.id else { return push(now, again: !isNewer) }
            status.request = nil
            let outcome = answer.failure.map { Outcome.failed(Failure($0)) } ?? .done
            round.spec = spec
            phase = .acting(round)
            return goOn(after: outcome, now, date)
        }
        if case .awaiting(let round, let gate, let known) = phase {
            if let outcome = outcome(of: gate, knownFailure: known) {
                phase = .acting(round)
                return goOn(after: outcome, now, date)
            }
            return isNewer && !spec.asks(theSameAs: round.spec) ? push(now) + look() : push(now, again: !isNewer)
        }
        // A repeated or older spec means that the control plane does not know the agent's newest.
        return isNewer ? push(now) + lookSoon() : push(now, again: true)
    }

    mutating func lookSoon() -> [Effect] {
        switch phase {
        // No work is under way on the machine in these phases.
        case .resting, .watching, .awaiting: return look()
        case .looking, .acting, .asking, .probing:
            isStale = true
            return []
        }
    }

    mutating func wake(_ now: ContinuousClock.Instant) -> [Effect] {
        switch phase {
        case .resting: return look()
        case .watching(let review):
            guard now < review else { return look() }
            phase = .probing(review: review)
            return [.probe(spec)]
        case .asking, .awaiting:
            forgetContact()
            return push(now, reminding: true) + [.wake(after: patience)]
        case .acting(let round): return tellDelay(of: round, now)
        case .looking, .probing: return []
        }
    }

    mutating func look() -> [Effect] {
        phase = .looking(spec)
        isStale = false
        return [.look(spec)]
    }
}
