import RoostControl
import RoostModel

// What an upgrade writes into the service's document.
extension ActionRunner {
    /// The step after which the upgrade stands: the next one opens the server.
    func finishUpgrade(to engine: EngineIdentity, _ order: InstanceOrder) async throws {
        try await parts.host.finishUpgrade(order)
        try await parts.records.update(order.service.id) { service in
            guard service.intent == order.service.intent else { return nil }
            var service = service
            service.engine = engine
            service.intent = .run
            return service
        }
        await parts.events.add(
            "upgraded", "\(order.service.id) went from \(order.service.engine) to \(engine)", service: order.service.id)
    }

    func abandonUpgrade(_ reason: String, _ order: InstanceOrder) async throws {
        guard case .upgrade(let engine, _) = order.service.intent else { return }
        try await parts.records.update(order.service.id) { service in
            guard service.intent == order.service.intent else { return nil }
            var service = service
            service.failedUpgrade = Service.FailedUpgrade(
                engine: engine, reason: reason, generation: service.generation)
            service.intent = .run
            return service
        }
        await parts.events.add(
            "upgrade_taken_back",
            "\(order.service.id) goes on with \(order.service.engine): no image of its data could be made (\(reason))",
            service: order.service.id)
    }

    /// From here on it is a restore of the image from before, with the engine that the service still has.
    func takeBackUpgrade(_ reason: String, _ order: InstanceOrder) async throws {
        guard case .upgrade(let engine, let keep) = order.service.intent else { return }
        try await parts.records.update(order.service.id) { service in
            guard service.intent == order.service.intent else { return nil }
            var service = service
            service.failedUpgrade = Service.FailedUpgrade(
                engine: engine, reason: reason, generation: service.generation)
            service.intent = .restore(snapshot: keep, keep: keep + SnapshotRecord.failedSuffix)
            return service
        }
        await parts.events.add(
            "upgrade_taken_back",
            "\(order.service.id) goes on with \(order.service.engine): \(engine) did not come up on its data (\(reason))",
            service: order.service.id)
    }
}
