import Foundation
import RoostModel

/// Status change that an agent's request makes. Pure and idempotent.
package enum StatusDecision: Equatable, Sendable {
    /// The request was carried out before, or a newer request to the service overrides it.
    case nothing
    case store(ServiceStatus, event: Event?)
    /// The agent must not go on.
    case refused(String)

    /// Event to publish once the status is stored.
    package struct Event: Equatable, Sendable {
        package let kind: String
        package let message: String
    }

    /// `date`: the present. `boot`: the machine's boot id, for data that do not outlive a boot. Requests that change no status give
    /// `nothing`.
    package static func make(
        _ request: InstanceRequest, of index: Int, on service: Service, boot: String, at date: Date
    ) -> StatusDecision {
        guard service.status.uid(of: index) == request.uid else {
            // The request is of another instance of the same name: the status stays, and that instance's server must
            // not go on.
            return request.step.mustHold ? .refused("\(service.id) is a different service now") : .nothing
        }
        return Self(request, index, service, boot, date)
    }

    private init(
        _ request: InstanceRequest, _ index: Int, _ service: Service, _ boot: String, _ date: Date
    ) {
        let isMeant = service.pendingRequest?.generation == request.generation
        var status = service.status
        var event: Event?
        switch (request.step, service.goal) {
        // Data of another seed are void: the primary, or its data, have changed since.
        case (.seeded, _) where index != status.primary && request.seed.map { $0 != status.seed(of: index) } ?? false:
            self = .nothing
            return
        case (.seeded, _):
            let reseeding = status.members.first { $0.index == index }?.reseeding
            guard status.markSeeded(index) else {
                self = .nothing
                return
            }
            if let reseeding {
                event = Event(
                    kind: "resynchronised",
                    message: "\(InstanceID(service.id, index).name) has the primary's data again; its earlier data are "
                        + "kept as snapshot \(reseeding.keep)")
            }
            // The copy belongs to the present boot, even if it was asked for before the machine restarted.
            if service.clone != nil { status.copiedInBoot = boot }
        case (.engine(let engine), .run) where engine != service.engine:
            // The machine's packages may have moved on to a newer release; the service follows them.
            status.engine = engine
            event = Event(
                kind: "engine_moved",
                message: "\(service.id) now runs \(engine): \(service.engine) is no longer on this machine")
        case (.noReturn, .upgrade) where isMeant:
            status.pointOfNoReturn = request.generation
        case (.noReturn, _):
            self = .refused("the upgrade is no longer requested")
            return
        case (.upgraded(let engine), .upgrade) where isMeant:
            status.finish(service.pendingRequest)
            status.engine = engine
            status.failedUpgrade = nil
            status.replaceReplicas(because: "the service was upgraded", at: date)
            event = Event(kind: "upgraded", message: "\(service.id) was upgraded from \(service.engine) to \(engine)")
        case (.upgradeAbandoned(let reason), .upgrade(let engine, _)) where isMeant:
            status.failedUpgrade = .init(engine: engine, reason: reason, generation: request.generation)
            status.finish(service.pendingRequest)
            event = Self.takenBack(service, "no snapshot of its data could be taken (\(reason))")
        case (.upgradeTakenBack(let reason), .upgrade(let engine, let keep)) where isMeant:
            status.failedUpgrade = .init(engine: engine, reason: reason, generation: request.generation)
            // The procedure becomes a restore of the snapshot from before the upgrade, with the engine that the
            // service still has.
            status.procedure = ServiceStatus.Procedure(
                .restore(snapshot: keep, keep: keep + SnapshotRecord.failedSuffix), of: request.generation)
            event = Self.takenBack(service, "\(engine) did not come up on its data (\(reason))")
        case (.replaced, .restore) where isMeant, (.replaced, .reset) where isMeant:
            status.finish(service.pendingRequest)
            _ = status.markSeeded(index)
            status.replaceReplicas(because: "the service was restored", at: date)
            if service.clone != nil { status.copiedInBoot = boot }
        case (.finished, .image) where isMeant, (.finished, .move) where isMeant:
            status.finish(service.pendingRequest)
            status.abandoned = nil
        case (.abandoned(let reason), .image) where isMeant, (.abandoned(let reason), .move) where isMeant:
            status.finish(service.pendingRequest)
            status.abandoned = .init(reason: reason, generation: request.generation)
        case (.engine, _), (.upgraded, _), (.upgradeAbandoned, _), (.upgradeTakenBack, _), (.replaced, _),
            (.finished, _), (.abandoned, _), (.image, _), (.otherPort, _), (.gone, _):
            self = .nothing
            return
        }
        self = status == service.status ? .nothing : .store(status, event: event)
    }

    private static func takenBack(_ service: Service, _ cause: String) -> Event {
        Event(kind: "upgrade_taken_back", message: "\(service.id) stays on \(service.engine): \(cause)")
    }
}

extension InstanceRequest.Step {
    /// Whether the agent may go on only if the request applies to the present service.
    package var mustHold: Bool {
        switch self {
        case .noReturn: true
        case .image, .seeded, .otherPort, .engine, .upgraded, .upgradeAbandoned, .upgradeTakenBack, .replaced,
            .finished, .abandoned, .gone:
            false
        }
    }
}
