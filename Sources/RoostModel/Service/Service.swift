import Foundation

/// A service at one moment: its spec and its status.
///
/// The value is for reading; a change is made to the one document that the writer owns.
package struct Service: Equatable, Sendable {
    package var spec: ServiceSpec
    package var status: ServiceStatus

    package init(spec: ServiceSpec, status: ServiceStatus) {
        self.spec = spec
        self.status = status
    }

    // MARK: As it is asked for

    package var id: ServiceID { spec.id }
    package var type: ServiceType { spec.type }
    package var settings: ServiceSettings { spec.settings }
    package var credentials: Credentials { spec.credentials }
    package var generation: Int { spec.generation }
    package var restartGeneration: Int { spec.restartGeneration }
    package var custom: CustomPlace? { spec.custom }
    package var clone: ClonePlace? { spec.clone }
    package var createdAt: Date { spec.createdAt }

    // MARK: As it was decided

    package var uid: String { status.uid }
    package var epoch: UInt64 { status.epoch }
    package var endpoint: PortNumber { status.endpoint }
    package var readEndpoint: PortNumber { status.readEndpoint }
    package var instances: [ServiceStatus.Member] { status.members }
    package var abandoned: ServiceStatus.Abandoned? { status.abandoned }
    /// Whether the service has replicas, or is to have some.
    package var isGroup: Bool { status.members.count > 1 }

    /// Members that stay and do not take writes.
    package var replicas: [ServiceStatus.Member] {
        status.members.filter { $0.index != status.primary && $0.leaving == nil }
    }

    /// Indices of the replicas that are to leave and have not begun to: those with the highest indices, beyond the desired
    /// number of instances. The primary stays: another member is promoted before it can leave.
    package var surplus: [Int] {
        let replicas = replicas.map(\.index).sorted(by: >)
        let staying = status.members.count { $0.leaving == nil }
        return replicas.prefix(max(staying - max(settings.instances, 1), 0)).sorted()
    }

    /// Whether the member's data are being replaced, or are to be.
    package func isReseeding(_ index: Int) -> Bool {
        guard let member = status.members.first(where: { $0.index == index }) else { return false }
        return member.reseeding != nil || spec.resyncs?[index] ?? 0 > member.reseeded ?? 0
    }

    /// Whether the index is of a member that is leaving.
    package func isLeaving(_ index: Int) -> Bool {
        status.members.contains { $0.index == index && $0.leaving != nil }
    }

    /// Nil if there is no such member.
    package func role(of index: Int) -> MemberRole? {
        guard status.members.contains(where: { $0.index == index }) else { return nil }
        return index == status.primary ? .primary : .replica(of: status.primary)
    }

    /// The instance that takes writes.
    package var primary: ServiceStatus.Member? { status.members.first { $0.index == status.primary } }

    // MARK: Both together

    /// The request that has not ended yet; nil if there is none.
    package var pendingRequest: ServiceSpec.Request? {
        guard let request = spec.request, request.generation > status.finishedRequest else { return nil }
        return request
    }

    package var goal: Goal {
        if let deletion = spec.deletion { return .destroy(keep: deletion.keep) }
        guard let request = pendingRequest else { return .run }
        if let procedure = status.procedure, procedure.request == request.generation { return procedure.goal }
        return request.goal
    }

    /// Whether the data may have the format of the newer server that the pending upgrade started.
    package var isPastNoReturn: Bool { pendingRequest.map { $0.generation == status.pointOfNoReturn } ?? false }

    /// The release that the data belong to.
    package var engine: EngineIdentity { spec.deletion?.engine ?? pendingRequest?.engine ?? status.engine }

    /// The last upgrade that was taken back, until another is requested.
    package var failedUpgrade: ServiceStatus.FailedUpgrade? {
        if case .upgrade = goal { return nil }
        return status.failedUpgrade
    }

    /// Goal that a service is reconciled towards. A multi-step goal carries the values that it needs to resume after
    /// a crash.
    package enum Goal: Codable, Equatable, Sendable {
        case run
        /// Replace the data by the snapshot's, and keep the present data as snapshot `keep`.
        case restore(snapshot: String, keep: String)
        /// Stop, keep the directory as snapshot `keep`, start `to` on the directory. Clients wait until that server
        /// was opened, and a failure before restores `keep`; the engine changes once the new server is up.
        case upgrade(to: EngineIdentity, keep: String)
        /// For a clone: replace the data by a fresh copy of its snapshot or template, and keep nothing. `id` names
        /// the files on the way.
        case reset(id: String)
        /// Stop, and keep a copy of the directory as snapshot `keep` until `expiresAt`; nil means until it is
        /// removed.
        case image(keep: String, expiresAt: Date?)
        /// Stop, and move the instances' folders into the pool.
        case move
        /// Promote this member with no acknowledged write lost; otherwise the promotion is given up. `drainSeconds`: time
        /// that open transactions on the primary have to end. Nil means none, as in requests of older versions of Roost.
        case promote(to: Int, drainSeconds: Double? = nil)
        /// Replace the primary by this member (nil: by the one with the most data), although its server may be alive or
        /// hang: it is killed. Without `acceptsLoss` this is given up unless no acknowledged write is lost.
        case failover(to: Int?, acceptsLoss: Bool)
        /// Stop, keep the directory as snapshot `keep` (nil deletes it), and forget the service.
        case destroy(keep: String?)

        /// Whether the primary alone is to reach the goal. The other members get its data afterwards.
        package var isOfPrimaryAlone: Bool {
            switch self {
            case .restore, .upgrade, .reset: true
            case .run, .image, .move, .promote, .failover, .destroy: false
            }
        }

        /// Time that open transactions have to end before a primary is closed.
        package var drain: Duration {
            guard case .promote(_, let seconds?) = self else { return .zero }
            return .seconds(seconds)
        }

        /// Name of the files that wait beside the present data, to take their place.
        package var staging: String? {
            switch self {
            case .restore(_, let keep): keep
            case .reset(let id): id
            case .run, .upgrade, .image, .move, .promote, .failover, .destroy: nil
            }
        }

        /// Snapshots that are read or made on the way.
        package var snapshots: [String] {
            switch self {
            case .run, .reset, .move, .promote, .failover: []
            case .restore(let snapshot, let keep): [snapshot, keep]
            case .upgrade(_, let keep), .image(let keep, _): [keep]
            case .destroy(let keep): keep.map { [$0] } ?? []
            }
        }
    }
}

