import Foundation
import Logging
import RoostAgentProtocol
import RoostControl
import RoostModel

/// The only writer of a service's status: feeds events to the service's state machine, and carries out its effects.
///
/// The loop never waits for work: requests run in tasks of their own, and their ends come back as mail.
actor ServiceReconciler {
    let id: ServiceID
    private let parts: ReconcilerParts
    private let mailbox = Mailbox()
    private var machine: ServiceMachine
    /// The router's last seen state for the service.
    private var routing: Routing?

    init(_ id: ServiceID, _ parts: ReconcilerParts) {
        self.id = id
        self.parts = parts
        machine = ServiceMachine(id, since: Int64(Date().timeIntervalSince1970 * 1000))
    }

    /// Called when the store's or the router's data about the service have changed.
    nonisolated func wake() { mailbox.post(.look) }

    /// Called when an agent reports on one of the service's instances.
    nonisolated func receive(_ status: InstanceStatus) { mailbox.post(.status(status)) }

    /// Returns when the service is forgotten, or the task is cancelled.
    func run() async {
        let abandoned = await resumeFailover()
        mailbox.post(.look)
        await withDiscardingTaskGroup { group in
            for failover in abandoned { group.addTask { await self.record(failover) } }
            var ticks = Ticks(parts.planner)
            while !Task.isCancelled, !machine.isOver {
                let mail = await take(until: ticks.next)
                for effect in await effects(of: mail, ticks.pass(at: .now)) {
                    switch effect {
                    case .perform(let request, let index):
                        group.addTask { await self.perform(request, index) }
                    case .route(let gates, let epoch): group.addTask { await self.route(gates, epoch) }
                    case .commit(let change): group.addTask { await self.commit(change) }
                    case .enlist(let change): group.addTask { await self.enlist(change) }
                    case .record(let failover): group.addTask { await self.record(failover) }
                    case .apply, .drop, .show, .tell: await carryOut(effect)
                    }
                }
            }
            group.cancelAll()
        }
    }

    /// Takes the mail, waiting for it until `tick`, or until members no longer wait for their readers: a look is due then.
    private func take(until tick: ContinuousClock.Instant) async -> Mailbox.Mail {
        guard let end = machine.readersEnd(at: Date()) else { return await mailbox.take(until: tick) }
        let mail = await mailbox.take(until: min(tick, .now + .seconds(end.timeIntervalSinceNow)))
        if end <= Date() { wake() }
        return mail
    }

    /// Schedules looks at the service without any reported change.
    private struct Ticks {
        enum Due { case nothing, tick, review }

        private let interval: Duration
        private let reviewInterval: Duration
        private(set) var next: ContinuousClock.Instant
        private var review: ContinuousClock.Instant

        init(_ planner: InstancePlanner) {
            (interval, reviewInterval) = (planner.probeInterval, planner.reviewInterval)
            (next, review) = (.now + interval, .now + reviewInterval)
        }

        mutating func pass(at now: ContinuousClock.Instant) -> Due {
            guard now >= next else { return .nothing }
            next = now + interval
            guard now >= review else { return .tick }
            review = now + reviewInterval
            return .review
        }
    }

    private func handle(_ event: ServiceMachine.Event) -> [ServiceMachine.Effect] {
        machine.handle(event, now: .now, date: Date())
    }

    private func effects(of mail: Mailbox.Mail, _ due: Ticks.Due) async -> [ServiceMachine.Effect] {
        var effects = mail.statuses.flatMap { handle(.status($0)) }
        do {
            if !mail.hasNoEnds {
                let view = try await view()
                if mail.isCommitted { effects += handle(.committed(view)) }
                if let enlisted = mail.enlisted {
                    effects += handle(.enlisted(failure: enlisted.failure, view))
                }
                if let routed = mail.routed {
                    effects += handle(.routed(failure: routed.failure, view))
                }
                for (index, answer) in mail.answers {
                    effects += handle(.answered(index: index, answer, view))
                }
            } else if mail.isLookDue {
                effects += handle(.looked(try await view()))
            }
            switch due {
            case .nothing: break
            case .tick:
                effects += handle(.tick)
                // The router does not report its own changes, so each tick asks for them.
                if await routing(of: routing?.service) != routing {
                    effects += handle(.looked(try await view()))
                }
            case .review:
                effects += handle(.looked(try await view())) + handle(.review)
            }
        } catch {
            parts.logger.error(
                "A service could not be checked", metadata: ["service": "\(id)", "reason": "\(error)"])
            await mailbox.putBack(mail)
        }
        return effects
    }

    // MARK: Looking

    /// The router's state for a service.
    private struct Routing: Equatable {
        let service: RoostModel.Service
        var gates: [Int: Route.Gate] = [:]
        var listenErrors: [String] = []
        var readers: [Int: Int] = [:]
    }

    /// The service as stored and routed. Nil if it does not exist any more.
    private func view() async throws(Problem) -> ServiceMachine.View? {
        guard let service = try await parts.records.service(id)?.value,
            let application = try await parts.records.application(id.application)?.value
        else { return nil }
        let seen = await routing(of: service)
        routing = seen
        return ServiceMachine.View(
            service: service, application: application, gates: seen?.gates ?? [:],
            listenErrors: seen?.listenErrors ?? [], readers: seen?.readers ?? [:])
    }

    /// The gates that the router has confirmed. A gate of other routes than the service has now (it was exposed
    /// meanwhile, and no restart was needed) counts as not set, and is set anew.
    private func routing(of service: RoostModel.Service?) async -> Routing? {
        guard let service else { return nil }
        var routing = Routing(service: service, listenErrors: await parts.feed.listenErrors(of: id))
        let gates = await parts.gates(of: service)
        let standing = await parts.feed.routes(of: id).sorted { $0.name < $1.name }
        let wanted = parts.routes(service, gates).sorted { $0.name < $1.name }
        guard standing == wanted else {
            if service.spec.readersUntil != nil, standing.allSatisfy({ $0.epoch == service.epoch }) {
                // The routes are set anew with the primary's gate. Routes without a replica that did not report yet would
                // cut off its readers. After a change of the primary, the gates of before say nothing about the members.
                routing.gates = gates
                routing.gates[service.status.primary] = nil
            }
            return routing
        }
        routing.gates = gates
        if service.spec.pendingReadersEnd(at: Date()) != nil {
            // Reported after the router has the routes, so that no later connection leads to a member that leaves.
            routing.readers = ServiceRoutes.readers(of: service, routes: standing, await parts.feed.reports())
        }
        return routing
    }

    // MARK: Carrying out

    private func carryOut(_ effect: ServiceMachine.Effect) async {
        switch effect {
        case .apply(let spec): parts.agent.apply(spec)
        case .drop(let instance, let uid): parts.agent.drop(instance, of: uid)
        case .show(let report): parts.statusCache.set(report, for: id)
        case .tell(let content, let index): await tell(content, InstanceID(id, index))
        case .perform, .route, .commit, .enlist, .record: preconditionFailure("they are carried out beside the mailbox")
        }
    }

    private func tell(_ content: InstanceNote.Content, _ instance: InstanceID) async {
        switch content {
        case .began(let step): await parts.operations.begin(step, of: instance)
        case .did(let step, let milliseconds):
            await parts.operations.note(step, took: .milliseconds(milliseconds), of: instance)
        case .waits(let reason): await parts.operations.progress(reason, of: instance)
        case .event(let kind, let message): await parts.events.add(kind, message, instance: instance)
        }
    }

    private nonisolated func commit(_ change: StatusChange) async {
        do {
            var before: RoostModel.Service?
            _ = try await parts.records.updateStatus(id, failover: change.failover) { service throws(Problem) in
                let status = change.applied(to: service, at: Date())
                before = status == nil ? nil : service
                return status
            }
            if let before {
                if let event = change.event(before) {
                    await parts.events.add(event.kind, event.message, service: id)
                }
                if change.changesEnvironment { await parts.applicationChanged(id.application) }
            }
        } catch {
            // The state machine decides anew from what it sees.
            parts.logger.error(
                "A change of a service's status could not be stored",
                metadata: ["service": "\(id)", "reason": "\(error)"])
        }
        mailbox.post(.committed)
    }

    /// Has the record of a failover completed that an earlier roostd began. Returns the records to store.
    private func resumeFailover() async -> [FailoverInfo] {
        do {
            guard let service = try await parts.records.service(id)?.value else { return [] }
            let history = try await parts.records.failovers(of: service).value
            return machine.resume(history, now: .now, date: Date())
        } catch {
            parts.logger.warning(
                "The history of a service's failovers could not be read",
                metadata: ["service": "\(id)", "reason": "\(error)"])
            return []
        }
    }

    /// Tells and stores the outcome of a failover. Tries until it is stored: the next roostd would not know it.
    private nonisolated func record(_ failover: FailoverInfo) async {
        await parts.events.add("failover", failover.text, service: id, failover: failover)
        var pause = Duration.seconds(1)
        while !Task.isCancelled {
            do { return try await parts.records.record(failover, of: id) } catch {
                parts.logger.warning(
                    "The outcome of a failover could not be stored",
                    metadata: ["service": "\(id)", "reason": "\(error)"])
            }
            // A cancelled sleep throws, and ends the loop.
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(60))
        }
    }

    private nonisolated func enlist(_ change: Membership) async {
        do {
            try await MemberRegister(parts: parts, id: id).enlist(change)
            mailbox.post(.enlisted(failure: nil))
        } catch {
            parts.logger.error(
                "A change of the members could not be stored", metadata: ["service": "\(id)", "reason": "\(error)"])
            mailbox.post(.enlisted(failure: "\(error)"))
        }
    }

    private nonisolated func route(_ gates: [Int: Route.Gate], _ epoch: UInt64) async {
        do {
            // In another epoch the gates are decided anew: the primary is another one, or not opened yet.
            if let service = try await parts.records.service(id)?.value, service.epoch == epoch {
                try await tellRouter(service, gates)
            }
            mailbox.post(.routed(failure: nil))
        } catch {
            mailbox.post(.routed(failure: "\(error)"))
        }
    }

    private nonisolated func tellRouter(_ service: RoostModel.Service, _ gates: [Int: Route.Gate]) async throws {
        // The program of a custom service reads its application's environment files when it starts, which comes next.
        if service.custom != nil, gates.values.contains(.held) {
            await parts.applicationChanged(id.application)
        }
        try await parts.feed.set(id, to: parts.routes(service, gates))
    }

    private nonisolated func perform(_ request: InstanceRequest, _ index: Int) async {
        do {
            try await RequestRunner(parts: parts, id: InstanceID(id, index), request: request).run()
            mailbox.post(.answer(index: index, InstanceRequest.Answer(request.id)))
        } catch {
            if !Task.isCancelled {
                parts.logger.warning(
                    "A request of an instance failed",
                    metadata: ["instance": "\(InstanceID(id, index))", "reason": "\(error)"])
            }
            mailbox.post(.answer(index: index, InstanceRequest.Answer(request.id, failure: "\(error)")))
        }
    }
}
