/// How many directories of one build are made ahead: more for a while after they ran out. Pure.
struct ReadyStock: Sendable {
    /// How long a burst is remembered: whoever pushed several services may push more.
    static let memory: Duration = .seconds(900)
    /// The most, as a multiple of the usual number.
    static let growth = 4

    /// The usual number.
    let usual: Int
    private var grown = 0
    private var ranOut: ContinuousClock.Instant?

    init(usual: Int) { self.usual = usual }

    /// One was taken, or was not there to be taken. `left`: how many wait now.
    mutating func take(leaving left: Int, at now: ContinuousClock.Instant) {
        guard left == 0 else { return }
        grown = min(max(usual, wanted(at: now)) * 2, usual * Self.growth)
        ranOut = now
    }

    func wanted(at now: ContinuousClock.Instant) -> Int {
        guard let ranOut, ranOut.duration(to: now) < Self.memory else { return usual }
        return max(usual, grown)
    }

    /// How long to wait before more are made: not beside the start of the server that took the last one, unless the next
    /// push would find none.
    static func pause(leaving left: Int) -> Duration { left == 0 ? .milliseconds(50) : .milliseconds(300) }
}
