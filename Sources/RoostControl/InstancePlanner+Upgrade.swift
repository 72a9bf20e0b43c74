import RoostModel

extension InstancePlanner {
    /// A newer server that ended this often, in a row, does not come up.
    static let upgradeAttempts = 2

    /// Stop, image, start the new server closed, bring the data to its version, and only then let clients in.
    ///
    /// Each step follows from what is seen, so that a daemon that died between two goes on. The image is made of a
    /// stopped directory: an engine may refuse to upgrade what a crash left. It is taken back only while the new server
    /// was never open: from `finishUpgrade` on there may be rows that the image does not have.
    func upgrade(to engine: EngineIdentity, keep: String, _ seen: InstanceObservation) -> InstancePlan {
        switch (seen.upgrade, seen.process) {
        case (.notImaged, .running):
            return InstancePlan([.setGate(.held), .stop(.upgrade)], state: .up)
        case (.notImaged, _):
            guard case .present = seen.directory else { return unusable(seen) }
            return InstancePlan([.imageDirectory(snapshot: keep, reason: "upgrade")], state: .down)
        case (.imaged, .running):
            return finishOrTakeBack(engine, seen)
        case (.imaged, _):
            if let failure = seen.failures.last, seen.failures.count >= Self.upgradeAttempts {
                return InstancePlan([.takeBackUpgrade(reason: failure.reason)], state: .down, problem: failure.reason)
            }
            return InstancePlan([.setGate(.held), .start], state: .down)
        }
    }

    private func finishOrTakeBack(_ engine: EngineIdentity, _ seen: InstanceObservation) -> InstancePlan {
        if let failure = seen.failures.last, seen.failures.count >= Self.upgradeAttempts {
            // It runs, and what it was asked to do failed again.
            return InstancePlan([.takeBackUpgrade(reason: failure.reason)], state: .down, problem: failure.reason)
        }
        switch seen.health {
        case .closed, .healthy:
            return InstancePlan([.finishUpgrade(to: engine)], state: .starting)
        case .unhealthy(let reason):
            return InstancePlan([.takeBackUpgrade(reason: reason)], state: .down, problem: reason)
        case .starting(let reason):
            return InstancePlan([], state: .starting, problem: reason, lookAgain: startPoll)
        case .unknown(let reason):
            // Large data may take long, and a server that says nothing may be at work.
            return InstancePlan([], state: .starting, problem: reason, lookAgain: Self.unansweredPoll)
        case nil:
            return InstancePlan([], state: .starting, lookAgain: startPoll)
        }
    }

    private func unusable(_ seen: InstanceObservation) -> InstancePlan {
        let reason =
            if case .unusable(let reason) = seen.directory { reason } else { "its data directory is gone" }
        return InstancePlan([], state: .down, outlook: .blocked, problem: reason, lookAgain: probeInterval)
    }
}
