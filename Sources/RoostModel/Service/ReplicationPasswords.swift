/// The passwords of the accounts with which the members of a group follow each other, by number. A password is derived
/// from its number, so nothing secret is stored here.
///
/// While new passwords come into effect, every member has two accounts on every other one, and one member after the
/// other signs on with the new one. The old accounts are removed afterwards.
package struct ReplicationPasswords: Codable, Equatable, Sendable {
    /// The passwords that are accepted at any time.
    package var number: Int
    /// The passwords that are accepted as well and replace the others. Nil: no change is under way.
    package var next: Int?
    /// Indices of the members that sign on with the next passwords, sorted.
    package var moved: [Int]

    package init(number: Int = 0, next: Int? = nil, moved: [Int] = []) {
        self.number = number
        self.next = next
        self.moved = moved
    }

    /// Numbers of the passwords that every member accepts.
    package var accepted: [Int] { [number] + (next.map { [$0] } ?? []) }

    /// Number of the password that a member signs on with.
    package func number(of index: Int) -> Int { moved.contains(index) ? next ?? number : number }
}

extension ServiceStatus {
    /// The passwords as of now, also before their first change.
    package var currentReplicationPasswords: ReplicationPasswords { replicationPasswords ?? ReplicationPasswords() }
}

extension Service {
    /// Whether the members' replication accounts do not have the passwords yet that were asked for last.
    package var isChangingReplicationPasswords: Bool {
        let passwords = status.currentReplicationPasswords
        return passwords.next != nil || passwords.number < spec.replicationPasswords ?? 0
    }
}
