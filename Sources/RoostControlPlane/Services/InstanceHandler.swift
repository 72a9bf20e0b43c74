import Foundation
import RoostAgentProtocol
import RoostControl
import RoostModel

/// Carries out the API's calls on the instances of a service.
struct InstanceHandler: InstancesAPI {
    let records: Records
    let services: ServiceRegistry
    let engines: Engines
    let events: EventLog
    let agent: any Agent
    let comparisons: Comparisons

    func scale(_ id: ServiceID, _ request: ScaleRequest) async throws(Problem) -> PushAnswer {
        let service = try await records.findService(id).value
        let family = engines.known.family(named: service.engine.name)
        let minimum = family?.minimumMemory ?? ByteCount(bytes: 1)
        let plan = try ScalePlan.make(
            request, service: service, minimumMemory: minimum, mostInstances: family?.mostInstances ?? 1,
            needsOddInstances: family?.needsOddInstances ?? false)
        try refuseUnbuilt(service, plan.settings)
        let change = ServiceChange(
            service: "\(id.service)", kind: plan.fields.isEmpty ? .none : .change, fields: plan.fields)
        // A dry run tells as well that the service is paused: of several services, none is changed then.
        if !plan.fields.isEmpty { try refuseWhilePaused(service) }
        if request.dryRun ?? false || plan.fields.isEmpty {
            return PushAnswer(changes: [change], notes: [], operation: nil)
        }
        try await engines.check(plan.settings, service.engine, of: "\(id.service)")
        let operation = try await services.requestChange("scale", for: id) { spec, service throws(Problem) in
            // The plan is made again from the stored service: another request may have changed other keys meanwhile.
            let plan = try ScalePlan.make(
                request, service: service, minimumMemory: minimum, mostInstances: family?.mostInstances ?? 1,
                needsOddInstances: family?.needsOddInstances ?? false)
            plan.apply(request, to: &spec, now: Date())
        }
        let isDraining = plan.settings.instances < service.settings.instances && request.drain > .zero
        await events.add(
            "scaled",
            "\(id.service): " + plan.fields.map { "\($0.key) is now \($0.to ?? "default")" }.joined(separator: ", ")
                + (isDraining ? "; connections to replicas that leave have \(request.drain) to end" : ""),
            service: id)
        return PushAnswer(changes: [change], notes: [], operation: operation)
    }

    /// Refuses settings that contradict the settings of single members, and those that a group which elects its primary
    /// cannot have yet.
    private func refuseUnbuilt(_ service: Service, _ settings: ServiceSettings) throws(Problem) {
        if let family = engines.known.family(named: service.engine.name),
            let fault = MemberRule(service, settings: settings, family: family).fault(statesMembers: false)
        {
            throw Problem(
                .conflict, "'\(service.id.service)' cannot have this with the 'members' of its build file: \(fault)",
                next: ["change 'members' in the build file, then roost push"])
        }
        guard engines.known.family(named: service.engine.name)?.electsItself ?? false,
            let fault = ElectingGroupRule.fault(service, settings: settings)
        else { return }
        throw Problem(
            .notBuiltYet, fault.reason,
            next: ["set '\(fault.key)' of '\(service.id.service)' back in the build file, then roost push"])
    }

    func restart(_ id: ServiceID, _ request: RestartRequest) async throws(Problem) -> OperationInfo {
        let service = try await records.findService(id).value
        if let index = request.instance, !service.instances.contains(where: { $0.index == index }) {
            throw Problem(
                .instanceNotFound, "'\(id.service)' has no instance \(index)", next: ["roost info \(id.service)"])
        }
        try services.refuseLostFiles(service, to: "restarted")
        let operation = try await services.requestChange("restart", for: id) { spec, _ in
            if let index = request.instance {
                spec.restarts = (spec.restarts ?? [:]).merging([index: spec.generation]) { $1 }
            } else {
                spec.restartGeneration = spec.generation
            }
        }
        await events.add("restart_requested", "a restart of \(id.service) was requested", service: id)
        return operation
    }

