/// The next command for a member that has just started, until it is a primary that clients find under its address.
/// Pure.
///
/// A member finds itself by connecting to the address that the set holds for it, which is the router's, and only when
/// it reads its configuration: at its start, and at a reconfiguration with an address it did not have before. A member
/// that started while no router ran is `removed`, and stays so even after the router starts. So it is first given
/// another name of this host and then its own again, which has the effect of a restart and takes milliseconds.
enum ReplicaSetStep: Equatable {
    /// Creates the set, with a unique id.
    case initiate(BSONDocument)
    /// `isForced`: there is no primary to accept the command.
    case reconfigure(BSONDocument, isForced: Bool)
    /// The member starts or is electing a primary.
    case wait(String)
    /// Has the members of a set with several members elect this one.
    case stepUp
    /// The member cannot become a primary. The reason is a clause.
    case refuse(String)
    case done

    /// The member's report about itself.
    struct Seen: Equatable {
        /// Nil if the member has no configuration.
        var configuration: BSONDocument?
        var state: State
        /// Whether the member's data are from a set that had elected a primary.
        var wasInSet = false
    }

    enum State: Equatable {
        case primary
        /// The member did not find itself in its configuration.
        case removed
        /// The member has not read a configuration: there is none, or it has not come to it yet.
        case unready
        /// The server's state number: 2 is a secondary, which elects itself if it is alone.
        case other(Int64)
    }

    /// `isGroup`: whether the service has several members. Only a set of one member is created, or reconfigured by
    /// force: with several members, either makes a second set that takes writes.
    static func next(
        _ seen: Seen, setName: String, address: String, isDurable: Bool = true, isGroup: Bool = false
    ) -> ReplicaSetStep {
        guard let configuration = seen.configuration else {
            if isGroup, seen.wasInSet { return .refuse("the configuration of its replica set is gone") }
            var born: BSONDocument = ["_id": .string(setName), "members": [["_id": 0, "host": .string(address)]]]
            // A write concern of `majority` need not wait for the disk: the same commands then work, and fast.
            if !isDurable { born["writeConcernMajorityJournalDefault"] = false }
            return .initiate(born)
        }
        let standing = host(configuration)
        if configuration["members"]?.items?.count ?? 0 > 1 { return next(inSetOfSeveral: seen.state) }
        if isGroup, port(standing) != port(address) { return .refuse("it is not in the replica set yet") }
        switch seen.state {
        case .primary where standing == address: return .done
        case .primary: return .reconfigure(moved(configuration, to: address), isForced: false)
        case .removed where standing == address:
            return .reconfigure(moved(configuration, to: otherName(of: address)), isForced: true)
        case .removed: return .reconfigure(moved(configuration, to: address), isForced: true)
        case .unready: return .wait("it has not read its replica set's configuration yet")
        case .other(let number): return .wait("it is in replica set member state \(number)")
        }
    }

    /// The set's other members tell this one about a new configuration, so a removed member only waits.
    private static func next(inSetOfSeveral state: State) -> ReplicaSetStep {
        switch state {
        case .primary: .done
        case .removed: .wait("no other member reaches it at its address")
        case .unready: .wait("it has not read its replica set's configuration yet")
        case .other(SetStatus.State.secondary): .stepUp
        case .other(let number): .wait("it is in replica set member state \(number)")
        }
    }

    private static func port(_ address: String?) -> Substring? { address?.split(separator: ":").last }

    private static func host(_ configuration: BSONDocument) -> String? {
        configuration["members"]?.items?.first?.document?["host"]?.text
    }

    /// The configuration with another address of its first member, and the next version.
    private static func moved(_ configuration: BSONDocument, to address: String) -> BSONDocument {
        var configuration = configuration
        var members = configuration["members"]?.items ?? []
        guard var member = members.first?.document else { return configuration }
        member["host"] = .string(address)
        members[0] = .document(member)
        configuration["members"] = .array(members)
        configuration["version"] = .int((configuration["version"]?.number ?? 0) + 1)
        return configuration
    }

    /// The router listens on loopback for every service, and the server's certificate holds both names.
    private static func otherName(of address: String) -> String {
        let port = address.split(separator: ":").last.map(String.init) ?? ""
        return address.hasPrefix("localhost:") ? "127.0.0.1:\(port)" : "localhost:\(port)"
    }
}
