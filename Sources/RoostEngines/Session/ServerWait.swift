/// The wait until a started server is ready: one loop for template builds and trials. Services need none: their agents
/// observe them at intervals.
package struct ServerWait: Sendable {
    package enum Goal: Sendable {
        /// The server answers, open for writes or not.
        case answering
        /// The server is open for writes.
        case open
    }

    package enum Outcome: Equatable, Sendable {
        case reached
        /// The server's process has ended.
        case ended
        /// `last`: the last probe's result, nil if there was none. `reason`: the last reason that a probe gave.
        case timedOut(last: Health?, reason: String?)
        /// The waiting task was cancelled.
        case cancelled
    }

    /// The next step of a wait after a probe.
    enum Step: Equatable {
        case finish(Outcome)
        /// The server answers, and has to be opened for writes.
        case open
        case goOn(reason: String)
    }

    private static let poll: Duration = .milliseconds(5)

    let goal: Goal
    let patience: Duration

    package init(until goal: Goal, patience: Duration) {
        self.goal = goal
        self.patience = patience
    }

    /// The meaning of a probe's result for the wait. `health` is nil if the server's process has ended. Pure.
    ///
    /// Only the end of the process ends a wait early: an unhealthy server may be recovering its data, and a refused
    /// account is restored during the start.
    static func step(_ health: Health?, until goal: Goal) -> Step {
        switch health {
        case nil: .finish(.ended)
        case .healthy, .drifted: .finish(.reached)
        case .closed:
            switch goal {
            case .answering: .finish(.reached)
            case .open: .open
            }
        case .starting(let reason), .unhealthy(let reason), .lockedOut(let reason), .crowded(let reason),
            .unknown(let reason):
            .goOn(reason: reason)
        }
    }

    /// Polls `health`, which is nil once the server's process has ended. `open` is called whenever the goal is an open
    /// server and the server answers closed; its error ends the wait.
    package func run<Failure: Error>(
        on clock: some Clock<Duration> = ContinuousClock(), health: () async -> Health?,
        open: () async throws(Failure) -> Void
    ) async throws(Failure) -> Outcome {
        let deadline = clock.now.advanced(by: patience)
        var last: Health?
        var lastReason: String?
        while clock.now < deadline {
            last = await health()
            switch Self.step(last, until: goal) {
            case .finish(let outcome): return outcome
            case .open: try await open()
            case .goOn(let reason): lastReason = reason
            }
            // A cancelled sleep throws at once.
            try? await clock.sleep(for: Self.poll)
            if Task.isCancelled { return .cancelled }
        }
        return .timedOut(last: last, reason: lastReason)
    }

    /// Waits without opening the server.
    package func run(
        on clock: some Clock<Duration> = ContinuousClock(), health: () async -> Health?
    ) async -> Outcome {
        await run(on: clock, health: health, open: {})
    }
}