    func resync(_ id: ServiceID, _ request: ResyncRequest) async throws(Problem) -> OperationInfo {
        let index = request.instance
        let service = try await records.findService(id).value
        try refuseWhileChanging(service)
        try refuseWhilePaused(service)
        try Reseeding.check(index, of: service)
        try services.refuseLostFiles(service, to: "resynchronised")
        let primary = service.status.primary
        guard services.statusCache.status(of: id)?.instances[primary]?.state == .up else {
            throw Problem(
                .serviceUnavailable,
                "the primary \(InstanceID(id, primary).name) is not up, so its data cannot be copied",
                next: ["roost info \(id.service)", "roost logs \(id.service)"])
        }
        if request.dryRun ?? false { return .dryRun("resync", of: id) }
        let operation = try await services.requestChange("resync", for: id) { spec, service throws(Problem) in
            try Reseeding.check(index, of: service)
            spec.resyncs = (spec.resyncs ?? [:]).merging([index: spec.generation]) { $1 }
        }
        await events.add(
            "resync_requested", "a new copy of the primary's data was requested for \(InstanceID(id, index).name)",
            instance: InstanceID(id, index))
        return operation
    }

    func promote(_ id: ServiceID, _ request: PromoteRequest) async throws(Problem) -> OperationInfo {
        if request.dryRun ?? false { return try await showPromotion(id, request) }
        let operation = try await services.requestChange("promote", for: id) { spec, service throws(Problem) in
            try Promotion.check(request.instance, of: service)
            let promotion = promotion(of: service, request)
            guard let target = promotion.target else {
                throw Problem(
                    .serviceUnavailable, promotion.info.text,
                    next: ["roost promote \(id.service) --dry-run", "roost info \(id.service)"])
            }
            let drain = request.drainSeconds.flatMap { $0 > 0 ? $0 : nil }
            spec.ask(for: .promote(to: target, drainSeconds: drain))
        }
        await events.add("promotion_requested", "a new primary of \(id.service) was requested", service: id)
        return operation
    }

    /// Answers a dry run. One that would be refused is no error: the answer says what blocks it.
    private func showPromotion(_ id: ServiceID, _ request: PromoteRequest) async throws(Problem) -> OperationInfo {
        let service = try await records.findService(id).value
        try Promotion.check(request.instance, of: service)
        var refusals: [String] = []
        do throws(Problem) {
            try refuseWhileChanging(service)
            try refuseWhilePaused(service)
        } catch { refusals.append(error.message) }
        let promotion = promotion(of: service, request, refusals: refusals).info
        var operation = OperationInfo.dryRun("promote", of: id)
        operation.promotion = promotion
        if !promotion.blockers.isEmpty { (operation.state, operation.error) = (.failed, promotion.text) }
        return operation
    }

    private func promotion(of service: Service, _ request: PromoteRequest, refusals: [String] = []) -> Promotion {
        Promotion(
            service, services.statusCache.status(of: service.id), to: request.instance,
            drainSeconds: request.drainSeconds ?? 0,
            electsItself: engines.known.family(named: service.engine.name)?.electsItself ?? false,
            refusals: refusals)
    }

    /// Replaces the primary by force.
    func failOver(_ id: ServiceID, _ request: FailoverRequest) async throws(Problem) -> OperationInfo {
        let service = try await records.findService(id).value
        try refuseWhileChanging(service)
        try refuseWhilePaused(service)
        try refuseFailover(of: service, request)
        if request.dryRun ?? false { return .dryRun("failover", of: id) }
        let operation = try await services.requestChange("failover", for: id) { spec, service throws(Problem) in
            try refuseFailover(of: service, request)
            spec.ask(for: .failover(to: request.instance, acceptsLoss: request.acceptDataLoss ?? false))
        }
        let loss = request.acceptDataLoss ?? false ? ", and the loss of acknowledged writes was accepted" : ""
        await events.add("failover_requested", "the replacement of \(id)'s primary was requested\(loss)", service: id)
        return operation
    }

