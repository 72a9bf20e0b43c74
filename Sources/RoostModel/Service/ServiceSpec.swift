import Foundation

/// What users ask for of a service: one of its two documents. The API alone writes it, by compare-and-set; the
/// service's reconciler reads it.
package struct ServiceSpec: Codable, Equatable, Sendable {
    package let id: ServiceID
    package let type: ServiceType
    package var settings: ServiceSettings
    package var credentials: Credentials
    /// Nil unless the service is of `type: custom`.
    package var custom: CustomPlace?
    /// Nil unless it is a clone.
    package var clone: ClonePlace?
    /// Grows with each change that has to be carried out; the reconciler reports the generation that it has carried out.
    /// A clone's name and terms change without it.
    package var generation: Int
    /// The generation at which a restart was last asked for, service-wide.
    package var restartGeneration: Int
    /// Likewise of single instances, by index. Nil: of none.
    package var restarts: [Int: Int]?
    /// The last procedure that was asked for. It is pending until the status says that it ended.
    package var request: Request?
    /// Set once the service is to go. Nothing takes it back.
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

    /// A procedure that a user asked for.
    package struct Request: Codable, Equatable, Sendable {
        /// Neither `run` nor `destroy`.
        package let intent: Service.Intent
        /// The spec's generation with this request; names it in the status.
        package let generation: Int
        /// The engine that the service has once a reset is over; nil: the one that it had.
        package let engine: EngineIdentity?

        package init(_ intent: Service.Intent, generation: Int, engine: EngineIdentity? = nil) {
            self.intent = intent
            self.generation = generation
            self.engine = engine
        }
    }

    /// How the service is to go.
    package struct Deletion: Codable, Equatable, Sendable {
        /// The snapshot that its data directory becomes; nil: the directory is deleted.
        package let keep: String?
        /// The newer server whose data they may be by now, where an upgrade was under way.
        package let engine: EngineIdentity?

        package init(keep: String?, engine: EngineIdentity? = nil) {
            self.keep = keep
            self.engine = engine
        }
    }

    // MARK: Changing

    /// Begins a new generation, before a change that is to be carried out.
    package mutating func advance() { generation += 1 }

    /// Asks for a procedure in the present generation.
    package mutating func ask(for intent: Service.Intent, engine: EngineIdentity? = nil) {
        request = Request(intent, generation: generation, engine: engine)
    }
}
