import Foundation
import RoostControl
import RoostModel
import RoostStore

/// Carries out one action: the one switch over `Action`.
struct ActionRunner: Sendable {
    let parts: ReconcilerParts

    enum Outcome: Equatable {
        case done
        /// The server runs with this process id, or did a moment ago.
        case started(pid: Int32)
        /// The service is gone; its reconciler ends.
        case forgotten
    }

    func run(_ action: Action, _ order: InstanceOrder) async throws -> Outcome {
        let host = parts.host
        switch action {
        case .makeDirectory: try await host.makeDirectory(order)
        case .recordSeeded: try await recordSeeded(order)
        case .setGate(let gate): try await setGate(gate, order)
        case .start: return .started(pid: try await host.start(order))
        case .stop: try await host.stop(order)
        case .killRemains: try await host.killRemains(order)
        case .openServer: try await open(order)
        case .applySettings(let changes): try await host.applySettings(changes, order)
        case .applyAccounts: try await host.applyAccounts(order)
        case .applyLimits: try await host.applyLimits(order)
        case .imageDirectory(let snapshot, let reason):
            try await host.imageDirectory(as: snapshot, reason: reason, order)
        case .finishUpgrade(let engine): try await finishUpgrade(to: engine, order)
        case .takeBackUpgrade(let reason): try await takeBackUpgrade(reason, order)
        case .stageSnapshot(let snapshot): try await host.stage(snapshot: snapshot, order)
        case .keepDirectory(let snapshot, let reason):
            try await host.keepDirectory(as: snapshot, reason: reason, order)
        case .placeStaged: try await host.placeStaged(order)
        case .finishRestore: try await finishRestore(order)
        case .deleteDirectory: try await host.deleteDirectory(order)
        case .forget: return try await forget(order)
        }
        return .done
    }

    private func recordSeeded(_ order: InstanceOrder) async throws {
        try await parts.records.update(order.service.id) { service in
            guard let place = service.instances.firstIndex(where: { $0.index == order.index }),
                !service.instances[place].seeded
            else { return nil }
            var service = service
            service.instances[place].seeded = true
            return service
        }
    }

    private func setGate(_ gate: Route.Gate, _ order: InstanceOrder) async throws {
        try await parts.feed.set(
            order.service.id,
            to: parts.routes(order.service, [order.index: gate]))
    }

    /// Opens a server for writes, after one more look at the store: a server is opened only while its epoch is current.
    private func open(_ order: InstanceOrder) async throws {
        guard let current = try await parts.records.service(order.service.id)?.value,
            current.epoch == order.service.epoch
        else { throw HostFailure("its epoch \(order.service.epoch) is over; it is not opened") }
        try await parts.host.open(order)
    }

    private func finishRestore(_ order: InstanceOrder) async throws {
        try await parts.records.update(order.service.id) { service in
            guard service.intent == order.service.intent else { return nil }
            var service = service
            service.intent = .run
            if let place = service.instances.firstIndex(where: { $0.index == order.index }) {
                service.instances[place].seeded = true
            }
            return service
        }
        try await parts.host.clearStaging(order)
    }

    // MARK: Upgrade

    /// The step after which the upgrade stands: the next one opens the server.
    private func finishUpgrade(to engine: EngineIdentity, _ order: InstanceOrder) async throws {
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

    /// From here on it is a restore of the image from before, with the engine that the service still has.
    private func takeBackUpgrade(_ reason: String, _ order: InstanceOrder) async throws {
        guard case .upgrade(let engine, let keep) = order.service.intent else { return }
        try await parts.records.update(order.service.id) { service in
            guard service.intent == order.service.intent else { return nil }
            var service = service
            service.failedUpgrade = Service.FailedUpgrade(
                engine: engine, reason: reason, generation: service.generation)
            service.intent = .restore(snapshot: keep, keep: "\(keep)-failed")
            return service
        }
        await parts.events.add(
            "upgrade_taken_back",
            "\(order.service.id) goes on with \(order.service.engine): \(engine) did not come up on its data (\(reason))",
            service: order.service.id)
    }

    // MARK: Forget

    /// Removes routes, files and documents of a destroyed service; with its last service an ending application goes too.
    private func forget(_ order: InstanceOrder) async throws -> Outcome {
        try await parts.feed.set(order.service.id, to: [])
        try await parts.host.forget(order)
        try await parts.records.again { () async throws(Problem) in
            _ = try await parts.records.commit(forgetting(order.service))
        }
        await parts.events.add("service_destroyed", "\(order.service.id) is gone", service: order.service.id)
        await parts.applicationChanged(order.application.name)
        return .forgotten
    }

    private func forgetting(_ service: Service) async throws(Problem) -> [StoreWrite] {
        let records = parts.records
        guard let stored = try await records.service(service.id),
            let application = try await records.application(service.id.application)
        else { return [] }
        var writes: [StoreWrite] = [.delete(key: Records.key(service.id), expecting: stored.revision)]
        var left = application.value
        left.order.removeAll { $0 == service.id.service }
        let isLast = try await records.services(of: left.name).allSatisfy { $0.value.id == service.id }
        let found = try await records.allocations()
        var allocations = found.value
        allocations.release(stored.value)
        if isLast && left.isEnding {
            allocations.users.remove(left.user.name)
            writes.append(.delete(key: Records.key(left.name), expecting: application.revision))
        } else {
            try writes.append(Records.put(left, at: Records.key(left.name), expecting: application.revision))
        }
        try writes.append(Records.put(allocations, at: Allocations.key, expecting: found.revision))
        return writes
    }
}

extension Action {
    /// As a step's name for people.
    var title: String {
        switch self {
        case .makeDirectory: "directory"
        case .recordSeeded: "record"
        case .setGate(.held): "hold clients"
        case .setGate(.open): "route"
        case .setGate(.closed): "close endpoint"
        case .start: "start"
        case .stop: "stop"
        case .killRemains: "clear remains"
        case .openServer: "open"
        case .applySettings: "settings"
        case .applyAccounts: "accounts"
        case .applyLimits: "limits"
        case .imageDirectory: "snapshot"
        case .finishUpgrade: "upgrade data"
        case .takeBackUpgrade: "take back"
        case .stageSnapshot: "copy snapshot"
        case .keepDirectory: "keep snapshot"
        case .placeStaged: "place data"
        case .finishRestore: "finish restore"
        case .deleteDirectory: "delete data"
        case .forget: "remove"
        }
    }

    /// After these a missing server is no surprise.
    var endsServer: Bool {
        switch self {
        case .stop, .killRemains: true
        case .makeDirectory, .recordSeeded, .setGate, .start, .openServer, .applySettings, .applyAccounts, .applyLimits,
            .imageDirectory, .finishUpgrade, .takeBackUpgrade, .stageSnapshot, .keepDirectory, .placeStaged,
            .finishRestore, .deleteDirectory, .forget:
            false
        }
    }
}
