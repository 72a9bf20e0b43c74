import RoostModel

extension Action {
    /// Name of the step for people.
    package var title: String {
        switch self {
        case .makeDirectory: "directory"
        case .recordSeeded: "record"
        case .start: "start"
        case .stop(.failover): "kill"
        case .stop: "stop"
        case .killRemains: "end leftover processes"
        case .openServer: "open"
        case .closeServer: "close"
        case .makeReplica: "copy data"
        case .follow: "follow"
        case .promote: "promote"
        case .play: "synchronous replication"
        case .applySettings: "settings"
        case .applyAccounts: "accounts"
        case .mendAccounts: "repair accounts"
        case .applyLimits: "limits"
        case .confine: "control group"
        case .imageDirectory: "snapshot"
        case .recordNoReturn: "record"
        case .finishUpgrade: "upgrade data"
        case .abandonUpgrade: "cancel upgrade"
        case .takeBackUpgrade: "roll back upgrade"
        case .stageSnapshot: "copy snapshot"
        case .stageClone: "copy image"
        case .keepDirectory: "keep snapshot"
        case .placeStaged: "place data"
        case .finishRestore: "finish restore"
        case .moveDirectory: "move data"
        case .resume: "resume"
        case .abandon: "cancel"
        case .deleteDirectory: "delete data"
        case .forget: "remove"
        }
    }

    /// Whether the action ends the server, so that a missing server afterwards is expected.
    var endsServer: Bool {
        switch self {
        case .stop, .killRemains: true
        case .makeDirectory, .recordSeeded, .start, .openServer, .closeServer, .makeReplica, .follow, .promote,
            .play, .applySettings, .applyAccounts,
            .mendAccounts, .applyLimits, .confine,
            .imageDirectory, .recordNoReturn, .finishUpgrade, .abandonUpgrade, .takeBackUpgrade, .stageSnapshot,
            .stageClone,
            .keepDirectory,
            .placeStaged,
            .finishRestore, .moveDirectory, .resume, .abandon, .deleteDirectory, .forget:
            false
        }
    }
}

extension Route.Gate {
    /// Name, for people, of the step that sets the gate.
    package var title: String {
        switch self {
        case .held: "hold clients"
        case .open: "route"
        case .closed: "close endpoint"
        }
    }
}
