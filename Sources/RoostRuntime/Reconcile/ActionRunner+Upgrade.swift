import RoostControl
import RoostModel

// What an upgrade writes into the service's document.
extension ActionRunner {
    func recordNoReturn(_ order: InstanceOrder) async throws {
        guard let request = order.service.pendingRequest else { return }
        try await parts.records.updateStatus(order.service.id) { service throws(Problem) in
            // Somebody asked for something else meanwhile: the next look decides.
            guard service.intent == order.service.intent else {
                throw Problem(.conflict, "the upgrade is not asked for any more")
            }
            var status = service.status
            status.pointOfNoReturn = request.generation
            return status
        }
    }

    /// The step after which the upgrade stands: the next one opens the server.
    func finishUpgrade(to engine: EngineIdentity, _ order: InstanceOrder) async throws {
        try await parts.host.finishUpgrade(order)
        try await finish(order) { status in
            status.engine = engine
            status.failedUpgrade = nil
        }
        await parts.events.add(
            "upgraded", "\(order.service.id) went from \(order.service.engine) to \(engine)", service: order.service.id)
    }

    func abandonUpgrade(_ reason: String, _ order: InstanceOrder) async throws {
        guard case .upgrade(let engine, _) = order.service.intent else { return }
        try await finish(order) { status in
            status.failedUpgrade = ServiceStatus.FailedUpgrade(
                engine: engine, reason: reason, generation: order.requestGeneration)
        }
        await parts.events.add(
            "upgrade_taken_back",
            "\(order.service.id) goes on with \(order.service.engine): no image of its data could be made (\(reason))",
            service: order.service.id)
    }

    /// From here on it is a restore of the image from before, with the engine that the service still has.
    func takeBackUpgrade(_ reason: String, _ order: InstanceOrder) async throws {
        guard case .upgrade(let engine, let keep) = order.service.intent else { return }
        try await parts.records.updateStatus(order.service.id) { service in
            guard service.intent == order.service.intent else { return nil }
            var status = service.status
            status.failedUpgrade = ServiceStatus.FailedUpgrade(
                engine: engine, reason: reason, generation: order.requestGeneration)
            status.procedure = ServiceStatus.Procedure(
                .restore(snapshot: keep, keep: keep + SnapshotRecord.failedSuffix), of: order.requestGeneration)
            return status
        }
        await parts.events.add(
            "upgrade_taken_back",
            "\(order.service.id) goes on with \(order.service.engine): \(engine) did not come up on its data (\(reason))",
            service: order.service.id)
    }
}

extension InstanceOrder {
    /// The generation that names the request under way.
    var requestGeneration: Int { service.pendingRequest?.generation ?? service.generation }
}
