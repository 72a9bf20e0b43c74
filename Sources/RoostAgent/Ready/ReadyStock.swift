/// Number of directories of one build that are made ahead: more for a while after they ran out. Pure.
struct ReadyStock: Sendable {
    /// How long a burst is remembered: a user who pushed several services may push more.
    static let memory: Duration = .seconds(900)
    /// The largest number, as a multiple of the usual one.
    static let growth = 4

    /// Number of directories outside of bursts.
    let usual: Int
    private var grown = 0
    private var ranOut: ContinuousClock.Instant?

    init(usual: Int) { self.usual = usual }

    /// Notes that a directory was taken, or that none was there to be taken. `left`: how many are ready now.
    mutating func take(leaving left: Int, at now: ContinuousClock.Instant) {
        guard left == 0 else { return }
        grown = min(max(usual, wanted(at: now)) * 2, usual * Self.growth)
        ranOut = now
    }

    func wanted(at now: ContinuousClock.Instant) -> Int {
        guard let ranOut, ranOut.duration(to: now) < Self.memory else { return usual }
        return max(usual, grown)
    }

    /// Pause before more directories are made, so that the work does not slow the start of the server that took the
    /// last one. Short if none is left, because the next push would find none.
    static func pause(leaving left: Int) -> Duration { left == 0 ? .milliseconds(50) : .milliseconds(300) }
}
