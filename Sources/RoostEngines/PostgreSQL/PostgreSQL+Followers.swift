import Glibc
import RoostModel

// The accounts and slots of other members on a primary.
extension PostgreSQL {
    /// Accounts of members that left are removed first; replicas receive all of this as changes.
    func setUpFollowers(_ plan: ServerPlan, _ connection: PostgreSQLConnection) throws(PostgreSQLFault) {
        let followers = PostgreSQLFollowers(group: plan.group)
        let standing = PostgreSQLFollowers.Standing(try connection.run(PostgreSQLFollowers.look))
        for name in followers.changes(standing).goneRoles { try removeFollower(name, connection) }
        var verifiers: [String: String] = [:]
        for follower in plan.group?.followers ?? [] {
            verifiers[follower.name] = try connection.verifier(of: follower.password, role: follower.name)
        }
        try connection.run(followers.statements(standing, verifiers: verifiers))
        try setUpSlots(followers.changes(standing), connection)
    }

    /// A promoted replica has the accounts already, and no slots.
    func setUpSlots(_ plan: ServerPlan, _ connection: PostgreSQLConnection) throws(PostgreSQLFault) {
        let standing = PostgreSQLFollowers.Standing(try connection.run(PostgreSQLFollowers.look))
        try setUpSlots(PostgreSQLFollowers(group: plan.group).changes(standing), connection)
    }

    private func setUpSlots(
        _ changes: PostgreSQLFollowers.Changes, _ connection: PostgreSQLConnection
    ) throws(PostgreSQLFault) {
        for name in changes.goneSlots { try removeSlot(name, connection) }
        for name in changes.newSlots { try connection.run(PostgreSQLFollowers.makeSlot(name)) }
    }

    private func removeFollower(_ name: String, _ connection: PostgreSQLConnection) throws(PostgreSQLFault) {
        try connection.run(PostgreSQLFollowers.shutOut(name))
        do throws(PostgreSQLFault) { try connection.run(PostgreSQLFollowers.drop(name)) } catch {
            // A role of a user's that had the name owns objects: it stays, without a login.
            guard case .refused(PostgreSQLFollowers.ownsObjects, _) = error else { throw error }
        }
    }

    func removeSlot(_ name: String, _ connection: PostgreSQLConnection) throws(PostgreSQLFault) {
        let deadline = ContinuousClock.now + Self.slotPatience
        while true {
            try connection.run(PostgreSQLFollowers.freeSlot(name))
            do throws(PostgreSQLFault) {
                try connection.run(PostgreSQLFollowers.dropSlot(name))
                return
            } catch {
                guard case .refused(PostgreSQLFollowers.isInUse, _) = error, ContinuousClock.now < deadline else {
                    throw error
                }
                usleep(2000)
            }
        }
    }

    private static let slotPatience: Duration = .seconds(5)
}
