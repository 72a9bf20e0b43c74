import RoostEngines
import RoostModel

/// When a server is visited, and what of the visits is told. Pure.
///
/// A visit costs the server a connection, so they are few while all is well. What one shows may be on its way: a database
/// that is dropped and made again, a table that is being dropped. So it is told when the next one shows it, too.
struct VisitRecord: Sendable {
    static let interval: Duration = .seconds(10)

    private var last: ContinuousClock.Instant?
    private var before = Visit.welcome
    private var latest = Visit.welcome
    private var count = 0

    /// The first is due an interval after the first look.
    mutating func isDue(at now: ContinuousClock.Instant) -> Bool {
        guard let last else {
            last = now
            return false
        }
        return latest != .welcome || before != .welcome || last.duration(to: now) >= Self.interval
    }

    mutating func hear(_ visit: Visit, at now: ContinuousClock.Instant) {
        last = now
        before = latest
        latest = visit
        count += 1
    }

    /// Whether there were enough visits to tell.
    var isKnown: Bool { count > 1 }

    /// Where the next one looks. `removed`: as in `VisitAim`.
    func aim(removed: [String]) -> VisitAim {
        VisitAim(removed: removed, suspects: latest.missing + (latest.remark?.files ?? []), turn: count)
    }

    /// Why clients are not let in; nil: they are, as far as is known.
    var refusal: String? { before.refusal == nil ? nil : latest.refusal }

    /// Files that its data are in, and that stand nowhere any more.
    var missing: [String] { latest.missing.filter(before.missing.contains) }

    /// What can be done without and is not there; nil: nothing is known to be.
    var remark: String? {
        guard let remark = latest.remark, let earlier = before.remark,
            !Set(earlier.files).isDisjoint(with: remark.files)
        else { return nil }
        return remark.words
    }
}
