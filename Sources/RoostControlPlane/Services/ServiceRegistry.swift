import RoostAgentProtocol
import RoostControl
import RoostModel

extension Records {
    func findApplication(_ name: ApplicationName) async throws(Problem) -> Versioned<Application> {
        guard let found = try await application(name) else {
            throw Problem(
                .applicationNotFound, "there is no application '\(name)'",
                next: ["roost create \(name)", "roost ls"])
        }
        return found
    }

    func findService(_ id: ServiceID) async throws(Problem) -> StoredService {
        if let found = try await service(id) { return found }
        _ = try await findApplication(id.application)
        let known = try await services(of: id.application).map { "\($0.value.id.service)" }
        throw Problem(
            .serviceNotFound,
            "application '\(id.application)' has no service '\(id.service)'"
                + (known.isEmpty ? "; it has none yet" : "; it has \(known.joined(separator: ", "))"),
            next: ["roost info -A \(id.application)"])
    }
}

extension SealedOrder {
    /// An order for the instance with this index, by default for the primary.
    static func of(
        _ service: Service, in application: Application, index: Int? = nil
    ) throws(Problem) -> SealedOrder {
        let index = index ?? service.status.primary
        guard service.instances.contains(where: { $0.index == index }) else {
            throw Problem(
                .instanceNotFound, "'\(service.id.service)' has no instance \(index)",
                next: ["roost info \(service.id.service)"])
        }
        return SealedOrder(application: application, service: service, index: index)
    }
}

/// The stored services: requests for changes of their specs, and the checks that come before a change.
struct ServiceRegistry: Sendable {
    let records: Records
    let changes: ServiceChanges
    let statusCache: StatusCache

    /// An order for the service's primary, which must be up.
    func serving(_ id: ServiceID) async throws(Problem) -> SealedOrder {
        let service = try await records.findService(id).value
        guard statusCache.status(of: id)?.instances[service.status.primary]?.state == .up else {
            throw Problem(
                .serviceUnavailable, "'\(id.service)' is not up",
                next: ["roost info \(id.service)", "roost logs \(id.service)"])
        }
        return try .of(service, in: try await records.findApplication(id.application).value)
    }

    /// Stores a change of a service's spec together with the operation that carries it out, then starts both.
    ///
    /// `change` gets the spec in its new generation, and the stored service.
    func requestChange(
        _ kind: String, for id: ServiceID, result: String? = nil,
        _ change: (inout ServiceSpec, Service) throws(Problem) -> Void,
        completing completion: Operations.Completion? = nil
    ) async throws(Problem) -> OperationInfo {
        try await records.again { () async throws(Problem) in
            let found = try await records.findService(id)
            let service = found.value
            try refuseWhileChanging(service)
            try refuseWhilePaused(service)
            var spec = service.spec
            spec.advance()
            try change(&spec, service)
            var draft = ServiceChanges.Draft()
            try draft.change(found, to: spec)
            return try await changes.commit(
                draft,
                beginning: .init(
                    kind: kind, application: service.clone?.origin.application ?? id.application, service: id,
                    result: result, completion: completion), filesOf: id.application
            ).info
        }
    }

    /// Stores a change of a service's spec, and returns once it is carried out. Throws if it failed or takes longer than
    /// `limit`; the reconciler goes on trying then.
    func carryOutChange(
        _ kind: String, for id: ServiceID, within limit: Duration,
        _ change: (inout ServiceSpec, Service) throws(Problem) -> Void
    ) async throws(Problem) {
        let end = ContinuousClock.now + limit
        var operation = try await requestChange(kind, for: id, change)
        while operation.state == .running {
            let left = end - .now
            guard left > .zero else {
                throw Problem(
                    .timedOut, "'\(id.service)' did not take the change within \(limit.components.seconds) s",
                    next: ["roost operation show \(operation.id)", "roost info \(id.service)"])
            }
            operation = try await changes.operations.find(
                operation.id, wait: left, seenSteps: operation.steps.count)
        }
        guard operation.state == .done else {
            throw Problem(
                .failed, operation.error ?? "'\(id.service)' did not take the change",
                next: ["roost info \(id.service)"])
        }
    }

    /// Refuses a step for a service with removed files: the step would lose, or leave out, the data in them.
    func refuseLostFiles(_ service: Service, to step: String) throws(Problem) {
        let lost = statusCache.status(of: service.id)?.instances.sorted { $0.key < $1.key }.compactMap(
            \.value.lostFiles
        )
        .first
        guard let lost else { return }
        throw Problem(
            .conflict, "'\(service.id.service)' cannot be \(step) now: \(lost)",
            next: ["roost snapshot ls \(service.id.service) -A \(service.id.application)"])
    }
}

/// Refuses a request while the service is destroyed, restored, moved, reset or upgraded, or changes its primary.
func refuseWhileChanging(_ service: Service) throws(Problem) {
    switch service.goal {
    case .run: return
    case .destroy: throw Problem(.conflict, "'\(service.id.service)' is being destroyed", next: ["roost ls"])
    case .restore:
        throw Problem(
            .conflict, "'\(service.id.service)' is being restored",
            next: ["roost wait \(service.id.service)"])
    case .image:
        throw Problem(
            .conflict, "a snapshot of '\(service.id.service)' is being taken",
            next: ["roost wait \(service.id.service)"])
    case .move:
        throw Problem(
            .conflict, "'\(service.id.service)' is being moved into the pool",
            next: ["roost wait \(service.id.service)"])
    case .promote(let index, _):
        throw Problem(
            .conflict, "\(InstanceID(service.id, index).name) is about to become the primary",
            next: ["roost wait \(service.id.service)"])
    case .failover:
        throw Problem(
            .conflict, "'\(service.id.service)' is about to get another primary",
            next: ["roost wait \(service.id.service)"])
    case .reset:
        throw Problem(.conflict, "the clone is being reset", next: ["try again when that has finished"])
    case .upgrade(let engine, _):
        throw Problem(
            .conflict, "'\(service.id.service)' is being upgraded to \(engine)",
            next: ["roost wait \(service.id.service)"])
    }
}

/// Refuses changes of one instance's data in a service of several instances, which are not built yet.
func refuseGroup(_ service: Service, _ what: String) throws(Problem) {
    guard service.isGroup || service.settings.instances > 1 else { return }
    throw Problem(
        .notBuiltYet, "a service with several instances cannot be \(what) yet",
        next: ["roost scale \(service.id.service):instances=1 --yes  # scale up again afterwards"])
}
