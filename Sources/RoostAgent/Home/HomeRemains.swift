import RoostAgentProtocol

/// The work in progress that a daemon that died may have left in a home.
struct HomeRemains: Sendable {
    /// Clears the remains of one part. Failures are logged by the part.
    typealias Sweep = @Sendable (ClearRemains) async -> Void

    /// Carried out one after the other.
    let sweeps: [Sweep]

    func clear(_ job: ClearRemains) async {
        for sweep in sweeps { await sweep(job) }
    }
}
