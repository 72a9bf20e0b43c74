import RoostModel

/// Decides for a whole service: what its instances' agents are told, and which of their requests are carried out.
///
/// A synchronous value: an event goes in, effects come out. Events say where to look; lost, doubled and reordered ones
/// end the same.
package struct ServiceMachine: Sendable {
    /// What a look at the store and at the router showed.
    package struct View: Equatable, Sendable {
        package let service: Service
        package let application: Application
        /// By index; nil where the router has no routes of an instance, or others than it should have.
        package let gates: [Int: Route.Gate]
        /// Why the router does not listen on an address of the service.
        package let listenErrors: [String]

        package init(service: Service, application: Application, gates: [Int: Route.Gate], listenErrors: [String]) {
            self.service = service
            self.application = application
            self.gates = gates
            self.listenErrors = listenErrors
        }
    }

    package enum Event: Equatable, Sendable {
        /// Nil: there is no such service any more.
        case looked(View?)
        case status(InstanceStatus)
        /// From time to time: what an agent does not say to have heard is sent again.
        case tick
        /// Seldom: an agent that nothing was heard of since the last one may have lost everything.
        case review
        /// A request has ended. What it changed is in the view.
        case answered(index: Int, InstanceRequest.Answer, View?)
        /// The router has confirmed the gates that it was last to be told, or could not be told them. `failure`: a sentence.
        case routed(failure: String?, View?)
        /// The change of the primary was stored, or could not be.
        case committed(View?)
        /// The change of the members was stored, or could not be. `failure`: a sentence.
        case enlisted(failure: String?, View?)
    }

    package enum Effect: Equatable, Sendable {
        case apply(InstanceSpec)
        /// The agent has nothing to do with the instance any more.
        case drop(InstanceID, uid: String)
        case perform(InstanceRequest, index: Int)
        /// Tell the router what to do with clients, by index, unless the service has another epoch by then. One at a time;
        /// `routed` is its end.
        case route([Int: Route.Gate], epoch: UInt64)
        /// Store this; `committed` is its end.
        case commit(Leadership)
        /// Store this, with ports for new members; `enlisted` is its end.
        case enlist(Membership)
        case tell(InstanceNote.Content, index: Int)
        /// Nil: the service is gone.
        case show(ServiceReport?)
    }

    /// What is known of one instance.
    struct Member {
        var sent: InstanceSpec?
        var status: InstanceStatus?
        var isHeard = false
        var answer: InstanceRequest.Answer?
        /// The request that is being carried out. One at a time: a slot is kept until its work has really ended.
        var performing: Int64?
        var notesSeen = 0
        /// The server whose coming up was told already.
        var announced: Int32?
        /// The newest wish that had arrived when the router was last told of all wishes.
        var wish: Int64 = 0
    }

    let id: ServiceID
    var view: View?
    var members: [Int: Member] = [:]
    var report = ServiceReport()
    var routing = Routing()
    var handover: Handover?
    var isCommitting = false
    var enlisting = Enlisting()
    /// The epoch that this machine has begun with the primary's server not running, until it was seen to run.
    var expected: UInt64?

    /// What is known of the last change of the members.
    struct Enlisting {
        var isUnderWay = false
        /// Why it could not be stored, a sentence.
        var failure: String?
        /// A failed attempt is repeated at the next tick.
        var isDue = true
    }

    /// What is known of telling the router.
    struct Routing {
        var isUnderWay = false
        /// The wishes that it is about, by index.
        var wishes: [Int: Int64] = [:]
        /// Of all attempts the last, where it failed.
        var failure: InstanceSpec.Admission.Failure?
        var attempts: Int64 = 0
        /// A failed attempt is repeated at the next tick, or when something else is wished for.
        var isDue = true
    }

    /// A machine sends fewer specs than these bits can count.
    private static let revisionBits = 20

    /// The revision of the newest spec. One count for all instances.
    var revision: Int64

    /// `since`: the time of its creation, in milliseconds. Specs of a machine that is made later are newer than all before.
    package init(_ id: ServiceID, since milliseconds: Int64) {
        self.id = id
        revision = milliseconds << Self.revisionBits
    }

    /// Whether the service is gone, and with it everything that was to be done.
    package private(set) var isOver = false

    package mutating func handle(_ event: Event, now: ContinuousClock.Instant) -> [Effect] {
        switch event {
        case .looked(let view): return look(view, now)
        case .status(let status): return hear(status, now)
        case .tick:
            routing.isDue = true
            enlisting.isDue = true
            return lead(now) + enlist() + route()
                + members.sorted { $0.key < $1.key }.compactMap { repeatUnheard($0.value) }
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
            noteWishes(routing.wishes)
            return look(view, now)
        }
    }

    // MARK: What is asked for

    mutating func look(_ view: View?, _ now: ContinuousClock.Instant) -> [Effect] {
        // Another service of the same name has a machine of its own.
        guard let view, view.service.uid == self.view?.service.uid ?? view.service.uid else { return end() }
        self.view = view
        let indices = Set(view.service.instances.map(\.index))
        return drop { !indices.contains($0) || view.service.status.uid(of: $0) != $1 }
            + lead(now) + enlist() + route() + indices.sorted().flatMap { instruct($0, view) }
            + indices.sorted().flatMap { grant($0) } + show()
    }

    /// Has the router told what the agents wish for, where it does something else.
    mutating func route() -> [Effect] {
        guard let view, !routing.isUnderWay, !isForgetting else { return [] }
        let wishes = members.compactMapValues(\.status).compactMapValues { gate(for: $0, view.service) }
        guard wishes.contains(where: { view.gates[$0.key] != $0.value }) else {
            noteWishes(members.compactMapValues { $0.status?.clients?.number })
            return []
        }
        guard routing.isDue else { return [] }
        routing.isUnderWay = true
        routing.wishes = members.compactMapValues { $0.status?.clients?.number }
        routing.attempts += 1
        return [.route(view.gates.merging(wishes) { _, wish in wish }, epoch: view.service.epoch)]
    }

    /// Its routes are being removed, or are gone.
    var isForgetting: Bool {
        members.values.contains { $0.performing != nil && $0.status?.request?.step == .gone }
    }

    mutating func noteWishes(_ wishes: [Int: Int64]) {
        for (index, wish) in wishes { members[index]?.wish = wish }
    }

    /// Tells the agent what has changed for it.
    mutating func instruct(_ index: Int, _ view: View) -> [Effect] {
        var member = members[index] ?? Member()
        let spec = InstanceSpec(
            application: view.application, service: view.service, index: index, fence: fence(view),
            mayOpen: mayOpen(index, view.service), revision: revision + 1,
            admission: .init(gate: view.gates[index], wish: member.wish, failure: routing.failure),
            answer: member.answer,
            notesSeen: .init(life: member.status?.life ?? 0, number: member.notesSeen))
        let isNews = member.sent.map { !$0.says(theSameAs: spec) } ?? true
        if isNews {
            member.sent = spec
            revision += 1
        }
        members[index] = member
        return isNews ? [.apply(spec)] : []
    }

    /// What an agent does not say to have heard is sent again.
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

    /// Has agents forget instances, by index and uid.
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
        let news = status.notes.filter { $0.number > member.notesSeen }
        member.notesSeen = max(member.notesSeen, news.last?.number ?? 0)
        if known?.clients != status.clients { routing.isDue = true }
        members[status.id.index] = member
        let told = news.map { Effect.tell($0.content, index: status.id.index) }
        return told + lead(now) + route() + instructAll() + show() + exceed(status) + remind(status)
            + grant(status.id.index)
    }

    /// What one agent tells may be what another waits for.
    mutating func instructAll() -> [Effect] {
        guard let view else { return [] }
        return members.keys.sorted().flatMap { instruct($0, view) }
    }

    /// If the agent reports a newer revision than was sent (this daemon's clock was set back), newer ones are sent.
    mutating func exceed(_ status: InstanceStatus) -> [Effect] {
        guard let view, let sent = members[status.id.index]?.sent, status.specRevision > sent.revision else {
            return []
        }
        // Beyond all that the other daemon sent: its other specs may have reached other agents.
        revision = max(revision, ((status.specRevision >> Self.revisionBits) + 1) << Self.revisionBits)
        members[status.id.index]?.sent = nil
        return instruct(status.id.index, view)
    }

    /// What was sent may have been lost.
    func remind(_ status: InstanceStatus) -> [Effect] {
        guard status.isReminder, let sent = members[status.id.index]?.sent else { return [] }
        return [.apply(sent)]
    }

    /// Carries out what an agent asks for, unless that was done or is being done.
    mutating func grant(_ index: Int) -> [Effect] {
        guard let member = members[index], let request = member.status?.request, member.performing == nil,
            member.answer?.request != request.id, let view
        else { return [] }
        guard let ending = request.step.ending else { return perform(request, index) }
        if isDismissal(request, index, view) { return mayDismiss(view) ? perform(request, index) : [] }
        // Routes that are being set would outlive the service.
        if ending == .service, routing.isUnderWay { return [] }
        // What was asked of the service since then decides for itself.
        if isOvertaken(request, index, view) {
            members[index]?.answer = InstanceRequest.Answer(request.id)
            return instruct(index, view)
        }
        // What ends for the service as a whole ends once all of its instances have come so far. Where one could not do it,
        // it was not done.
        let asked = members.compactMap { index, member -> (index: Int, request: InstanceRequest)? in
            guard let other = member.status?.request, other.step.ending == ending,
                other.generation == request.generation, member.answer?.request != other.id
            else { return nil }
            return (index, other)
        }
        let staying = members.keys.filter { !view.service.isLeaving($0) || ending == .service }
        guard asked.count == staying.count, !members.values.contains(where: { $0.performing != nil }) else { return [] }
        let first = asked.sorted { $0.index < $1.index }.first { $0.request.step.isFailure } ?? (index, request)
        return perform(first.request, first.index)
    }

    /// The request removes one member, not the service.
    func isDismissal(_ request: InstanceRequest, _ index: Int, _ view: View) -> Bool {
        view.service.isLeaving(index) && request.step.ending == .service
    }

    /// The primary is one by then: a server that still follows somebody is made one as a member of a group alone. And routes
    /// that are being set would outlive the member.
    func mayDismiss(_ view: View) -> Bool {
        if routing.isUnderWay { return false }
        if view.service.spec.deletion != nil { return true }
        guard let primary = members[view.service.status.primary]?.status else { return false }
        return primary.epoch == view.service.epoch && primary.serving == .open
    }

    mutating func perform(_ request: InstanceRequest, _ index: Int) -> [Effect] {
        members[index]?.performing = request.id
        return [.perform(request, index: index)]
    }

    func isOvertaken(_ request: InstanceRequest, _ index: Int, _ view: View) -> Bool {
        if case .gone = request.step { return false }
        return StatusDecision.make(request, of: index, on: view.service, boot: "") == .nothing
    }
}

extension InstanceRequest.Step {
    fileprivate enum Ending { case upgrade, replacement, procedure, service }

    /// What ends with it for the service as a whole; nil: nothing does.
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
