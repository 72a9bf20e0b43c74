import Foundation
import RoostAgentProtocol
import RoostControl
import RoostModel
import RoostStore

/// Carries out the requests of an agent, in the one switch over their steps. Idempotent: each request may come twice.
struct RequestRunner: Sendable {
    let parts: ReconcilerParts
    let id: InstanceID
    let request: InstanceRequest

    func run() async throws(Problem) {
        switch request.step {
        case .image: try await takeImage()
        case .otherPort(let taken, let reason): try await movePort(from: taken, because: reason)
        case .gone: try await forget()
        case .seeded:
            let seed = try? await service().status.seed(of: id.index)
            try await decide()
            if let seed { await endSeeding(seed) }
        case .engine, .noReturn, .upgraded, .upgradeAbandoned, .upgradeTakenBack, .replaced,
            .finished, .abandoned:
            try await decide()
        }
    }

    private func isMeant(_ service: Service) -> Bool { service.status.uid(of: id.index) == request.uid }

    /// Throws if the service is gone, or another service has its name.
    private func service() async throws(Problem) -> Service {
        guard let service = try await parts.records.service(id.service)?.value, isMeant(service) else {
            throw Problem(.serviceNotFound, "\(id.service) no longer exists")
        }
        return service
    }

    /// Stores what the request changes in the service's status.
    private func decide() async throws(Problem) {
        var event: StatusDecision.Event?
        let found = try await parts.records.updateStatus(id.service) { service throws(Problem) in
            event = nil
            switch StatusDecision.make(request, of: id.index, on: service, boot: parts.boot, at: Date()) {
            case .nothing: return nil
            case .refused(let reason): throw Problem(.conflict, reason)
            case .store(let status, let told):
                event = told
                return status
            }
        }
        if found == nil, request.step.mustHold { throw Problem(.serviceNotFound, "\(id.service) no longer exists") }
        if let event { await parts.events.add(event.kind, event.message, service: id.service) }
    }

    /// Gives the server another port if its own is in use by another process. Clients connect through the router and
    /// notice nothing. Custom services are excluded: their programs were told their ports when they were laid out.
    private func movePort(from taken: PortNumber, because reason: String) async throws(Problem) {
        guard let take = parts.takeInternalPort else { throw Problem(.noPort, reason) }
        let records = parts.records
        let moved = try await records.inTurn("allocations") { () async throws(Problem) -> PortNumber? in
            try await records.again { () async throws(Problem) -> PortNumber? in
                guard let stored = try await records.service(id.service), isMeant(stored.value)
                else { return nil }
                var status = stored.value.status
                let place = status.members.firstIndex { $0.index == id.index && $0.internalPort == taken }
                guard let place else { return nil }
                let found = try await records.allocations()
                var allocations = found.value
                let port = try await take(&allocations)
                allocations.ports.remove(taken)
                status.members[place].internalPort = port
                try await records.commit(
                    Records.decision(on: stored, status) + [
                        Records.put(allocations, at: Allocations.key, expecting: found.revision)
                    ])
                return port
            }
        }
        guard let moved else { return }
        await parts.events.add(
            "port_moved", "\(id.name) now uses port \(moved) of 127.0.0.1: \(reason)", instance: id)
    }

    /// A clone of a live service is made of a snapshot, which is taken when the clone's turn comes.
    private func takeImage() async throws(Problem) {
        let service = try await service()
        if service.isGroup {
            // Replicas are seeded from a snapshot of the primary, so they have no data that the primary lacks. A seed that
            // is left behind expires after a day.
            return try await take(
                service.status.seed(of: id.index), of: service.id,
                SnapshotTerms(reason: SnapshotRecord.seed, expiresAt: Date().addingTimeInterval(24 * 3600)))
        }
        guard let clone = service.clone, let pause = clone.maxPauseMilliseconds,
            case .snapshot(let source, let snapshot) = clone.origin
        else { return }
        try await take(
            snapshot, of: source, SnapshotTerms(reason: SnapshotRecord.clone, maxPause: .milliseconds(pause)))
    }

