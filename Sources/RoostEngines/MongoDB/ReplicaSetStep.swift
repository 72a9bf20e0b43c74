/// What a member that just started is to be told, until it is a primary that clients find under its address. Pure.
///
/// A member knows itself by asking the address that the set holds for it, which is the router's, and only when it reads
/// its configuration: at its start, and at a reconfiguration that names an address it did not have before. One that
/// started while no router ran is `removed`, and stays so whatever comes up later. It is told another name of this
/// machine first and then its own again, which is as good as a restart and takes milliseconds.
enum ReplicaSetStep: Equatable {
    /// The set is born, with its id, which no other has.
    case initiate(BSONDocument)
    /// `isForced`: there is no primary that could be asked.
    case reconfigure(BSONDocument, isForced: Bool)
    /// It starts or elects.
    case wait(String)
    case done

    /// What the server says of itself.
    struct Seen: Equatable {
        /// Nil: it holds none.
        var configuration: BSONDocument?
        var state: State
    }

    enum State: Equatable {
        case primary
        /// It did not find itself in its configuration.
        case removed
        /// It has read no configuration: there is none, or it has not come to it yet.
        case unready
        /// As the server numbers them: 2 is a secondary, which elects itself where it is alone.
        case other(Int64)
    }

    static func next(
        _ seen: Seen, setName: String, address: String, isDurable: Bool = true
    ) -> ReplicaSetStep {
        guard let configuration = seen.configuration else {
            var born: BSONDocument = ["_id": .string(setName), "members": [["_id": 0, "host": .string(address)]]]
            // Whoever asks that a majority has a write need not wait for the disk: the same commands then work, and fast.
            if !isDurable { born["writeConcernMajorityJournalDefault"] = false }
            return .initiate(born)
        }
        let standing = host(configuration)
        switch seen.state {
        case .primary where standing == address: return .done
        case .primary: return .reconfigure(moved(configuration, to: address), isForced: false)
        case .removed where standing == address:
            return .reconfigure(moved(configuration, to: otherName(of: address)), isForced: true)
        case .removed: return .reconfigure(moved(configuration, to: address), isForced: true)
        case .unready: return .wait("it has not read its replica set's configuration yet")
        case .other(let number): return .wait("it is in state \(number) of a replica set's member")
        }
    }

    private static func host(_ configuration: BSONDocument) -> String? {
        configuration["members"]?.items?.first?.document?["host"]?.text
    }

    /// The configuration with its first member elsewhere, one version on.
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
