import RoostModel

/// A part of an action: done on the machine, or requested from the control plane.
enum ActionStep {
    case act(Action)
    case ask(InstanceRequest.Step)
    case await(Route.Gate)
}

extension InstanceMachine.Item {
    var title: String {
        switch self {
        case .action(let action): action.title
        case .clients(let gate): gate.title
        }
    }

    func steps(for service: Service) -> [ActionStep] {
        switch self {
        case .action(let action): action.steps(for: service)
        case .clients(let gate): [.await(gate)]
        }
    }
}

extension InstancePlan {
    /// The plan's actions with the wait for the router: before a server is started or stopped, otherwise last.
    func items(whileGateIs gate: Route.Gate?) -> [InstanceMachine.Item] {
        var items = actions.map { InstanceMachine.Item.action($0) }
        // Without actions the next look comes by itself, and a change at the router triggers one.
        guard let clients, clients != gate, !actions.isEmpty || lookAgain == .zero else { return items }
        let first = isUnreachable ? nil : actions.firstIndex { $0.waitsForClients }
        items.insert(.clients(clients), at: first ?? items.count)
        return items
    }
}

extension Action {
    func steps(for service: Service) -> [ActionStep] {
        switch self {
        case .makeDirectory:
            (service.clone?.waitsForImage ?? false ? [.ask(.image)] : []) + [.act(self)]
        case .makeReplica: [.ask(.image), .act(self)]
        case .recordSeeded: [.ask(.seeded)]
        case .recordNoReturn: [.ask(.noReturn)]
        case .finishUpgrade(let engine): [.act(self), .ask(.upgraded(to: engine))]
        case .abandonUpgrade(let reason): [.ask(.upgradeAbandoned(reason: reason))]
        case .takeBackUpgrade(let reason): [.ask(.upgradeTakenBack(reason: reason))]
        case .finishRestore: [.ask(.replaced), .act(self)]
        case .resume: [.ask(.finished)]
        case .abandon(let reason): [.ask(.abandoned(reason: reason))]
        case .forget: [.act(self), .ask(.gone)]
        case .start, .stop, .killRemains, .openServer, .closeServer, .follow, .promote, .play, .applySettings,
            .applyAccounts, .mendAccounts, .applyLimits,
            .confine,
            .imageDirectory, .stageSnapshot, .stageClone, .keepDirectory, .placeStaged, .moveDirectory,
            .deleteDirectory:
            [.act(self)]
        }
    }
}

extension ClonePlace {
    /// Whether the clone is of a running service, whose snapshot is taken only when the clone is made.
    fileprivate var waitsForImage: Bool {
        guard maxPauseMilliseconds != nil, case .snapshot = origin else { return false }
        return true
    }
}