extension Service {
    /// A new service, or a service from a snapshot's record.
    ///
    /// `goal`: its goal, requested with `generation`.
    package init(
        id: ServiceID, uid: String, type: ServiceType, engine: EngineIdentity, settings: ServiceSettings,
        endpoint: PortNumber, readEndpoint: PortNumber, instances: [ServiceStatus.Member], credentials: Credentials,
        epoch: UInt64 = 1, generation: Int = 1, restartGeneration: Int = 0, goal: Goal = .run,
        custom: CustomPlace? = nil, clone: ClonePlace? = nil, copiedInBoot: String? = nil, createdAt: Date
    ) {
        var request: ServiceSpec.Request?
        var deletion: ServiceSpec.Deletion?
        switch goal {
        case .run: break
        case .destroy(let keep): deletion = ServiceSpec.Deletion(keep: keep)
        case .restore, .upgrade, .reset, .image, .move, .promote, .failover:
            request = ServiceSpec.Request(goal, generation: generation)
        }
        spec = ServiceSpec(
            id: id, type: type, settings: settings, credentials: credentials, custom: custom, clone: clone,
            generation: generation, restartGeneration: restartGeneration, request: request, deletion: deletion,
            createdAt: createdAt)
        status = ServiceStatus(
            uid: uid, epoch: epoch, engine: engine, endpoint: endpoint, readEndpoint: readEndpoint,
            primary: instances.first?.index ?? 0, members: instances, copiedInBoot: copiedInBoot)
    }
}
