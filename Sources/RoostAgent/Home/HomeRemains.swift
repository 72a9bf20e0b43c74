import RoostAgentProtocol

/// What a daemon that died may have left in a home: work in progress of each of the agent's parts.
struct HomeRemains: Sendable {
    /// Clears the remains of one part. Failures are logged by the part.
    typealias Sweep = @Sendable (ClearRemains) async -> Void

    /// Carried out one after the other.
    let sweeps: [Sweep]

    func clear(_ job: ClearRemains) async {
        for sweep in sweeps { await sweep(job) }
    }
}
