import Foundation
import Logging
import RoostControl
import RoostModel

/// Looks, steps and probes of one instance on its machine, with the one switch over all actions.
actor AgentWork {
    private let id: InstanceID
    private let parts: AgentParts
    /// The manifest that was last written beside the data.
    private var manifested: Manifest?
    /// The highest fence that was seen for the instance. Never lowered.
    private var fence: UInt64 = 0
    /// The secrets that were opened last, for probes: they come twice a second.
    private var opened: (of: Credentials, until: Date?, InstanceOrder.Secrets)?
    /// The server that was last seen, so that its end can be explained.
    private var pid: Int32?

    init(_ id: InstanceID, _ parts: AgentParts) {
        self.id = id
        self.parts = parts
    }

    func look(_ spec: InstanceSpec) async -> InstanceMachine.Event {
        var order: InstanceOrder
        do throws(Problem) { order = try self.order(spec) } catch {
            parts.logger.error(
                "An instance could not be checked", metadata: ["instance": "\(id)", "reason": "\(error.message)"])
            return .unseen(reason: error.message)
        }
        var seen = await parts.host.observe(order)
        fence = max(fence, seen.fence, spec.fence)
        (order.fence, order.place) = (fence, InstanceTarget.Place(spec, fence: fence))
        let ending = ending(seen)
        var target: InstanceTarget?
        var failure: InstanceMachine.Failure?
        do throws(HostFailure) {
            if try await writeManifest(order, seen) {
                seen.epoch = order.service.epoch
                seen.fence = order.fence
            }
            target = try await parts.host.target(order)
        } catch { failure = InstanceMachine.Failure(error) }
        let look = InstanceMachine.Look(
            seen: seen, target: target, failure: failure, diskFault: parts.host.diskFault(order))
        return .looked(look, ending: ending)
    }

    /// How the server ended that was seen before and is gone. Nil if it runs, or if its end is not known.
    private func ending(_ seen: InstanceObservation) -> String? {
        switch seen.process {
        case .running(let running):
            pid = running
            return nil
        case .unclear: return nil
        case .none, .remains: return pid.flatMap { parts.exits.take(id, pid: $0) }
        }
    }

    /// Writes the manifest if it was removed behind Roost's back, or differs from the order: it alone says whose data
    /// these are. Returns whether the manifest holds what the order says.
    private func writeManifest(
        _ order: InstanceOrder, _ seen: InstanceObservation
    ) async throws(HostFailure) -> Bool {
        let isNoted = manifested == order.manifest && parts.host.hasManifest(order)
        guard !isNoted else { return true }
        // The manifest of a later epoch stays; the planner refuses to touch its data.
        guard seen.epoch <= order.service.epoch, !seen.hasLostItsFiles, order.service.goal.keepsData,
            seen.directory == .present
        else { return false }
        try await parts.host.writeManifest(order)
        manifested = order.manifest
        return true
    }

    /// What the server answers, at a fraction of a look's cost.
    func probe(_ spec: InstanceSpec) async -> InstanceProbe {
        // The look that follows says why.
        guard let secrets = try? openedSecrets(spec.service) else { return InstanceProbe(health: nil) }
        let order = order(spec, secrets)
        return await parts.host.probe(order)
    }

    func act(_ action: Action, _ spec: InstanceSpec) async -> InstanceMachine.Outcome {
        do {
            return try await run(action, try order(spec))
        } catch {
            if !Task.isCancelled {
                parts.logger.warning(
                    "A step failed",
                    metadata: ["instance": "\(id)", "step": "\(action.title)", "reason": "\(error)"])
            }
            return .failed((error as? HostFailure).map { InstanceMachine.Failure($0) } ?? .init("\(error)"))
        }
    }

    private func order(_ spec: InstanceSpec) throws(Problem) -> InstanceOrder {
        order(spec, try openSecrets(spec.service))
    }

    private func openSecrets(_ service: Service) throws(Problem) -> InstanceOrder.Secrets {
        let secrets = try InstanceOrder.Secrets(of: service, key: parts.key(), now: Date())
        let until = secrets.previousPassword == nil ? nil : service.credentials.previousUntil
        opened = (service.credentials, until, secrets)
        return secrets
    }

    /// The secrets that were opened last, if they are still the service's.
    private func openedSecrets(_ service: Service) throws(Problem) -> InstanceOrder.Secrets {
        if let (credentials, until, secrets) = opened, credentials == service.credentials,
            until.map({ $0 > Date() }) ?? true
        {
            return secrets
        }
        return try openSecrets(service)
    }

    private func order(_ spec: InstanceSpec, _ secrets: InstanceOrder.Secrets) -> InstanceOrder {
        let fence = max(fence, spec.fence)
        return InstanceOrder(
            application: spec.application, service: spec.service, index: spec.index, secrets: secrets, fence: fence,
            place: InstanceTarget.Place(spec, fence: fence), part: spec.part,
            reseeding: spec.reseeding, isToBeKilled: spec.isToBeKilled)
    }

    private func run(_ action: Action, _ order: InstanceOrder) async throws -> InstanceMachine.Outcome {
        let host = parts.host
        switch action {
        case .makeDirectory: try await host.makeDirectory(order)
        case .start:
            let server = try await host.start(order)
            pid = server.pid
            return .started(pid: server.pid, server.engine)
        case .stop(.failover): try await host.killRemains(order)
        case .stop: try await host.stop(order)
        case .killRemains: try await host.killRemains(order)
        case .openServer: try await host.open(order)
        case .closeServer: try await host.carryOut(.close, order)
        case .makeReplica: try await host.carryOut(.seed, order)
        case .follow: try await host.carryOut(.follow, order)
        case .promote: try await host.carryOut(.promote, order)
        case .play(let part): try await host.carryOut(.play(part), order)
        case .applySettings(let changes): try await host.applySettings(changes, order)
        case .applyAccounts: try await host.applyAccounts(order)
        case .mendAccounts(let drift): try await host.mendAccounts(drift, order)
        case .applyLimits: try await host.applyLimits(order)
        case .confine: try await host.confine(order)
        case .imageDirectory(let snapshot, let reason):
            try await host.imageDirectory(as: snapshot, reason: reason, order)
        case .finishUpgrade: try await host.finishUpgrade(order)
        case .stageSnapshot(let snapshot): try await host.stage(snapshot: snapshot, order)
        case .stageClone: try await host.stageClone(order)
        case .keepDirectory(let snapshot, let reason):
            try await host.keepDirectory(as: snapshot, reason: reason, order)
        case .placeStaged: try await host.placeStaged(order)
        case .finishRestore: try await host.clearStaging(order)
        case .moveDirectory: try await host.moveToPool(order)
        case .deleteDirectory: try await host.deleteDirectory(order)
        case .forget:
            try await host.forget(order)
            // A clone's snapshots cannot be restored without the clone.
            if order.service.clone != nil { try await host.removeSnapshots(of: order.service.id) }
        case .recordSeeded, .recordNoReturn, .abandonUpgrade, .takeBackUpgrade, .resume, .abandon:
            preconditionFailure("\(action) is asked of the control plane")
        }
        return .done
    }
}

extension InstanceMachine.Failure {
    init(_ failure: HostFailure) {
        self.init(failure.description, isPermanent: failure.isPermanent, takenPort: failure.takenPort)
    }
}

extension Service.Goal {
    /// Whether the present directory is, and stays, the service's own. The manifest is written only then.
    fileprivate var keepsData: Bool {
        switch self {
        case .run, .promote, .failover, .upgrade, .image: true
        case .restore, .reset, .move, .destroy: false
        }
    }
}

extension InstanceObservation {
    /// Whether files of the running server are gone. No file is written beside the data then: it would look like the
    /// lost ones.
    fileprivate var hasLostItsFiles: Bool { if case .filesGone = health { true } else { false } }
}
