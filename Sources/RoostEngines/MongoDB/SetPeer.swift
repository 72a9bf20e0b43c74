import RoostModel

/// A member of a service's replica set, as Roost lists it in the set's configuration.
struct SetPeer: Equatable, Sendable {
    let index: Int
    /// Tells the member from an earlier one with its index.
    let uid: String
    /// The member's address at the router, which the set announces to clients. Its port never changes.
    let address: RouterAddress
    let internalPort: PortNumber
    /// Server id in replication; the engine does not use it.
    let serverID: UInt32

    var host: String { address.text }

    /// Facts about the member that every member knows: a report names members by them.
    var tags: BSONDocument {
        [
            SetEntry.Tag.index: .string("\(index)"), SetEntry.Tag.uid: .string(uid),
            SetEntry.Tag.internalPort: .string("\(internalPort)"), SetEntry.Tag.serverID: .string("\(serverID)"),
        ]
    }

    /// Whether an entry is this member's. Roost did not tag the first member when it created the set.
    func isListed(as entry: SetEntry) -> Bool {
        entry.port == Int(address.port.rawValue) && entry.tag(SetEntry.Tag.uid).map { $0 == uid } ?? true
    }
}

extension RouterAddress {
    /// `host:port`, an IPv6 address in brackets.
    var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
