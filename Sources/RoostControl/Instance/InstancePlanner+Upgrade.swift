import RoostModel

extension InstancePlanner {
    /// Failures in a row after which a newer server is taken to be unable to start.
    static let upgradeAttempts = 2

    /// Timeout for a newer server that is unwell.
    static let unwellPatience: Duration = .seconds(30)
    /// Timeout for a newer server to answer: it may rewrite its dictionaries first; one that takes longer hangs.
    static let upgradePatience: Duration = .seconds(30 * 60)

    /// Stops the server, takes a snapshot, starts the new server closed, upgrades the data, and only then lets
    /// clients in.
    ///
    /// Each step follows from the observation, so that a restarted daemon goes on between any two steps. The snapshot
    /// is made of a stopped directory, because an engine may refuse to upgrade data after a crash. The upgrade is
    /// taken back only while the new server was never open: from `finishUpgrade` on the data may have rows that the
    /// snapshot does not have.
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
                let reason = "its data directory does not exist yet; there is nothing to upgrade"
                return InstancePlan([.abandonUpgrade(reason: reason)], state: .creating, problem: reason)
            }
            guard case .present = seen.directory else { return unusable(seen) }
            if let failure {
                // The data are untouched: the old server can go on.
                return InstancePlan([.abandonUpgrade(reason: failure.reason)], state: .down, problem: failure.reason)
            }
            return InstancePlan([.imageDirectory(snapshot: keep, reason: "upgrade")], state: .down)
        case (.imaged, .running):
            // The server was started by a Roost that did not store the point of no return.
            guard target.isPastNoReturn else { return InstancePlan([.recordNoReturn], state: .starting) }
            if let failure {
                // The new server runs, and its upgrade of the data failed again.
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
        case .starting(let reason), .crowded(let reason), .unknown(let reason):
            // Large data may take long, and a silent server may be at work.
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

    /// Nil if clients may have written since the snapshot was made: then somebody has to decide.
    private func takeBack(_ reason: String, _ target: InstanceTarget) -> InstancePlan? {
        guard target.holdsClients else { return nil }
        return InstancePlan([.takeBackUpgrade(reason: reason)], state: .down, problem: reason)
    }

    private func unusable(_ seen: InstanceObservation) -> InstancePlan {
        let reason =
            if case .unusable(let reason) = seen.directory { reason } else { "its data directory is gone" }
        return InstancePlan([], state: .down, convergence: .blocked, problem: reason, lookAgain: probeInterval)
    }
}
