import Foundation
import RoostControl
import RoostHost
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
        case .makeDirectory:
            try await takeImage(order)
            try await host.makeDirectory(order)
        case .recordSeeded: try await recordSeeded(order)
        case .setGate(let gate): try await setGate(gate, order)
        case .start: return try await start(order)
        case .stop: try await host.stop(order)
        case .killRemains: try await host.killRemains(order)
        case .openServer: try await open(order)
        case .applySettings(let changes): try await host.applySettings(changes, order)
        case .applyAccounts: try await host.applyAccounts(order)
        case .mendAccounts(let drift): try await host.mendAccounts(drift, order)
        case .applyLimits: try await host.applyLimits(order)
        case .confine: try await host.confine(order)
        case .imageDirectory(let snapshot, let reason):
            try await host.imageDirectory(as: snapshot, reason: reason, order)
        case .recordNoReturn: try await recordNoReturn(order)
        case .finishUpgrade(let engine): try await finishUpgrade(to: engine, order)
        case .abandonUpgrade(let reason): try await abandonUpgrade(reason, order)
        case .takeBackUpgrade(let reason): try await takeBackUpgrade(reason, order)
        case .stageSnapshot(let snapshot): try await host.stage(snapshot: snapshot, order)
        case .stageClone: try await host.stageClone(order)
        case .keepDirectory(let snapshot, let reason):
            try await host.keepDirectory(as: snapshot, reason: reason, order)
        case .placeStaged: try await host.placeStaged(order)
        case .finishRestore: try await finishRestore(order)
        case .moveDirectory: try await host.moveToPool(order)
        case .resume: try await resume(order)
        case .abandon(let reason): try await resume(order, abandoning: reason)
        case .deleteDirectory: try await host.deleteDirectory(order)
        case .forget: return try await forget(order)
        }
        return .done
    }

    private func start(_ order: InstanceOrder) async throws -> Outcome {
        let server: StartedServer
        // A custom service's program reads its application's environment files at its start.
        if order.service.custom != nil { await parts.applicationChanged(order.application.name) }
        do throws(HostFailure) { server = try await parts.host.start(order) } catch {
            guard let port = error.takenPort, try await movePort(from: port, order, because: error) else { throw error }
            // The next look starts it there.
            return .done
        }
        try await note(server.engine, order)
        return .started(pid: server.pid)
    }

    /// Gives the server another port than the one that somebody else listens on. Clients reach it through the router, and
    /// notice nothing. Not for custom services, whose programs were told their ports when they were laid out.
    private func movePort(
        from taken: PortNumber, _ order: InstanceOrder, because failure: HostFailure
    ) async throws -> Bool {
        guard order.service.custom == nil, let take = parts.takeInternalPort else { return false }
        let (records, id) = (parts.records, order.service.id)
        let moved = try await records.inTurn("allocations") { () async throws(Problem) -> PortNumber? in
            try await records.again { () async throws(Problem) -> PortNumber? in
                guard let stored = try await records.service(id) else { return nil }
                var status = stored.value.status
                let place = status.members.firstIndex { $0.index == order.index && $0.internalPort == taken }
                guard let place else { return nil }
                let found = try await records.allocations()
                var allocations = found.value
                let port = try take(&allocations)
                allocations.ports.remove(taken)
                status.members[place].internalPort = port
                try await records.commit(
                    Records.decision(on: stored, status) + [
                        Records.put(allocations, at: Allocations.key, expecting: found.revision)
                    ])
                return port
            }
        }
        guard let moved else { return false }
        await parts.events.add(
            "port_moved", "\(order.id.name) uses port \(moved) of 127.0.0.1 now: \(failure.description)",
            instance: order.id)
        return true
    }

    /// A clone of a live service is one of a snapshot, which is taken when its turn comes.
    private func takeImage(_ order: InstanceOrder) async throws {
        guard let clone = order.service.clone, let pause = clone.maxPauseMilliseconds,
            case .snapshot(let source, let id) = clone.origin
        else { return }
        let began = ContinuousClock.now
        let taken = try await parts.snapshots.take(
            source, as: id, SnapshotTerms(reason: SnapshotRecord.clone, maxPause: .milliseconds(pause)))
        let pauseText = taken.pauseMilliseconds.map { ", pause \($0.rounded(toPlaces: 1)) ms" } ?? ""
        await parts.operations.note(
            "snapshot (\(taken.method)\(pauseText))", took: began.duration(to: .now), of: order.id)
    }

    private func recordSeeded(_ order: InstanceOrder) async throws {
        try await parts.records.updateStatus(order.service.id) { service in
            var status = service.status
            guard status.markSeeded(order.index) else { return nil }
            // Asked for before the machine started again, perhaps; copied now.
            if service.clone != nil { status.copiedInBoot = Machine.bootID }
            return status
        }
    }

    /// The machine's packages may have gone on to a newer release, and the service with them.
    private func note(_ engine: EngineIdentity, _ order: InstanceOrder) async throws {
        guard case .run = order.service.intent, engine != order.service.engine else { return }
        try await parts.records.updateStatus(order.service.id) { service in
            guard service.engine == order.service.engine, case .run = service.intent else { return nil }
            var status = service.status
            status.engine = engine
            return status
        }
        await parts.events.add(
            "engine_moved",
            "\(order.service.id) runs \(engine) now: \(order.service.engine) is not on this machine any more",
            service: order.service.id)
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
        try await finish(order) { status in
            _ = status.markSeeded(order.index)
            if order.service.clone != nil { status.copiedInBoot = Machine.bootID }
        }
        try await parts.host.clearStaging(order)
    }

    private func resume(_ order: InstanceOrder, abandoning reason: String? = nil) async throws {
        try await finish(order) { status in
            status.abandoned = reason.map { .init(reason: $0, generation: order.requestGeneration) }
        }
    }

    /// Stores that the request which the order is about has ended, together with what else is true from then on.
    func finish(_ order: InstanceOrder, _ change: (inout ServiceStatus) -> Void) async throws(Problem) {
        try await parts.records.updateStatus(order.service.id) { service in
            guard service.intent == order.service.intent else { return nil }
            var status = service.status
            // Not one that was asked for since the order was made.
            status.finish(order.service.pendingRequest)
            change(&status)
            return status
        }
    }

    // MARK: Forget

    /// Removes routes, files and documents of a destroyed service; with its last service an ending application goes too.
    private func forget(_ order: InstanceOrder) async throws -> Outcome {
        try await parts.feed.set(order.service.id, to: [])
        try await parts.host.forget(order)
        // Nobody can come back to them without the clone.
        if order.service.clone != nil { try await parts.host.removeSnapshots(of: order.service.id) }
        try await parts.records.inTurn("allocations") { () async throws(Problem) in
            try await parts.records.again { () async throws(Problem) in
                _ = try await parts.records.commit(forgetting(order.service))
            }
        }
        if order.service.clone != nil { return .forgotten }
        await parts.events.add("service_destroyed", "\(order.service.id) is gone", service: order.service.id)
        await parts.applicationChanged(order.application.name)
        return .forgotten
    }

    private func forgetting(_ service: Service) async throws(Problem) -> [StoreWrite] {
        let records = parts.records
        guard let stored = try await records.service(service.id),
            let application = try await records.application(service.id.application)
        else { return [] }
        var writes = Records.removal(of: stored)
        if let clone = service.clone {
            let found = try await records.allocations()
            var allocations = found.value
            allocations.release(stored.value)
            if try await records.isUnused(clone.user, besides: service.id) {
                allocations.users.remove(clone.user.name)
            }
            return writes + [try Records.put(allocations, at: Allocations.key, expecting: found.revision)]
        }
        var left = application.value
        left.order.removeAll { $0 == service.id.service }
        let isLast = try await records.services(of: left.name).allSatisfy { $0.value.id == service.id }
        let found = try await records.allocations()
        var allocations = found.value
        allocations.release(stored.value)
        if isLast && left.isEnding {
            // Clones of its data run as the same user, and may outlive it.
            if try await records.isUnused(left.user, besides: service.id, ending: left.name) {
                allocations.users.remove(left.user.name)
            }
            writes.append(.delete(key: Records.key(left.name), expecting: application.revision))
        } else {
            try writes.append(Records.put(left, at: Records.key(left.name), expecting: application.revision))
        }
        try writes.append(Records.put(allocations, at: Allocations.key, expecting: found.revision))
        return writes
    }
}
