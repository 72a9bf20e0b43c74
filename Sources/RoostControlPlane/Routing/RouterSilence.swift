/// Tracks whether the router answers, and what is reported about it. Pure.
///
/// A process that is stopped, or hangs, keeps its sockets: the kernel goes on accepting connections for it, so only
/// an answer shows that the router serves.
struct RouterSilence: Equatable, Sendable {
    /// Misses in a row before a report: a single miss may be the pause of a whole machine.
    static let told = 2

    enum Note: Equatable, Sendable {
        case silent
        case answersAgain
    }

    private var misses = 0

    var isTold: Bool { misses >= Self.told }

    /// Records an answer of the router.
    mutating func hear() -> Note? {
        defer { misses = 0 }
        return isTold ? .answersAgain : nil
    }

    /// Records that the router was not reached, or did not answer in time.
    mutating func miss() -> Note? {
        misses = min(misses + 1, Self.told + 1)
        return misses == Self.told ? .silent : nil
    }

    /// The report for people. `pid`: the process that answered last, if any.
    static func text(pid: Int32?, log: String) -> String {
        let name = pid.map { "the router (process \($0))" } ?? "the router"
        let way =
            pid.map {
                "Where it was stopped, let it run on: 'kill -CONT \($0)'. Where it hangs, end it: 'kill -KILL \($0)'; roostd "
                    + "starts another, and the connections through it end. "
            } ?? "roostd tries again by itself. "
        return "\(name) gives no answer, and clients may not be let in. \(way)Its log: \(log)"
    }
}
