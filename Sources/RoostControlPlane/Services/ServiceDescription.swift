import Foundation
import RoostControl
import RoostModel

/// The state of a service, for its users: from its document and its reconciler's last report. Pure.
struct ServiceDescription {
    let service: Service
    let status: ServiceReport?
    let connection: Connection
    let showPassword: Bool
    let limitsEnforced: Bool
    /// The last comparison of the members; nil if there was none.
    var comparison: ComparisonNote.Last?
    var now = Date()

    var info: ServiceInfo {
        let settings = service.settings
        return ServiceInfo(
            application: "\(service.id.application)", service: "\(service.id.service)", type: "\(service.type)",
            engine: "\(service.engine)", state: state,
            endpoint: ServiceInfo.Address(
                host: connection.host, port: connection.ports?.first?.port ?? service.endpoint),
            readEndpoint: ServiceInfo.Address(host: connection.host, port: service.readEndpoint),
            ports: connection.ports ?? [], user: connection.user, database: connection.database,
            url: showPassword ? connection.anyURL : nil,
            password: showPassword && service.custom == nil ? connection.password : nil, memoryBytes: settings.memory,
            cpus: settings.cpus,
            durability: settings.durability.rawValue, maxLossSeconds: settings.maxLossSeconds,
            verifyEverySeconds: settings.verify?.everySeconds, routing: settings.routing.rawValue,
            expose: settings.expose.rawValue, accounts: settings.accounts.rawValue, config: settings.config,
            databases: settings.databases,
            extensions: settings.extensions,
            epoch: service.epoch, limitsEnforced: limitsEnforced, instances: instances,
            replication: replication,
            paused: service.spec.activePause(at: now).map { .init(until: $0.until, reason: $0.reason) },
            problems: problems,
            createdAt: service.createdAt)
    }

    private var instances: [ServiceInfo.Instance] {
        service.instances.map { instance in
            let seen = status?.instances[instance.index]
            return ServiceInfo.Instance(
                name: InstanceID(service.id, instance.index).name,
                role: instance.index == service.primary?.index ? "primary" : "replica",
                state: seen?.state ?? (instance.seeded ? .starting : .creating), host: instance.host,
                port: instance.port, pid: seen?.pid, replicationLagSeconds: seen?.following?.secondsBehind,
                synchronous: instance.index == service.status.primary ? nil : service.status.isVoter(instance.index),
                member: service.member(instance.index), reason: seen?.problem ?? leavingReason(instance.index))
        }
    }

    /// Why a replica that is up gets no new connections. Nil if it is not about to leave.
    private func leavingReason(_ index: Int) -> String? {
        guard let end = service.spec.pendingReadersEnd(at: now), service.surplus.contains(index) else { return nil }
        return "leaves once its readers have ended, at \(Timestamp.format(end)) at the latest"
    }

    private var replicas: [ServiceReport.Instance?] {
        service.replicas.map { status?.instances[$0.index] }
    }

    private var replication: ServiceInfo.Replication {
        guard !replicas.isEmpty else { return .none }
        let links = replicas.map { $0?.following?.link }
        let isBroken = links.contains { if case .broken = $0 { true } else { false } }
        let isOnline = links.allSatisfy { $0 == .up } && service.isGuaranteed
        let status = isBroken ? "broken" : isOnline ? "online" : "catching_up"
        return ServiceInfo.Replication(
            status: status, mode: service.settings.durability.rawValue,
            atRiskSeconds: service.secondsAtRisk(now: now),
            lastComparison: comparison.map {
                .init(endedAt: $0.endedAt, operation: $0.operation, equal: $0.isEqual, summary: $0.summary)
            })
    }

    private var problems: [String] {
        let seen = service.instances.compactMap { instance in
            status?.instances[instance.index]?.problem.map { "\(InstanceID(service.id, instance.index).name): \($0)" }
        }
        let upgrade = service.failedUpgrade.map {
            "the upgrade to \($0.engine) was rolled back: \($0.reason)"
        }
        let all = seen + [upgrade, status?.problem, missingAcknowledger].compactMap(\.self)
        return limitsEnforced
            ? all
            : all + ["memory and cpu limits are not in force: control groups cannot be written (see 'roost doctor')"]
    }

    /// Problem of a strict service without a replica that could acknowledge its commits, a clause.
    private var missingAcknowledger: String? {
        let isFollowed = service.electors.contains { status?.instances[$0]?.following?.link == .up }
        return service.waitsWithoutVoters && !isFollowed
            ? "no commit is acknowledged until a replica answers (durability: strict)" : nil
    }

    /// Whether the whole spec is in force.
    private var isSettled: Bool { (status?.settledGeneration ?? 0) >= service.generation }

    /// Running while the primary serves; degraded while it serves and something is not as desired.
    private var state: ServiceInfo.State {
        guard let primary = service.primary else { return .down }
        if case .destroy = service.goal { return .stopped }
        guard let seen = status?.instances[primary.index] else { return primary.seeded ? .down : .creating }
        switch seen.state {
        case .up:
            let isWell = seen.problem == nil && isSettled && service.isGuaranteed && replicas.allSatisfy(\.isWell)
            return isWell ? .running : .degraded
        case .creating: return seen.convergence == .blocked ? .down : .creating
        case .starting: return primary.seeded && status?.settledGeneration != 0 ? .down : .creating
        case .down: return .down
        case .stopped: return .stopped
        }
    }
}

extension ServiceReport.Instance? {
    /// Whether a replica is up and follows without a problem.
    fileprivate var isWell: Bool { self?.state == .up && self?.problem == nil && self?.following?.link == .up }
}
