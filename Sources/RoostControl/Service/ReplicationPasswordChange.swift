import RoostModel

/// A step towards new passwords of the members' replication accounts. Pure and idempotent.
package struct ReplicationPasswordChange: Equatable, Sendable {
    /// Uid of the service: an earlier service may have had the same name.
    package let uid: String
    /// The passwords that the step was decided on.
    package let before: ReplicationPasswords
    package let after: ReplicationPasswords

    /// The service's status with this step. Nil if the service or its passwords are others by now.
    package func applied(to service: Service) -> ServiceStatus? {
        guard service.uid == uid, service.status.currentReplicationPasswords == before else { return nil }
        var status = service.status
        status.replicationPasswords = after
        return status
    }

    /// Event for people, once the step is stored: the last one voids the passwords of before.
    package func event(_ service: Service) -> StatusDecision.Event? {
        guard after.number != before.number, service.isGroup else { return nil }
        return .init(
            kind: "replication_passwords",
            message: "The replication accounts of \(service.id) have new passwords; the old ones are void")
    }
}
