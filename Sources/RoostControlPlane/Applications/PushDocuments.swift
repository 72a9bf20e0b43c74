import Foundation
import RoostBuildFile
import RoostControl
import RoostModel
import RoostStore

/// Stores what a push makes and changes: the services' documents, their ports, and the operation.
struct PushDocuments: Sendable {
    let records: Records
    let changes: ServiceChanges
    let events: EventLog
    let statusCache: StatusCache
    let quotas: Quotas
    let creation: ServiceCreation

    /// Stores in one commit: documents of new and changed services, ports, the order of services, and the operation.
    /// `record`: an operation that is under way already. Nil is returned if there is nothing to do.
    func store(
        _ plan: PushPlan, _ file: BuildFile, _ application: Versioned<Application>, _ standing: [StoredService],
        _ engines: EngineInventory, into record: OperationRecord? = nil, reserved: ReservedPorts = [:]
    ) async throws(Problem) -> OperationRecord? {
        let name = application.value.name
        var draft = ServiceChanges.Draft()
        let all = try await records.services().map(\.value)
        if let refusal = quotas.refusal(adding: plan.creations.count, to: name, standing: all) {
            throw refusal
        }
        let found = try await records.allocations()
        var allocations = found.value
        let free = try await creation.freePorts(for: plan, besides: allocations)
        for new in plan.creations {
            guard let declared = file.services.first(where: { $0.name == new.name }) else { continue }
            try draft.create(
                await creation.create(
                    new, engine: try PushChecks.engine(for: declared, plan, engines), in: name, &allocations, free))
        }
        for changed in plan.changed {
            guard let before = standing.first(where: { $0.value.id.service == changed.name }) else { continue }
            try refuseWhileChanging(before.value)
            try refuseWhilePaused(before.value)
            var spec = before.value.spec
            spec.advance()
            spec.set(changed.settings)
            for index in before.value.fullCopies(changed.settings) {
                spec.resyncs = (spec.resyncs ?? [:]).merging([index: spec.generation]) { $1 }
            }
            if let engine = changed.upgrade { spec.ask(for: .upgrade(to: engine, keep: TimedID.make())) }
            try changeProgram(of: &spec, from: before.value, reserved[changed.name] ?? [], &allocations, free)
            try draft.change(before, to: spec)
        }
        for before in stuck(file, standing, besides: plan) {
            var spec = before.value.spec
            spec.advance()
            try draft.change(before, to: spec)
        }
        var owner = application.value
        owner.order = order(file, owner.order)
        if owner != application.value {
            draft.add([try Records.put(owner, at: Records.key(name), expecting: application.revision)])
        }
        guard !draft.isEmpty else { return nil }
        if allocations != found.value {
            draft.add([try Records.put(allocations, at: Allocations.key, expecting: found.revision)])
        }
        let stored =
            if let record {
                try await changes.commit(draft, continuing: record, filesOf: name)
            } else {
                try await changes.commit(
                    draft, beginning: .init(kind: "push", application: name, service: nil), filesOf: name)
            }
        await tell(plan, name)
        return stored
    }

    /// Restarts a custom service with the program that the file describes; its ports keep their numbers.
    private func changeProgram(
        of spec: inout ServiceSpec, from before: Service, _ reserved: [ServicePort], _ allocations: inout Allocations,
        _ free: FreePorts
    ) throws(Problem) {
        guard let custom = spec.settings.custom, custom != before.settings.custom else { return }
        let assigned = try creation.ports.assign(custom.ports, before, reserved: reserved, &allocations, free)
        spec.custom?.ports = assigned.ports
        allocations.ports.subtract(assigned.released)
        spec.restartGeneration = spec.generation
    }

    /// Services that are declared unchanged and do not come up. A push usually follows a repair, so they get a new
    /// generation, which is tried at once, whatever failed before. A paused service is not tried.
    private func stuck(
        _ file: BuildFile, _ standing: [StoredService], besides plan: PushPlan
    ) -> [StoredService] {
        standing.filter { found in
            let service = found.value
            guard case .run = service.goal, !service.spec.isPaused(at: Date()),
                file.services.contains(where: { $0.name == service.id.service }),
                !plan.changed.contains(where: { $0.name == service.id.service }),
                let status = statusCache.status(of: service.id), status.settledGeneration < service.generation
            else { return false }
            return status.instances.values.contains { $0.convergence == .blocked || $0.failures > 0 }
        }
    }

    private func tell(_ plan: PushPlan, _ name: ApplicationName) async {
        for draft in plan.creations {
            await events.add(
                "service_created", "\(draft.name) is being created", service: ServiceID(name, draft.name))
        }
        for changed in plan.changed {
            await events.add(
                "service_changed", "\(changed.name) has new settings", service: ServiceID(name, changed.name))
        }
    }

    /// The file's order first, then services that are no longer in the file, in their previous order.
    private func order(_ file: BuildFile, _ before: [ServiceName]) -> [ServiceName] {
        let declared = file.services.map(\.name)
        return declared + before.filter { !declared.contains($0) }
    }
}
