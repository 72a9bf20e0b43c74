import RoostModel

extension InstancePlanner {
    /// A newer server that ended this often, in a row, does not come up.
    static let upgradeAttempts = 2

    /// A newer server that is not well for so long will not be.
    static let unwellPatience: Duration = .seconds(30)
    /// A newer server may rewrite its dictionaries before it answers; one that takes longer hangs.
    static let upgradePatience: Duration = .seconds(30 * 60)

    /// Stop, image, start the new server closed, bring the data to its version, and only then let clients in.
    ///
    /// Each step follows from what is seen, so that a daemon that died between two goes on. The image is made of a
    /// stopped directory: an engine may refuse to upgrade what a crash left. It is taken back only while the new server
    /// was never open: from `finishUpgrade` on there may be rows that the image does not have.
    func upgrade(
        to engine: EngineIdentity, keep: String, _ target: InstanceTarget, _ seen: InstanceObservation
    ) -> InstancePlan {
        let failure = seen.failures.count >= Self.upgradeAttempts ? seen.failures.last : nil
        switch (seen.upgrade, seen.process) {
        case (.notImaged, .running):
            if case .filesGone(let reason) = seen.health {
                return InstancePlan([.abandonUpgrade(reason: reason)], state: .down, problem: reason)
            }
            return InstancePlan([.stop(.upgrade)], clients: .held, state: .up)
        case (.notImaged, _):
            if seen.directory == .absent, !target.seeded {
                let reason = "its data directory is not made yet, and there is nothing to upgrade"
                return InstancePlan([.abandonUpgrade(reason: reason)], state: .creating, problem: reason)
            }
            guard case .present = seen.directory else { return unusable(seen) }
            if let failure {
                // Nothing was touched yet: better the old server than none.
                return InstancePlan([.abandonUpgrade(reason: failure.reason)], state: .down, problem: failure.reason)
            }
            return InstancePlan([.imageDirectory(snapshot: keep, reason: "upgrade")], state: .down)
        case (.imaged, .running):
            // Started by a Roost that did not store it.
            guard target.isPastNoReturn else { return InstancePlan([.recordNoReturn], state: .starting) }
            if let failure {
                // It runs, and what it was asked to do failed again.
                return takeBack(failure.reason, target) ?? finishOrWait(engine, target, seen)
            }
            return finishOrWait(engine, target, seen)
        case (.imaged, _):
            let record: [Action] = target.isPastNoReturn ? [] : [.recordNoReturn]
            let start = InstancePlan(record + [.start], clients: .held, state: .down)
            return failure.flatMap { takeBack($0.reason, target) } ?? start
        }
    }

    private func finishOrWait(
        _ engine: EngineIdentity, _ target: InstanceTarget, _ seen: InstanceObservation
    ) -> InstancePlan {
        switch seen.health {
        case .closed, .healthy, .drifted:
            return InstancePlan([.finishUpgrade(to: engine)], state: .starting)
        case .unhealthy(let reason), .lockedOut(let reason), .filesGone(let reason):
            return waiting(seen, reason, Self.unwellPatience, target)
        case .starting(let reason), .unknown(let reason):
            // Large data may take long, and a server that says nothing may be at work.
            return waiting(seen, reason, Self.upgradePatience, target)
        case nil:
            return InstancePlan([], state: .starting, lookAgain: startPoll)
        }
    }

    private func waiting(
        _ seen: InstanceObservation, _ reason: String, _ patience: Duration, _ target: InstanceTarget
    ) -> InstancePlan {
        if seen.runningFor > patience, let plan = takeBack(reason, target) { return plan }
        let isAnswering = if case .starting = seen.health { true } else { false }
        return InstancePlan(
            [], state: .starting, problem: reason, lookAgain: isAnswering ? startPoll : pauseWithoutAnswer(seen))
    }

    /// Nil where clients may have written since the image was made: then it is for somebody to decide.
    private func takeBack(_ reason: String, _ target: InstanceTarget) -> InstancePlan? {
        guard target.holdsClients else { return nil }
        return InstancePlan([.takeBackUpgrade(reason: reason)], state: .down, problem: reason)
    }

    private func unusable(_ seen: InstanceObservation) -> InstancePlan {
        let reason =
            if case .unusable(let reason) = seen.directory { reason } else { "its data directory is gone" }
        return InstancePlan([], state: .down, outlook: .blocked, problem: reason, lookAgain: probeInterval)
    }
}
