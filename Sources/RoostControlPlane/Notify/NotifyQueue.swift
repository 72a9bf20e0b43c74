import Foundation
import RoostModel

/// The notifications that wait, in order for each target. Pure; the store holds the same.
struct NotifyQueue: Equatable, Sendable {
    /// Limit for one target. Beyond it the oldest are dropped: the newest tell how things are.
    static let mostWaiting = 1000

    private var waiting: [NotifyTarget: [NotifyDelivery]] = [:]
    private(set) var nextNumber: Int64 = 1

    /// The queue that an earlier daemon left. `stored`: in the order of their numbers.
    init(stored: [NotifyDelivery] = []) {
        for delivery in stored {
            waiting[delivery.target, default: []].append(delivery)
            nextNumber = max(nextNumber, delivery.number + 1)
        }
    }

    /// The deliveries of a notification, with the next numbers. They are stored first, and added then.
    func deliveries(of notice: Notice, to targets: [NotifyTarget], at now: Date) -> [NotifyDelivery] {
        targets.enumerated().map { place, target in
            NotifyDelivery(number: nextNumber + Int64(place), to: target, notice, queuedAt: now)
        }
    }

    /// Adds deliveries. Returns those that were dropped for them, oldest first.
    mutating func add(_ deliveries: [NotifyDelivery]) -> [NotifyDelivery] {
        var dropped: [NotifyDelivery] = []
        for delivery in deliveries {
            nextNumber = max(nextNumber, delivery.number + 1)
            waiting[delivery.target, default: []].append(delivery)
            let excess = count(for: delivery.target) - Self.mostWaiting
            guard excess > 0 else { continue }
            dropped += waiting[delivery.target, default: []].prefix(excess)
            waiting[delivery.target]?.removeFirst(excess)
        }
        return dropped
    }

    /// The next notification for the target. Nil if none waits.
    func head(for target: NotifyTarget) -> NotifyDelivery? { waiting[target]?.first }

    /// Takes out a delivery that was made or given up. Without effect if it was dropped meanwhile.
    mutating func remove(_ delivery: NotifyDelivery) {
        waiting[delivery.target]?.removeAll { $0.number == delivery.number }
        if waiting[delivery.target]?.isEmpty ?? false { waiting[delivery.target] = nil }
    }

    /// Takes out everything that waits for a target. Returns what it was.
    mutating func removeAll(for target: NotifyTarget) -> [NotifyDelivery] { waiting.removeValue(forKey: target) ?? [] }

    func count(for target: NotifyTarget) -> Int { waiting[target]?.count ?? 0 }

    var targets: [NotifyTarget] { Array(waiting.keys) }
}
