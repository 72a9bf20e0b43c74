import RoostEngines
import RoostModel

/// Decides when a server is visited, and which findings of visits are reported. Pure.
///
/// A visit costs the server a connection, so visits are rare while all is well. A finding may be temporary: a
/// database that is dropped and made again, a table that is being dropped. So a finding is reported only when the
/// next visit confirms it.
struct VisitRecord: Sendable {
    static let interval: Duration = .seconds(10)

    private var last: ContinuousClock.Instant?
    private var before = Visit.welcome
    private var latest = Visit.welcome
    private var count = 0

    /// Whether a visit is due. The first visit is due an interval after the first look.
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

    /// Whether there were enough visits to report their findings.
    var isKnown: Bool { count > 1 }

    /// Where the next visit looks. `removed`: see `VisitAim`.
    func aim(removed: [String]) -> VisitAim {
        VisitAim(removed: removed, suspects: latest.missing + (latest.remark?.files ?? []), turn: count)
    }

    /// Why clients are not let in. Nil if they are, as far as is known.
    var refusal: String? { before.refusal == nil ? nil : latest.refusal }

    /// Files that hold the server's data and are missing from the disk.
    var missing: [String] { latest.missing.filter(before.missing.contains) }

    /// Clause on missing files that the server can do without. Nil if none is known to be missing.
    var remark: String? {
        guard let remark = latest.remark, let earlier = before.remark,
            !Set(earlier.files).isDisjoint(with: remark.files)
        else { return nil }
        return remark.words
    }
}