    private func take(
        _ snapshot: String, of source: ServiceID, _ terms: SnapshotTerms
    ) async throws(Problem) {
        let began = ContinuousClock.now
        let taken = try await parts.snapshots.take(source, as: snapshot, terms)
        let pauseText = taken.pauseMilliseconds.map { ", pause \($0.rounded(toPlaces: 1)) ms" } ?? ""
        await parts.operations.note(
            "snapshot (\(taken.method)\(pauseText))", took: began.duration(to: .now), of: id)
    }

    /// Removes the seed of a replica that has its data by now, or needs none.
    private func remove(seed: String) async {
        guard let service = try? await service(), service.isGroup, id.index != service.status.primary else { return }
        // A seed that cannot be removed expires after a day.
        _ = try? await parts.agent.run(RemoveSnapshot(service.id, seed))
    }

    /// A new replica needs its seed no longer, and clients find its address in the environment files.
    private func endSeeding(_ seed: String) async {
        guard let service = try? await service(), service.isGroup else { return }
        await remove(seed: seed)
        await parts.applicationChanged(id.service.application)
    }

    // MARK: Forget

    /// Removes a leaving member from the service, whatever happens to the service itself. False if the instance is no
    /// leaving member: then the whole service is being removed.
    private func dismiss(_ service: Service) async throws(Problem) -> Bool {
        guard service.isLeaving(id.index) else { return false }
        await remove(seed: service.status.seed(of: id.index))
        let records = parts.records
        try await records.inTurn("allocations") { () async throws(Problem) in
            try await records.again { () async throws(Problem) in
                guard let stored = try await records.service(id.service), isMeant(stored.value),
                    let member = stored.value.instances.first(where: { $0.index == id.index }),
                    let status = stored.value.status.dismissing(id.index)
                else { return }
                let found = try await records.allocations()
                var allocations = found.value
                allocations.ports.subtract([member.port, member.internalPort])
                try await records.commit(
                    Records.decision(on: stored, status) + [
                        Records.put(allocations, at: Allocations.key, expecting: found.revision)
                    ])
            }
        }
        await parts.events.add("member_left", "\(id.name) is no longer a member", service: service.id)
        await parts.applicationChanged(service.id.application)
        return true
    }

    /// Removes routes, files and documents of a destroyed service, and an ending application with its last service.
    private func forget() async throws(Problem) {
        guard let service = try await parts.records.service(id.service)?.value, isMeant(service) else {
            return
        }
        if try await dismiss(service) { return }
        do { try await parts.feed.set(service.id, to: []) } catch { throw Problem(.failed, "\(error)") }
        try await parts.records.inTurn("allocations") { () async throws(Problem) in
            try await parts.records.again { () async throws(Problem) in
                _ = try await parts.records.commit(forgetting(service))
            }
        }
        if service.clone != nil { return }
        await parts.events.add("service_destroyed", "\(service.id) was destroyed", service: service.id)
        await parts.applicationChanged(service.id.application)
    }

    private func forgetting(_ service: Service) async throws(Problem) -> [StoreWrite] {
        let records = parts.records
        guard let stored = try await records.service(service.id), stored.value.uid == service.uid,
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
            // Clones of the application's data run as the same user, and may outlive it.
            if try await records.isUnused(left.user, besides: service.id, ending: left.name) {
                allocations.users.remove(left.user.name)
            }
            writes.append(.delete(key: Records.key(left.name), expecting: application.revision))
            writes += Records.notifyRemoval(of: left.name)
        } else {
            try writes.append(Records.put(left, at: Records.key(left.name), expecting: application.revision))
        }
        try writes.append(Records.put(allocations, at: Allocations.key, expecting: found.revision))
        return writes
    }
}
