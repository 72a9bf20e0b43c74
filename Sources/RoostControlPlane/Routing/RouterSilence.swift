/// Whether the router answers, and what of that is told. Pure.
///
/// A process that is stopped, or hangs, keeps its sockets: the kernel goes on taking connections for it, so only an answer
/// shows that it serves.
struct RouterSilence: Equatable, Sendable {
    /// Misses in a row that are told: one may be the pause of a whole machine.
    static let told = 2

    enum Note: Equatable, Sendable {
        case silent
        case answersAgain
    }

    private var misses = 0

    var isTold: Bool { misses >= Self.told }

    /// It gave an answer.
    mutating func hear() -> Note? {
        defer { misses = 0 }
        return isTold ? .answersAgain : nil
    }

    /// It was not reached, or gave no answer in time.
    mutating func miss() -> Note? {
        misses = min(misses + 1, Self.told + 1)
        return misses == Self.told ? .silent : nil
    }

    /// What is told of it, for people. `pid`: the process that last answered, where one did.
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
