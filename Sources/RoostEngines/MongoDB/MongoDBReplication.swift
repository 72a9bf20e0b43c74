import RoostModel

/// The report on a member of a replica set, from the server's answers. Pure.
struct MongoDBReplication {
    let hello: BSONDocument
    /// Nil if the server is in no set: none was created yet, or its configuration does not list it.
    let status: SetStatus?
    let set: SetDocument?

    var report: ReplicationReport {
        guard let status, let set else {
            // A new server, which creates its set as it becomes primary, is in none either.
            return ReplicationReport(role: .replica, link: .connecting(reason: Self.unlisted))
        }
        return status.state == SetStatus.State.primary ? primary(status, set) : replica(status, set)
    }

    static let unlisted = "the primary has not listed it in the replica set yet"

    /// Members with a vote acknowledge commits. The report of a set of one says that commits wait for nobody.
    private func primary(_ status: SetStatus, _ set: SetDocument) -> ReplicationReport {
        let others = set.entries.filter { $0.id != status.own?.id }
        let voters = others.filter(\.hasVote)
        let receiving = status.members.filter {
            !$0.isSelf && $0.isHealthy && $0.state == SetStatus.State.secondary && !$0.source.isEmpty
        }
        return ReplicationReport(
            role: .primary, received: status.applied, applied: status.applied, isSynchronous: !voters.isEmpty,
            acknowledgers: voters.compactMap(\.index).sorted(),
            receivers: receiving.compactMap { set.entry(id: $0.id)?.serverID })
    }

    /// A member has no switch of its own for acknowledging: the primary's configuration decides.
    private func replica(_ status: SetStatus, _ set: SetDocument) -> ReplicationReport {
        ReplicationReport(
            role: .replica, link: link(status),
            source: set.entry(host: hello["primary"]?.text)?.internalPort, received: status.applied,
            applied: status.applied, secondsBehind: lag(status), heard: status.primary?.heartbeats ?? "")
    }

    private func link(_ status: SetStatus) -> ReplicationReport.Link {
        switch status.state {
        case SetStatus.State.secondary:
            if status.primary == nil { return .connecting(reason: "the replica set has no primary") }
            return status.source.isEmpty ? .connecting(reason: "it has not found the primary's changes yet") : .up
        case SetStatus.State.recovering where status.isTooStale:
            return .broken(reason: "the primary no longer keeps the changes that it lacks")
        case SetStatus.State.recovering: return .connecting(reason: "it is recovering")
        case SetStatus.State.initialSync: return .connecting(reason: "it is copying the primary's data")
        case SetStatus.State.rollback: return .connecting(reason: "it is undoing changes that no majority has")
        default: return .connecting(reason: "it is in replica set member state \(status.state)")
        }
    }

    /// The primary's last write is known from its last heartbeat, so a busy replica may be ahead of it.
    private func lag(_ status: SetStatus) -> Double? {
        guard let primary = status.primary, case .mongodb(_, let own)? = status.applied else { return nil }
        return Double(max(Int64(primary.time >> 32) - Int64(own >> 32), 0))
    }
}
