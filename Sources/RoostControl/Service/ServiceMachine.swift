import Foundation
import RoostModel

/// Decides for a whole service: which specs its agents get, and which of their requests are carried out.
///
/// A synchronous value: an event goes in, effects come out. Events only say where to look: lost, duplicated and
/// reordered events lead to the same end.
package struct ServiceMachine: Sendable {
    /// Observation of the store and the router.
    package struct View: Equatable, Sendable {
        package let service: Service
        package let application: Application
        /// Gates by index; nil if the router has no routes of an instance, or others than it should have.
        package let gates: [Int: Route.Gate]
        /// Why the router does not listen on an address of the service.
        package let listenErrors: [String]
        /// Open connections of clients at members that wait for their readers to end, by index, where they are known.
        package let readers: [Int: Int]

        package init(
            service: Service, application: Application, gates: [Int: Route.Gate], listenErrors: [String],
            readers: [Int: Int] = [:]
        ) {
            self.readers = readers
            self.service = service
            self.application = application
            self.gates = gates
            self.listenErrors = listenErrors
        }
    }

    package enum Event: Equatable, Sendable {
        /// Nil if the service no longer exists.
        case looked(View?)
        case status(InstanceStatus)
        /// Periodic: specs that agents have not acknowledged are sent again.
        case tick
        /// Rare: an agent that was not heard from since the last review may have lost everything.
        case review
        /// A request has ended. The view contains the changes that it made.
        case answered(index: Int, InstanceRequest.Answer, View?)
        /// The router has confirmed the gates of the last `route` effect, or could not be told them. `failure`: a
        /// sentence.
        case routed(failure: String?, View?)
        /// The change of the status was stored, or could not be.
        case committed(View?)
        /// The change of the members was stored, or could not be. `failure`: a sentence.
        case enlisted(failure: String?, View?)
    }

    package enum Effect: Equatable, Sendable {
        case apply(InstanceSpec)
        /// The agent no longer looks after the instance.
        case drop(InstanceID, uid: String)
        case perform(InstanceRequest, index: Int)
        /// Tell the router the gates, by index, unless the service has another epoch by then. One at a time; `routed`
        /// ends it.
        case route([Int: Route.Gate], epoch: UInt64)
        /// Store a change of the status. One at a time; `committed` ends it.
        case commit(StatusChange)
        /// Store the change of the members, with ports for new ones; `enlisted` ends it.
        case enlist(Membership)
        /// Store the outcome of a failover.
        case record(FailoverInfo)
        case tell(InstanceNote.Content, index: Int)
        /// Nil if the service is gone.
        case show(ServiceReport?)
    }

    /// State of one instance, as this machine knows it.
    struct Member {
        var sent: InstanceSpec?
        /// Revision of the first spec that asked what `sent` asks about replication.
        var askedSince: Int64 = 0
        var status: InstanceStatus?
        var isHeard = false
        var answer: InstanceRequest.Answer?
        /// The request that is being carried out. One at a time: the slot is kept until the work has really ended.
        var performing: Int64?
        var notesSeen = 0
        /// Process id of the server whose start was announced already.
        var announced: Int32?
        /// Number of the newest `GateRequest` that had arrived when the router was last told all requested gates.
        var gateRequest: Int64 = 0
    }

    let id: ServiceID
    var view: View?
    var members: [Int: Member] = [:]
    var report = ServiceReport()
    var routing = Routing()
    var handover: Handover?
    /// The record of the change of the primary under way; kept until clients can write again.
    var trace: FailoverTrace?
    var pace = ReplacementPace()
    /// The member whose turn it is to restart its server.
    var rolling = Rolling()
    /// Why the handover under way cannot end, a sentence. Nil if it can.
    var stuck: String?
    var synchronousSet = SynchronousSet()
    var healing = Healing()
    var passwordRollout = PasswordRollout()
    /// Whether a change of the status is being stored.
    var isCommitting = false
    var enlisting = Enlisting()
    /// The epoch that this machine began while the primary's server was not running; nil once the server was seen
    /// running.
    var expected: UInt64?
    /// The newest term in which a member said to be primary; 0 for engines that do not elect.
    var newestTerm: Int64 = 0

    /// Low bits of a revision. A machine sends fewer specs than these bits can count.
    private static let revisionBits = 20

    /// Revision of the newest spec. One counter for all instances.
    var revision: Int64

    /// `since`: creation time in milliseconds. Specs of a machine that is made later have higher revisions than all
    /// before.
    package init(_ id: ServiceID, since milliseconds: Int64) {
        self.id = id
        revision = milliseconds << Self.revisionBits
    }

    /// Whether the service is gone, and nothing is left to do.
    package private(set) var isOver = false

    /// The time of the present event, for times that users set.
    private(set) var date = Date.distantPast

    /// When members that leave no longer wait for their readers; nil if none waits. A look is due then.
    package func readersEnd(at date: Date) -> Date? {
        guard let service = view?.service, Membership.change(service)?.leaving.isEmpty == false else { return nil }
        return service.spec.pendingReadersEnd(at: date)
    }

    package mutating func handle(_ event: Event, now: ContinuousClock.Instant, date: Date) -> [Effect] {
        self.date = date
        switch event {
        case .looked(let view): return look(view, now)
        case .status(let status): return hear(status, now)
        case .tick:
            routing.isDue = true
            enlisting.isDue = true
            let before = (handover?.epoch, rolling.turn)
            let led = lead(now)
            // A change of the primary may begin by time alone: at the end of a pause.
            let told =
                (handover?.epoch, rolling.turn) == before
                ? members.sorted { $0.key < $1.key }.compactMap { repeatUnheard($0.value) } : instructAll()
            return led + enlist() + route() + told
        case .review: return review()
        case .answered(let index, let answer, let view):
            if members[index]?.performing == answer.request {
                members[index]?.answer = answer
                members[index]?.performing = nil
            }
            return look(view, now)
        case .committed(let view):
            isCommitting = false
            return look(view, now)
        case .enlisted(let failure, let view):
            enlisting = Enlisting(failure: failure, isDue: failure == nil)
            return look(view, now)
        case .routed(let failure, let view):
            routing.isUnderWay = false
            routing.failure = failure.map { .init(attempt: routing.attempts, reason: $0) }
            routing.isDue = failure == nil
            noteGateRequests(routing.gateRequests)
            return look(view, now)
        }
    }

    // MARK: What is asked for

    mutating func look(_ view: View?, _ now: ContinuousClock.Instant) -> [Effect] {
        // A service with another uid but the same name has a machine of its own.
        guard let view, view.service.uid == self.view?.service.uid ?? view.service.uid else { return end() }
        self.view = view
        let indices = Set(view.service.instances.map(\.index))
        return drop { !indices.contains($0) || view.service.status.uid(of: $0) != $1 }
            + lead(now) + enlist() + route() + indices.sorted().flatMap { instruct($0, view) }
            + indices.sorted().flatMap { grant($0) } + show()
    }

    /// Tells the router the gates that agents request, where the router has others.
    mutating func route() -> [Effect] {
        guard let view, !routing.isUnderWay, !isForgetting else { return [] }
        let gateRequests = members.compactMapValues(\.status).compactMapValues { gate(for: $0, view.service) }
        guard gateRequests.contains(where: { view.gates[$0.key] != $0.value }) else {
            noteGateRequests(members.compactMapValues { $0.status?.clients?.number })
            return []
        }
        guard routing.isDue else { return [] }
        routing.isUnderWay = true
        routing.gateRequests = members.compactMapValues { $0.status?.clients?.number }
        routing.attempts += 1
        return [.route(view.gates.merging(gateRequests) { _, requested in requested }, epoch: view.service.epoch)]
    }

    /// Whether the service's routes are being removed, or are gone.
    var isForgetting: Bool {
        members.values.contains { $0.performing != nil && $0.status?.request?.step == .gone }
    }

    mutating func noteGateRequests(_ gateRequests: [Int: Int64]) {
        for (index, gateRequest) in gateRequests { members[index]?.gateRequest = gateRequest }
    }

    /// Sends the agent a new spec if anything has changed for it.
    mutating func instruct(_ index: Int, _ view: View) -> [Effect] {
        var member = members[index] ?? Member()
        let spec = InstanceSpec(
            application: view.application, service: view.service, index: index, fence: fence(view),
            mayOpen: mayOpen(index, view.service), hangs: hangs(index, view.service),
            mayRestart: rolling.mayRestart(index, view.service),
            acknowledgers: view.service.isGroup ? synchronousSet.acknowledgers(view.service) : nil,
            revision: revision + 1,
            admission: .init(gate: view.gates[index], gateRequest: member.gateRequest, failure: routing.failure),
            answer: member.answer,
            notesSeen: .init(life: member.status?.life ?? 0, number: member.notesSeen))
        let isNews = member.sent.map { !$0.says(theSameAs: spec) } ?? true
        if isNews {
            if member.sent.map({ !$0.asksOfReplication(theSameAs: spec) }) ?? true { member.askedSince = spec.revision }
            member.sent = spec
            revision += 1
        }
        members[index] = member
        return isNews ? [.apply(spec)] : []
    }

    /// A spec that the agent has not acknowledged is sent again.
    func repeatUnheard(_ member: Member) -> Effect? {
        guard let sent = member.sent, (member.status?.specRevision ?? 0) < sent.revision else { return nil }
        return .apply(sent)
    }

    mutating func review() -> [Effect] {
        let silent = members.filter { !$0.value.isHeard }.sorted { $0.key < $1.key }.compactMap { $0.value.sent }
        for index in members.keys { members[index]?.isHeard = false }
        return silent.map { .apply($0) }
    }

    mutating func end() -> [Effect] {
        isOver = true
        return drop { _, _ in true } + [.show(nil)]
    }

    /// Tells agents to drop instances, selected by index and uid.
    private mutating func drop(where isGone: (Int, String) -> Bool) -> [Effect] {
        let gone = members.sorted { $0.key < $1.key }.compactMap { index, member in
            member.sent.flatMap { isGone(index, $0.uid) ? (index, $0.uid) : nil }
        }
        for (index, _) in gone { members[index] = nil }
        return gone.map { .drop(InstanceID(id, $0), uid: $1) }
    }

    // MARK: What agents tell

    mutating func hear(_ status: InstanceStatus, _ now: ContinuousClock.Instant) -> [Effect] {
        guard var member = members[status.id.index], status.uid == view?.service.status.uid(of: status.id.index)
        else { return [] }
        let known = member.status
        if let known {
            if (known.life, known.revision) >= (status.life, status.revision) { return [] }
            if known.life != status.life { member.notesSeen = 0 }
        }
        member.status = status
        member.isHeard = true
        newestTerm = max(newestTerm, status.leadingTerm ?? 0)
        let news = status.notes.filter { $0.number > member.notesSeen }
        member.notesSeen = max(member.notesSeen, news.last?.number ?? 0)
        if known?.clients != status.clients { routing.isDue = true }
        members[status.id.index] = member
        let told = news.map { Effect.tell($0.content, index: status.id.index) }
        // Requests of the others may wait for what the primary reports.
        let granted = status.id.index == view?.service.status.primary ? members.keys.sorted() : [status.id.index]
        return told + lead(now) + route() + instructAll() + show() + exceed(status) + remind(status)
            + granted.flatMap { grant($0) }
    }

    /// A fact that one agent reports may be what another agent waits for.
    mutating func instructAll() -> [Effect] {
        guard let view else { return [] }
        return members.keys.sorted().flatMap { instruct($0, view) }
    }

    /// If the agent reports a newer revision than was sent (this daemon's clock was set back), newer specs are sent.
    mutating func exceed(_ status: InstanceStatus) -> [Effect] {
        guard let view, let sent = members[status.id.index]?.sent, status.specRevision > sent.revision else {
            return []
        }
        // Revisions continue beyond all that the other daemon sent: its other specs may have reached other agents.
        revision = max(revision, ((status.specRevision >> Self.revisionBits) + 1) << Self.revisionBits)
        members[status.id.index]?.sent = nil
        return instruct(status.id.index, view)
    }

    /// A reminder means that the last spec may have been lost.
    func remind(_ status: InstanceStatus) -> [Effect] {
        guard status.isReminder, let sent = members[status.id.index]?.sent else { return [] }
        return [.apply(sent)]
    }

    /// Carries out an agent's request, unless it was answered or a request is being carried out.
    mutating func grant(_ index: Int) -> [Effect] {
        guard let member = members[index], let request = member.status?.request, member.performing == nil,
            member.answer?.request != request.id, let view
        else { return [] }
        if case .image = request.step, !mayBeImaged(for: index, view.service) { return [] }
        guard let ending = request.step.ending else { return perform(request, index) }
        if isDismissal(request, index, view) { return mayDismiss(view) ? perform(request, index) : [] }
        // Wait for the router: routes that are being set would outlive the service.
        if ending == .service, routing.isUnderWay { return [] }
        // A newer request to the service overrides this one, which is answered without effect.
        if isOvertaken(request, index, view) {
            members[index]?.answer = InstanceRequest.Answer(request.id)
            return instruct(index, view)
        }
        // A procedure of the whole service ends once all instances have asked for its end. If one instance reports a
        // failure, the procedure has failed.
        let asked = members.compactMap { index, member -> (index: Int, request: InstanceRequest)? in
            guard let other = member.status?.request, other.step.ending == ending,
                other.generation == request.generation, member.answer?.request != other.id
            else { return nil }
            return (index, other)
        }
        let primary = view.service.status.primary
        let staying = members.keys.filter {
            view.service.goal.isOfPrimaryAlone ? $0 == primary : !view.service.isLeaving($0) || ending == .service
        }
        guard asked.count == staying.count, !members.values.contains(where: { $0.performing != nil }) else { return [] }
        let first = asked.sorted { $0.index < $1.index }.first { $0.request.step.isFailure } ?? (index, request)
        return perform(first.request, first.index)
    }

    /// Whether a replica can be made of the primary's data: it takes writes in this epoch. True for a service of one
    /// instance, a clone, which is made of another service's data; and for a member that is about to be removed, which
    /// must not wait.
    private func mayBeImaged(for index: Int, _ service: Service) -> Bool {
        guard service.isGroup, service.spec.deletion == nil, !service.isLeaving(index) else { return true }
        let primary = members[service.status.primary]?.status
        return primary?.serving == .open && primary?.epoch == service.epoch
    }

    /// Whether the request removes one member, not the service.
    func isDismissal(_ request: InstanceRequest, _ index: Int, _ view: View) -> Bool {
        view.service.isLeaving(index) && request.step.ending == .service
    }

    /// Whether a leaving member may be removed. The primary must be open in the present epoch before: a server that
    /// still follows another is promoted only as a member of a group. Routes that are being set would outlive the
    /// member.
    func mayDismiss(_ view: View) -> Bool {
        if routing.isUnderWay { return false }
        if view.service.spec.deletion != nil { return true }
        guard let primary = members[view.service.status.primary]?.status else { return false }
        // A server that is alone is not asked any more whether its commits wait.
        let isReleased = !view.service.replicas.isEmpty || primary.replication?.isSynchronous != true
        return primary.epoch == view.service.epoch && primary.serving == .open && isReleased
    }

    mutating func perform(_ request: InstanceRequest, _ index: Int) -> [Effect] {
        members[index]?.performing = request.id
        return [.perform(request, index: index)]
    }

    func isOvertaken(_ request: InstanceRequest, _ index: Int, _ view: View) -> Bool {
        if case .gone = request.step { return false }
        return StatusDecision.make(request, of: index, on: view.service, boot: "", at: .distantPast) == .nothing
    }
}

extension InstanceRequest.Step {
    fileprivate enum Ending { case upgrade, replacement, procedure, service }

    /// The procedure of the whole service that ends with this step; nil if none does.
    fileprivate var ending: Ending? {
        switch self {
        case .upgraded, .upgradeAbandoned, .upgradeTakenBack: .upgrade
        case .replaced: .replacement
        case .finished, .abandoned: .procedure
        case .gone: .service
        case .image, .seeded, .otherPort, .engine, .noReturn: nil
        }
    }

    fileprivate var isFailure: Bool {
        switch self {
        case .upgradeAbandoned, .upgradeTakenBack, .abandoned: true
        case .upgraded, .replaced, .finished, .gone, .image, .seeded, .otherPort, .engine, .noReturn:
            false
        }
    }
}
