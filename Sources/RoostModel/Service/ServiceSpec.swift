import Foundation

/// Spec of a service, the document with what users ask for. Only the API writes it, by compare-and-set; the service's
/// reconciler reads it.
package struct ServiceSpec: Codable, Equatable, Sendable {
    package let id: ServiceID
    package let type: ServiceType
    package var settings: ServiceSettings
    package var credentials: Credentials
    /// Nil unless the service is of `type: custom`.
    package var custom: CustomPlace?
    /// Nil unless the service is a clone.
    package var clone: ClonePlace?
    /// Generation, higher with each change that has to be carried out; the reconciler reports the generation that it
    /// has carried out. A clone's name and terms change without a new one.
    package var generation: Int
    /// Generation of the last restart request for the whole service.
    package var restartGeneration: Int
    /// Generations of the last restart requests for single instances, by index. Nil if there are none.
    package var restarts: [Int: Int]?
    /// Generations of the last requests to replace a member's data by those of the primary, by index. Nil if there are
    /// none.
    package var resyncs: [Int: Int]?
    /// Number of the passwords that the members' replication accounts are to have. Nil: the first, 0.
    package var replicationPasswords: Int?
    /// Names of added users who may read the server's changes (`replication: [cdc]`), sorted. Nil if there are none. Such
    /// a user need not exist: data that were restored may be older than the user.
    package var changeReaders: [String]?
    /// Set while the service is to be left alone. Changes without a new generation, and stays until it is cleared after
    /// its end: see `activePause`. Nil in documents of older versions of Roost.
    package var pause: Pause?
    /// Until when connections to members that leave may go on. Set with a smaller number of instances, and cleared with the
    /// next change of that number. Nil: they are cut at once.
    package var readersUntil: Date?
    /// The last procedure that was requested. It is pending until the status says that it ended.
    package var request: Request?
    /// Set once the service is to be destroyed, which cannot be undone.
    package var deletion: Deletion?
    package let createdAt: Date

    package init(
        id: ServiceID, type: ServiceType, settings: ServiceSettings, credentials: Credentials,
        custom: CustomPlace? = nil, clone: ClonePlace? = nil, generation: Int = 1, restartGeneration: Int = 0,
        request: Request? = nil, deletion: Deletion? = nil, createdAt: Date
    ) {
        self.id = id
        self.type = type
        self.settings = settings
        self.credentials = credentials
        self.custom = custom
        self.clone = clone
        self.generation = generation
        self.restartGeneration = restartGeneration
        self.request = request
        self.deletion = deletion
        self.createdAt = createdAt
    }

    /// A procedure that a user requested.
    package struct Request: Codable, Equatable, Sendable {
        /// Any goal but `run` and `destroy`.
        package let goal: Service.Goal
        /// The spec's generation with this request; names it in the status.
        package let generation: Int
        /// Engine of the service once a reset is over; nil if the engine stays.
        package let engine: EngineIdentity?

        private enum CodingKeys: String, CodingKey {
            // The key of documents since spec and status are two.
            case goal = "intent"
            case generation, engine
        }

        package init(_ goal: Service.Goal, generation: Int, engine: EngineIdentity? = nil) {
            self.goal = goal
            self.generation = generation
            self.engine = engine
        }
    }

    /// Request to destroy the service.
    package struct Deletion: Codable, Equatable, Sendable {
        /// Snapshot that the data directory becomes; nil if the directory is deleted.
        package let keep: String?
        /// The newer release that the data may belong to, if an upgrade was under way.
        package let engine: EngineIdentity?

        package init(keep: String?, engine: EngineIdentity? = nil) {
            self.keep = keep
            self.engine = engine
        }
    }

    // MARK: Changing

    /// Replaces the settings. `readersUntil`: end of the connections to members that leave, if the number of instances gets
    /// smaller. Another change of that number cancels an earlier end.
    package mutating func set(_ settings: ServiceSettings, readersUntil: Date? = nil) {
        if settings.instances != self.settings.instances {
            self.readersUntil = settings.instances < self.settings.instances ? readersUntil : nil
        }
        self.settings = settings
    }

    /// The end of the connections to members that leave, while it is still to come. An end that no request can have asked
    /// for, because the clock was set back, is over.
    package func pendingReadersEnd(at date: Date) -> Date? {
        guard let readersUntil, date < readersUntil,
            readersUntil.timeIntervalSince(date) <= 2 * RequestBounds.longestDrain
        else { return nil }
        return readersUntil
    }

    /// Begins a new generation, before a change that is to be carried out.
    package mutating func advance() { generation += 1 }

    package func isChangeReader(_ name: String) -> Bool { changeReaders?.contains(name) ?? false }

    package mutating func addChangeReader(_ name: String) {
        changeReaders = Set(changeReaders ?? []).union([name]).sorted()
    }

    package mutating func removeChangeReader(_ name: String) {
        let left = (changeReaders ?? []).filter { $0 != name }
        changeReaders = left.isEmpty ? nil : left
    }

    /// Requests a procedure in the present generation.
    package mutating func ask(for goal: Service.Goal, engine: EngineIdentity? = nil) {
        request = Request(goal, generation: generation, engine: engine)
    }
}
