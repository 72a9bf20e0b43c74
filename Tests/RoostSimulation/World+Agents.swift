import Foundation
import RoostControl
import RoostModel

extension World {
    mutating func deliver(_ spec: InstanceSpec, to index: Int) {
        if let agent = agents[index], agent.uid == spec.uid { return tell(index, .spec(spec)) }
        nextLife += 1
        var agent = Agent(
            machine: InstanceMachine(spec, planner: planner, patience: .seconds(2), life: nextLife), life: nextLife,
            uid: spec.uid)
        let effects = agent.machine.begin()
        agents[index] = agent
        carryOut(effects, index)
    }

    mutating func tell(_ index: Int, _ event: InstanceMachine.Event) {
        guard var agent = agents[index] else { return }
        let effects = agent.machine.handle(event, now: now, date: date)
        agents[index] = agent
        carryOut(effects, index)
    }

    var date: Date { Date(timeIntervalSince1970: elapsed / .seconds(1)) }

    mutating func carryOut(_ effects: [InstanceMachine.Effect], _ index: Int) {
        guard let life = agents[index]?.life else { return }
        for effect in effects {
            switch effect {
            case .send(let status): pass(.toService(status, daemon: daemon))
            case .wake(let pause):
                agents[index]?.turn += 1
                schedule(.agentWakes(index, life: life, turn: agents[index]?.turn ?? 0), after: pause)
            case .look(let spec): begin(.look(spec), index, life, random.milliseconds(1...20))
            case .probe: begin(.probe, index, life, random.milliseconds(1...10))
            case .act(let action, let spec): begin(.act(action, spec), index, life, random.milliseconds(1...1500))
            }
        }
    }

    mutating func begin(_ work: Work, _ index: Int, _ life: Int64, _ drawn: Duration) {
        if agents[index]?.isWorking ?? false { broken.append("two pieces of work on instance \(index) at once") }
        agents[index]?.isWorking = true
        var duration = drawn
        if isStormy, random.chance(2) { duration = random.milliseconds(5_000...120_000) }
        schedule(.workEnds(index, life: life, work), after: slowness[index] ?? duration)
    }

    mutating func end(_ work: Work, _ index: Int, _ life: Int64) {
        guard agents[index]?.life == life, let server = servers[index] else { return }
        agents[index]?.isWorking = false
        switch work {
        case .look(let spec):
            var server = listened(server, index)
            let look = server.look(spec)
            servers[index] = server
            tell(index, .looked(look, ending: nil))
        case .probe:
            tell(index, .probed(listened(server, index).probe))
        case .act(let action, let spec):
            let mayFail = (isStormy && random.chance(10)) || (server.isFrozen && action.isStatement)
            let fails = mayFail && (server.isFrozen || random.chance(50))
            if fails { note(index, "\(action.title) fails") }
            let isDone = !fails && carryOut(action, spec, index)
            if mayFail || !isDone {
                return tell(index, .acted(.failed(InstanceMachine.Failure("\(action.title) failed"))))
            }
            if case .start = action {
                return tell(index, .acted(.started(pid: server.pid + 1, spec.service.engine)))
            }
            tell(index, .acted(.done))
        }
    }

    /// The server, once it has heard what there was to hear.
    private func listened(_ server: ModelledServer, _ index: Int) -> ModelledServer {
        var server = server
        if elects { server.member.view = view(of: index) }
        server.hears = hears(server)
        server.heard = server.hears ? "\(elapsed)" : ""
        return server
    }

    /// Whether a replica is connected to the server that it follows.
    private func hears(_ server: ModelledServer) -> Bool {
        guard !server.hasBooted, let source = server.source,
            let place = service?.instances.first(where: { $0.internalPort == source }), let other = servers[place.index]
        else { return false }
        return other.isRunning && !other.isFrozen && other.accepted.contains(server.password)
    }

    /// Returns whether the server accepted the action.
    @discardableResult
    mutating func carryOut(_ action: Action, _ spec: InstanceSpec, _ index: Int) -> Bool {
        note(index, action.title)
        if elects, !carryOutInSet(action, spec, index) {
            note(index, "\(action.title) is refused")
            return false
        }
        guard reconnect(action, spec, index), var server = servers[index] else {
            note(index, "\(action.title) is refused")
            return false
        }
        if let fault = fault(action, spec, index) { broken.append("instance \(index): \(fault)") }
        let fault = server.carryOut(action, spec) {
            defer { nextData += 1 }
            return nextData
        }
        if let fault { broken.append("instance \(index): \(fault)") }
        if case .makeReplica = action, let primary = service?.status.primary {
            server.history = servers[primary]?.history ?? []
            if let copied = servers[primary]?.member {
                (server.member.isConfigured, server.member.term) = (copied.isConfigured, copied.term)
            }
        }
        if case .start = action { server.member.heardAt = now }
        // Users who restore a snapshot give up what was written since.
        if case .placeStaged = action, isGroup { (server.history, written) = ([], 0) }
        check(server, index, after: action)
        servers[index] = server
        // Commits that waited are acknowledged.
        if case .play(.none) = action { acknowledge(index) }
        checkGroup(index)
        checkVoters("after '\(action.title)' of \(index)")
        return true
    }

    /// Whether the server connects again, if the action makes it do so. It loses what it has not applied, and does that
    /// only while a primary is there that sends it again.
    private mutating func reconnect(_ action: Action, _ spec: InstanceSpec, _ index: Int) -> Bool {
        guard case .follow = action, let server = servers[index], server.hasSwitch, server.source != nil,
            server.hasBooted || random.chance(30)
        else { return true }
        let unapplied = min(server.history.count, Int.random(in: 0...3, using: &random))
        if unapplied == 0 { return true }
        guard let primary = service?.status.primary, let source = servers[primary], source.isRunning, !source.isFrozen
        else { return false }
        servers[index]?.history.removeLast(unapplied)
        servers[index]?.mayHaveAcknowledged = max(server.history.count, server.mayHaveAcknowledged ?? 0)
        return true
    }

    /// Rules about what the store and the router have to know before an action.
    func fault(_ action: Action, _ spec: InstanceSpec, _ index: Int) -> String? {
        switch action {
        case .start where gates[index] == .open: return "a server was started closed while clients reach it"
        case .openServer where !(service?.instances.first { $0.index == index }?.seeded ?? true):
            return "a server was opened before it is stored that it has data"
        case .closeServer where gates[index] == .open && index == service?.status.primary:
            return "a primary was closed while clients reach it"
        case .stop where gates[index] == .open: return "a server was stopped while clients reach it"
        case .start:
            guard let service, case .upgrade(_, let keep) = spec.service.goal, servers[index]?.kept[keep] != nil,
                !service.isPastNoReturn
            else { return nil }
            return "the newer server was started before it is stored that it may touch the data"
        default: return nil
        }
    }

    /// Acknowledged data are in the directory or in a snapshot, unless a user asked for the opposite.
    mutating func check(_ server: ModelledServer, _ index: Int, after action: Action) {
        guard let data = acknowledged[index], server.data != data, !server.kept.values.contains(data) else { return }
        guard let service, service.spec.deletion.map({ $0.keep != nil }) ?? true else { return }
        broken.append("instance \(index): acknowledged data \(data) are gone after '\(action.title)'")
    }
}

extension Action {
    /// Whether the action is a statement that a frozen server does not answer.
    fileprivate var isStatement: Bool {
        switch self {
        case .openServer, .closeServer, .follow, .promote, .play, .applySettings, .applyAccounts, .mendAccounts: true
        default: false
        }
    }
}
