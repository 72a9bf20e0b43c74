import Foundation
import RoostModel

/// Report of a drift that was repaired. Pure.
struct DriftReport {
    private let drift: [AccountDrift]
    private let lastInOrder: Date?
    private let mended: Date

    init(_ drift: [AccountDrift], lastInOrder: Date?, mended: Date) {
        self.drift = drift
        self.lastInOrder = lastInOrder
        self.mended = mended
    }

    func text(_ instance: String) -> String {
        let told = "\(instance): repaired: \(drift.text)"
        guard drift.contains(where: \.voidsGuarantee) else { return told }
        return "\(told); the durability of acknowledged writes is not guaranteed \(Self.since(lastInOrder)) "
            + "to \(Timestamp.format(mended))"
    }

    /// A server that refused Roost's own account was started again, which restores it.
    static func startedAnew(_ instance: String, since lastInOrder: Date?, at now: Date) -> String {
        "\(instance) rejected Roost's own account and is restarted, which restores the account; the durability of "
            + "acknowledged writes is not guaranteed \(since(lastInOrder)) to \(Timestamp.format(now))"
    }

    /// `lastInOrder`: nil if this daemon never saw the accounts in order.
    static func since(_ lastInOrder: Date?) -> String {
        lastInOrder.map { "from \(Timestamp.format($0))" } ?? "from a time before roostd started"
    }
}
