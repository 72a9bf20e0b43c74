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
                "If it was stopped, resume it: 'kill -CONT \($0)'. If it hangs, kill it: 'kill -KILL \($0)'; roostd "
                    + "then starts another one, and the connections through the old one are closed. "
            } ?? "roostd keeps trying. "
        return "\(name) does not answer, and clients may be unable to connect. \(way)Its log: \(log)"
    }
}
