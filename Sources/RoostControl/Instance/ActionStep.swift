import RoostModel

/// A part of an action: done on the machine, or asked of the control plane.
enum ActionStep {
    case act(Action)
    case ask(InstanceRequest.Step)
}

extension Action {
    func steps(for service: Service) -> [ActionStep] {
        switch self {
        case .makeDirectory:
            (service.clone?.waitsForImage ?? false ? [.ask(.image)] : []) + [.act(self)]
        case .recordSeeded: [.ask(.seeded)]
        case .setGate(let gate): [.ask(.gate(gate))]
        case .openServer: [.ask(.opening(epoch: service.epoch)), .act(self)]
        case .recordNoReturn: [.ask(.noReturn)]
        case .finishUpgrade(let engine): [.act(self), .ask(.upgraded(to: engine))]
        case .abandonUpgrade(let reason): [.ask(.upgradeAbandoned(reason: reason))]
        case .takeBackUpgrade(let reason): [.ask(.upgradeTakenBack(reason: reason))]
        case .finishRestore: [.ask(.replaced), .act(self)]
        case .resume: [.ask(.finished)]
        case .abandon(let reason): [.ask(.abandoned(reason: reason))]
        case .forget: [.act(self), .ask(.gone)]
        case .start, .stop, .killRemains, .applySettings, .applyAccounts, .mendAccounts, .applyLimits, .confine,
            .imageDirectory, .stageSnapshot, .stageClone, .keepDirectory, .placeStaged, .moveDirectory,
            .deleteDirectory:
            [.act(self)]
        }
    }
}

extension ClonePlace {
    /// Whether it is one of a running service, of which the snapshot is taken when its turn comes.
    fileprivate var waitsForImage: Bool {
        guard maxPauseMilliseconds != nil, case .snapshot = origin else { return false }
        return true
    }
}
