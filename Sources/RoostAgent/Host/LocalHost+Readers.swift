import Logging
import RoostControl
import RoostEngines
import RoostModel

// Users who read a server's changes (`replication: [cdc]`).
extension LocalHost {
    /// Best effort: a server that hangs is stopped without it, at the end of its time.
    func endReaders(_ order: InstanceOrder) async {
        guard order.service.spec.changeReaders != nil,
            let engine = (try? engine(named: identity(for: order)))?.readerPositions, let plan = try? serverPlan(order)
        else { return }
        do throws(HostFailure) {
            try await askingAtOnce("disconnect readers") { () async throws(EngineError) in
                try await engine.endReaders(plan)
            }
        } catch {
            logger.info(
                "The readers of a server's changes could not be disconnected before its stop",
                metadata: ["instance": "\(order.id)", "reason": "\(error)"])
        }
    }

    func forgetUnusablePositions(_ order: InstanceOrder, _ engine: any Engine) throws(HostFailure) {
        guard let engine = engine.readerPositions else { return }
        let plan = try serverPlan(order)
        do throws(EngineError) { try engine.forgetUnusablePositions(plan) } catch {
            throw HostFailure("could not remove positions of readers: \(error)")
        }
    }
}
