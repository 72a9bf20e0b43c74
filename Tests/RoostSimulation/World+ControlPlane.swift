import Foundation
import RoostControl
import RoostModel

extension World {
    var view: ServiceMachine.View? {
        service.map {
            ServiceMachine.View(
                service: $0, application: application, gates: routed.epoch == $0.epoch ? gates : [:], listenErrors: [])
        }
    }

    mutating func carryOut(_ effects: [ServiceMachine.Effect]) {
        for effect in effects {
            switch effect {
            case .apply(let spec):
                asked[spec.index, default: []].insert([spec.fence, spec.status.epoch])
                let connection = crashes[spec.index, default: 0]
                pass(.toAgent(spec.index, spec, connection: connection, daemon: daemon))
            case .drop(let instance, let uid): pass(.dropAgent(instance.index, uid: uid))
            case .perform(let request, let index):
                schedule(.performed(request, index, daemon: daemon), after: random.milliseconds(1...40))
            case .commit(let change):
                schedule(.committed(change, daemon: daemon), after: random.milliseconds(1...40))
            case .enlist(let change):
                schedule(.enlisted(change, daemon: daemon), after: random.milliseconds(1...40))
            case .route(let gates, let epoch):
                schedule(.routed(gates, epoch: epoch, daemon: daemon), after: random.milliseconds(1...40))
            case .show(let report):
                self.report = report
                if report == nil { isOver = true }
            case .tell, .record: break
            }
        }
    }

    /// Carries a request out. The request's change is stored even if the daemon dies before it hears of it.
    mutating func perform(_ request: InstanceRequest, _ index: Int, _ daemon: Int) {
        var failure: String?
        if isStormy, random.chance(5) {
            failure = "the store is slow"
            if random.chance(50) { return answer(request, index, daemon, failure: failure) }
        }
        switch request.step {
        case .gone
        where service?.status.uid(of: index) == request.uid && service?.isLeaving(index) ?? false:
            dismiss(index)
        case .gone where service?.status.uid(of: index) == request.uid: forget()
        case .image, .otherPort, .gone: break
        case .seeded, .engine, .noReturn, .upgraded, .upgradeAbandoned, .upgradeTakenBack, .replaced,
            .finished, .abandoned:
            guard let service else { break }
            switch StatusDecision.make(request, of: index, on: service, boot: "b", at: date) {
            case .nothing: break
            case .refused(let reason): failure = reason
            case .store(let status, _): self.service?.status = status
            }
        }
        note(index, "asked: \(request.step)\(failure.map { ", failed: \($0)" } ?? "")")
        answer(request, index, daemon, failure: failure)
    }

    mutating func answer(_ request: InstanceRequest, _ index: Int, _ daemon: Int, failure: String?) {
        guard daemon == self.daemon, !isOver else { return }
        carryOut(
            machine.handle(
                .answered(index: index, InstanceRequest.Answer(request.id, failure: failure), view), now: now,
                date: date))
    }

    /// The router takes no table from a daemon that another daemon has followed.
    mutating func route(_ gates: [Int: Route.Gate], _ epoch: UInt64, _ daemon: Int) {
        guard daemon == self.daemon, !isOver else { return }
        let isRefused = isStormy && random.chance(5)
        if !isRefused, let service, service.epoch == epoch {
            routed = (epoch, service.status.primary)
            for member in service.instances { setGate(gates[member.index] ?? .held, member.index) }
        }
        note(0, "routed: \(gates)\(isRefused ? ", refused" : "")")
        carryOut(machine.handle(.routed(failure: isRefused ? "the router is slow" : nil, view), now: now, date: date))
    }

    /// A stored change stays stored even if the daemon dies before it hears of it.
    mutating func commit(_ change: StatusChange, _ daemon: Int) {
        let fails = isStormy && random.chance(5)
        commits += 1
        if !fails, let service, let status = change.applied(to: service, at: date) {
            self.service?.status = status
            log.append("\(elapsed): stored: \(change)")
            checkVoters("after \(change)")
        }
        guard daemon == self.daemon, !isOver else { return }
        carryOut(machine.handle(.committed(view), now: now, date: date))
    }

    /// A stored membership change stays stored even if the daemon dies before it hears of it.
    mutating func enlist(_ change: Membership, _ daemon: Int) {
        let fails = isStormy && random.chance(5)
        if !fails, let service {
            let status = change.applied(to: service, keep: "left-\(service.generation)") { index in
                nextServer += 1
                return Self.member(index, server: nextServer)
            }
            if let status { self.service?.status = status }
            for index in change.joining {
                var server = servers[index] ?? ModelledServer(engine: engine)
                server.isForgotten = false
                servers[index] = server
            }
            log.append("\(elapsed): joining \(change.joining), leaving \(change.leaving)\(fails ? ", failed" : "")")
        }
        guard daemon == self.daemon, !isOver else { return }
        carryOut(machine.handle(.enlisted(failure: fails ? "the store is slow" : nil, view), now: now, date: date))
    }

    mutating func setGate(_ gate: Route.Gate, _ index: Int) {
        if gate == .open, index == routed.primary, let server = servers[index] {
            // The server may have died between the observation and the router's answer, but it was opened, and on
            // these data.
            if server.isRunning, !server.isOpen { broken.append("clients were let at a closed server") }
            if let data = server.data { acknowledged[index] = data }
        }
        gates[index] = gate
    }

    mutating func dismiss(_ index: Int) {
        if let server = servers[index], !server.isForgotten || server.data != nil {
            broken.append("the member \(index) was forgotten while it stands")
        }
        if hasVote(index), service?.spec.deletion == nil {
            broken.append("the member \(index) was removed while it has a vote")
        }
        // The member's agent may not have heard, and goes on observing nothing.
        servers[index]?.isForgotten = true
        (gates[index], acknowledged[index]) = (nil, nil)
        if let status = service?.status.dismissing(index) { service?.status = status }
    }

    mutating func forget() {
        for (index, server) in servers where !server.isForgotten || server.data != nil {
            broken.append("the service was forgotten while its instance \(index) stands")
        }
        service = nil
        gates = [:]
    }
}
