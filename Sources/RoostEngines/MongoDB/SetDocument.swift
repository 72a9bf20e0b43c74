import RoostModel

/// The configuration document of a replica set. Pure.
struct SetDocument: Equatable {
    private(set) var document: BSONDocument
    var entries: [SetEntry]

    /// Nil if the document lists no members.
    init?(_ document: BSONDocument?) {
        guard let document, let items = document["members"]?.items, !items.isEmpty else { return nil }
        self.document = document
        entries = items.compactMap(\.document).map(SetEntry.init)
    }

    var voters: [SetEntry] { entries.filter(\.hasVote) }

    func entry(host: String?) -> SetEntry? { entries.first { $0.host == host } }
    func entry(id: Int64) -> SetEntry? { entries.first { $0.id == id } }

    /// The present members with their tags, for the comparison with what they should be.
    var roster: String {
        entries.map { "\($0.tag(SetEntry.Tag.index) ?? "another member")@\($0.host ?? "")" }.sorted()
            .joined(separator: " ")
    }

    /// An option of the whole set, below `settings`.
    subscript(setting name: String) -> BSONValue? {
        get { document["settings"]?.document?[name] }
        set {
            var settings = document["settings"]?.document ?? BSONDocument()
            settings[name] = newValue
            document["settings"] = .document(settings)
        }
    }

    /// The document for the next reconfiguration.
    var next: BSONDocument {
        var next = document
        next["members"] = .array(entries.map { .document($0.document) })
        next["version"] = .int((document["version"]?.number ?? 0) + 1)
        return next
    }
}

/// A member's entry in the set's configuration.
struct SetEntry: Equatable {
    /// Names of the tags that Roost gives a member. The engine keeps them and does not use them.
    enum Tag {
        static let index = "roost_index"
        static let uid = "roost_uid"
        static let internalPort = "roost_port"
        static let serverID = "roost_server"
    }

    var document: BSONDocument

    var id: Int64? { document["_id"]?.number }
    var host: String? { document["host"]?.text }
    var port: Int? { host?.split(separator: ":").last.flatMap { Int($0) } }
    /// The engine's default is one vote.
    var hasVote: Bool { document["votes"]?.number ?? 1 > 0 }
    var index: Int? { tag(Tag.index).flatMap { Int($0) } }
    var internalPort: PortNumber? { tag(Tag.internalPort).flatMap { Int($0) }.flatMap { PortNumber($0) } }
    var serverID: UInt32? { tag(Tag.serverID).flatMap { UInt32($0) } }

    func tag(_ name: String) -> String? { document["tags"]?.document?[name]?.text }

    /// A member without a vote can neither be elected nor acknowledge: the engine demands priority 0 of it.
    func voting(_ votes: Bool) -> SetEntry {
        var entry = self
        entry.document["votes"] = votes ? 1 : 0
        entry.document["priority"] = votes ? 1 : 0
        return entry
    }

    /// The entry with the peer's address and tags.
    func describing(_ peer: SetPeer) -> SetEntry {
        var entry = self
        entry.document["host"] = .string(peer.host)
        let isTagged = peer.tags.fields.allSatisfy { tag($0.name) == $0.value.text }
        if !isTagged { entry.document["tags"] = .document(peer.tags) }
        return entry
    }
}
