import RoostControl
import RoostModel

extension Reconciler {
    /// Asks the servers of a settled service how they are, at a fraction of a turn's price, until one is not as it was,
    /// somebody rings, or the next turn is due.
    func watch(_ orders: [InstanceOrder], until review: ContinuousClock.Instant) async {
        while !Task.isCancelled {
            let pause = min(parts.planner.probeInterval, ContinuousClock.now.duration(to: review))
            guard pause > .zero, await bell.sleep(pause) == .timeOut else { return }
            for order in orders { guard await isAsItWas(order) else { return } }
        }
    }

    private func isAsItWas(_ order: InstanceOrder) async -> Bool {
        guard await parts.host.health(order) == .healthy, await parts.feed.gate(of: order.id) == .open else {
            return false
        }
        noteOrder(order.index)
        return await parts.feed.listenErrors(of: id).first == status.instances[order.index]?.problem
    }
}
