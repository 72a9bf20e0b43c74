import RoostControl
import RoostModel
import RoostStore

/// Destroys services, and applications with all of their services.
struct Destruction: Sendable {
    let records: Records
    let changes: ServiceChanges
    let events: EventLog
    let statusCache: StatusCache

    func destroy(
        _ name: ApplicationName, _ options: DestroyOptions
    ) async throws(Problem) -> DestroyAnswer {
        _ = try await records.findApplication(name)
        let services = try await records.services(of: name)
        let plan = services.map { ($0.value, options.keep ? TimedID.make() : nil) }
        if options.dryRun { return destroyAnswer(plan, nil) }
        try requireConfirmation(
            options.confirm, name: "\(name)",
            "destroying application '\(name)' stops and removes its \(services.count) service(s)",
            command: "roost destroy -A \(name) --yes")
        return try await destroy(name, plan, isEnding: true)
    }

    func destroy(_ id: ServiceID, _ options: DestroyOptions) async throws(Problem) -> DestroyAnswer {
        let service = try await records.findService(id)
        let plan = [(service.value, options.keep ? TimedID.make() : nil)]
        if options.dryRun { return destroyAnswer(plan, nil) }
        try requireConfirmation(
            options.confirm, name: "\(id.service)", "destroying '\(id.service)' stops it and removes its data",
            command: "roost destroy \(id.service) --yes")
        return try await destroy(id.application, plan, isEnding: false)
    }

    private func destroy(
        _ name: ApplicationName, _ plan: [(service: Service, keep: String?)], isEnding: Bool
    ) async throws(Problem) -> DestroyAnswer {
        let answer = try await records.again { () async throws(Problem) in
            try await storeEnd(of: try await records.findApplication(name), plan, isEnding: isEnding)
        }
        await events.add(
            "destroy_started", "destroying \(plan.map { "\($0.service.id.service)" }.joined(separator: ", "))",
            application: name)
        return answer
    }

    private func storeEnd(
        of application: Versioned<Application>, _ plan: [(service: Service, keep: String?)], isEnding: Bool
    ) async throws(Problem) -> DestroyAnswer {
        let name = application.value.name
        var draft = ServiceChanges.Draft()
        var carriedOut: [(service: Service, keep: String?)] = []
        for (service, keep) in plan {
            guard let found = try await records.service(service.id) else { continue }
            try refuseHalfReplaced(found.value)
            var spec = found.value.spec
            spec.advance()
            spec.deletion = deletion(of: found.value, keep: keep)
            carriedOut.append((service, spec.deletion?.keep))
            try draft.change(found, to: spec)
        }
        let goesAtOnce = isEnding && !draft.hasTargets
        if isEnding { draft.add(try await endingWrites(application, hasServices: draft.hasTargets)) }
        let operation = try await changes.commit(
            draft,
            beginning: .init(
                kind: "destroy", application: name, service: isEnding ? nil : plan.first?.service.id),
            filesOf: goesAtOnce ? name : nil)
        return destroyAnswer(carriedOut, operation.info)
    }

    private func deletion(of service: Service, keep: String?) -> ServiceSpec.Deletion {
        // The first request's snapshot id is kept when two requests keep a snapshot. A later request that keeps none
        // overrides it: there may be no disk space for a snapshot.
        if let first = service.spec.deletion, first.keep != nil, keep != nil { return first }
        var engine = service.spec.deletion?.engine
        // Past the point of no return of an upgrade, the data may belong to the newer engine already.
        if case .upgrade(let newer, _) = service.goal, service.isPastNoReturn { engine = newer }
        return ServiceSpec.Deletion(keep: keep, engine: engine)
    }

    /// Refuses while the data are being replaced: for a moment there may be none at the final path, and nothing to
    /// keep. A service whose replacement is stuck may be destroyed all the same.
    private func refuseHalfReplaced(_ service: Service) throws(Problem) {
        switch service.goal {
        case .run, .reset, .destroy: return
        case .restore, .upgrade, .move, .image, .promote, .failover:
            let isStuck = statusCache.status(of: service.id)?.instances.values.contains {
                $0.failures > 0 || $0.convergence == .blocked
            }
            if isStuck ?? false { return }
            try refuseWhileChanging(service)
        }
    }

    /// An application without services is removed at once, otherwise together with its last service.
    private func endingWrites(
        _ application: Versioned<Application>, hasServices: Bool
    ) async throws(Problem) -> [StoreWrite] {
        let key = Records.key(application.value.name)
        if hasServices {
            var ending = application.value
            ending.isEnding = true
            return [try Records.put(ending, at: key, expecting: application.revision)]
        }
        let found = try await records.allocations()
        var allocations = found.value
        if try await records.isUnused(application.value.user, besides: nil, ending: application.value.name) {
            allocations.users.remove(application.value.user.name)
        }
        return [
            .delete(key: key, expecting: application.revision),
            try Records.put(allocations, at: Allocations.key, expecting: found.revision),
        ] + Records.notifyRemoval(of: application.value.name)
    }

    private func destroyAnswer(
        _ plan: [(service: Service, keep: String?)], _ operation: OperationInfo?
    ) -> DestroyAnswer {
        DestroyAnswer(
            services: plan.map { "\($0.service.id.service)" },
            snapshots: plan.reduce(into: [:]) { $0["\($1.service.id.service)"] = $1.keep }, operation: operation)
    }
}