    /// Refuses what is known to be in vain before the primary's server is killed for it.
    private func refuseFailover(of service: Service, _ request: FailoverRequest) throws(Problem) {
        let name = service.id.service
        guard service.replicas.contains(where: { $0.seeded && !service.isReseeding($0.index) }) else {
            throw Problem(
                .conflict, "'\(name)' has no replica with a complete copy of the data",
                next: ["roost info \(name)", "roost scale \(name):instances=2"])
        }
        try services.refuseLostFiles(service, to: "given another primary")
        if !(request.acceptDataLoss ?? false), let risk = lossRisk(of: service) {
            throw Problem(
                .conflict, "a failover of '\(name)' might lose acknowledged writes: \(risk)",
                next: ["roost promote \(name)", "roost failover \(name) --accept-data-loss"])
        }
        guard let wanted = request.instance else { return try refuseFailoverToNobody(of: service) }
        guard wanted != service.status.primary else {
            throw Problem(.conflict, "\(InstanceID(service.id, wanted).name) is already the primary")
        }
        guard let member = service.replicas.first(where: { $0.index == wanted }) else {
            throw Problem(.instanceNotFound, "'\(name)' has no instance \(wanted)", next: ["roost info \(name)"])
        }
        guard member.seeded, !service.isReseeding(wanted) else {
            throw Problem(
                .conflict, "\(InstanceID(service.id, wanted).name) has no complete copy of the data",
                next: ["roost info \(name)"])
        }
        // A priority of 0 is overruled by naming the member. What stays behind would have to catch up first.
        if service.isDelayed(wanted), let reason = service.member(wanted).reasonAgainstPromotion {
            throw Problem(
                .conflict, "\(InstanceID(service.id, wanted).name) cannot become the primary: \(reason)",
                next: ["take 'delay' out of the build file, then roost push"])
        }
    }

    /// A failover that names no member promotes none that is never to be promoted.
    private func refuseFailoverToNobody(of service: Service) throws(Problem) {
        guard !service.hasSuccessor else { return }
        let never = service.replicas.filter { $0.seeded && !service.isReseeding($0.index) }
        let reasons = never.compactMap { member in
            service.member(member.index).reasonAgainstPromotion.map {
                "\(InstanceID(service.id, member.index).name): \($0)"
            }
        }
        let named = never.first { !service.isDelayed($0.index) }
        throw Problem(
            .conflict, "no replica of '\(service.id.service)' may take over (\(reasons.joined(separator: "; ")))",
            next: [
                named.map { "roost failover \(InstanceID(service.id, $0.index).name)  # promotes it all the same" }
                    ?? "roost info \(service.id.service)"
            ])
    }

    /// Why a failover may lose acknowledged writes whatever its replicas have, a clause. Nil if it need not.
    private func lossRisk(of service: Service) -> String? {
        let engine = service.engine.name
        if engines.known.family(named: engine)?.wire == "redis" {
            return "\(engine) acknowledges a write before a replica has it"
        }
        return service.status.synchronous?.isInForce ?? false ? nil : "commits do not wait for a replica"
    }

    /// Replicas that are not up are reported as not compared.
    func verifyReplication(_ id: ServiceID) async throws(Problem) -> OperationInfo {
        let service = try await records.findService(id).value
        try refuseWhileChanging(service)
        guard engines.known.family(named: service.engine.name)?.comparesMembers ?? false else {
            throw Problem(
                .notBuiltYet,
                "the members of \(service.engine.name) services cannot be compared in this version of Roost; "
                    + "MariaDB, MySQL and PostgreSQL can")
        }
        guard !service.replicas.isEmpty else {
            throw Problem(
                .conflict, "'\(id.service)' has no replica that could be compared with its primary",
                next: ["roost scale \(id.service):instances=2"])
        }
        let primary = try await services.serving(id)
        var (replicas, absent) = ([SealedOrder](), [MembersComparison.Member]())
        for member in service.replicas {
            let name = InstanceID(id, member.index).name
            if service.isReseeding(member.index) || !member.seeded {
                absent.append(.init(name, reason: "it is being given the primary's data"))
            } else if services.statusCache.status(of: id)?.instances[member.index]?.state != .up {
                absent.append(.init(name, reason: "it is not up"))
            } else {
                replicas.append(try .of(service, in: primary.application, index: member.index))
            }
        }
        return try await comparisons.begin(CompareMembers(primary: primary, replicas: replicas), absent: absent)
    }

    func logs(of id: InstanceID, lines: Int, follow: Bool) async throws(Problem) -> AsyncStream<String> {
        let service = try await records.findService(id.service).value
        guard service.instances.contains(where: { $0.index == id.index }) else {
            throw Problem(
                .instanceNotFound, "'\(id.service.service)' has no instance \(id.index)",
                next: ["roost info \(id.service.service)"])
        }
        return try await agent.log(of: id, lines: min(max(lines, 0), 100_000), follow: follow)
    }
}
