import Foundation

/// The desired state of a service: the document in the store, and (with its secrets sealed) in each instance's manifest.
package struct Service: Codable, Equatable, Sendable {
    package let id: ServiceID
    /// Born with the service and never reused, so that a directory of an earlier service of the same name is not taken for its own.
    package let uid: String
    package let type: ServiceType
    /// Pinned at creation; only `version:` changes it.
    package var engine: EngineIdentity
    package var settings: ServiceSettings
    package let endpoint: PortNumber
    package let readEndpoint: PortNumber
    package var instances: [Instance]
    package var credentials: Credentials
    package var epoch: UInt64
    /// Grows with each change of what is desired; a reconciler reports the generation that it has carried out.
    package var generation: Int
    /// The generation at which a restart was last asked for, service-wide.
    package var restartGeneration: Int
    package var intent: Intent
    /// The last upgrade that was taken back, until the next change of the version.
    package var failedUpgrade: FailedUpgrade?
    /// The last wish that was given up though nothing is wrong with the service.
    package var abandoned: Abandoned?
    /// Nil unless the service is of `type: custom`.
    package var custom: CustomPlace?
    /// Nil unless it is a clone.
    package var clone: ClonePlace?
    package let createdAt: Date

    package init(
        id: ServiceID, uid: String, type: ServiceType, engine: EngineIdentity, settings: ServiceSettings,
        endpoint: PortNumber, readEndpoint: PortNumber, instances: [Instance], credentials: Credentials,
        epoch: UInt64 = 1,
        generation: Int = 1, restartGeneration: Int = 0, intent: Intent = .run, custom: CustomPlace? = nil,
        clone: ClonePlace? = nil, createdAt: Date
    ) {
        self.id = id
        self.uid = uid
        self.type = type
        self.engine = engine
        self.settings = settings
        self.endpoint = endpoint
        self.readEndpoint = readEndpoint
        self.instances = instances
        self.credentials = credentials
        self.epoch = epoch
        self.generation = generation
        self.restartGeneration = restartGeneration
        self.intent = intent
        self.custom = custom
        self.clone = clone
        self.createdAt = createdAt
    }

    package struct Instance: Codable, Equatable, Sendable {
        package let index: Int
        /// The machine that runs it: `local` while there is one.
        package let host: String
        /// The stable port at the router.
        package let port: PortNumber
        /// Where the server itself listens, on loopback alone.
        package var internalPort: PortNumber
        /// The server id that replication knows it by; unique in a home.
        package let serverID: UInt32
        /// Whether its data directory was made once. From then on a missing one is a fault, never a fresh start.
        package var seeded: Bool

        // Snake case gives `server_id` for both spellings, and reading it back gives `serverId` alone.
        private enum CodingKeys: String, CodingKey {
            case index, host, port, internalPort
            case serverID = "serverId"
            case seeded
        }

        package init(
            index: Int, host: String, port: PortNumber, internalPort: PortNumber, serverID: UInt32, seeded: Bool = false
        ) {
            self.index = index
            self.host = host
            self.port = port
            self.internalPort = internalPort
            self.serverID = serverID
            self.seeded = seeded
        }
    }

    /// What a service is on its way to. Each multi-step way carries what it needs to resume after a crash.
    package enum Intent: Codable, Equatable, Sendable {
        case run
        /// Replace the data by the snapshot's, keeping what stands now as snapshot `keep`.
        case restore(snapshot: String, keep: String)
        /// Stop, keep an image of the directory as snapshot `keep`, start `to` on the directory. Until that server was
        /// opened clients wait, and a failure restores `keep`; `service.engine` changes when it came up.
        case upgrade(to: EngineIdentity, keep: String)
        /// Of a clone: replace the data by a fresh copy of the image it is made of, keeping nothing. `id` names the files
        /// on the way.
        case reset(id: String)
        /// Stop, and keep an image of the directory as snapshot `keep` until then; nil: until somebody removes it.
        case image(keep: String, expiresAt: Date?)
        /// Stop, and take the instances' folders into the pool.
        case move
        /// Stop, keep the directory as snapshot `keep` (nil: delete it), forget the service.
        case destroy(keep: String?)

        /// What the files are named by that wait beside the present data, to take their place.
        package var staging: String? {
            switch self {
            case .restore(_, let keep): keep
            case .reset(let id): id
            case .run, .upgrade, .image, .move, .destroy: nil
            }
        }

        /// The snapshots that are read or made on the way.
        package var snapshots: [String] {
            switch self {
            case .run, .reset, .move: []
            case .restore(let snapshot, let keep): [snapshot, keep]
            case .upgrade(_, let keep), .image(let keep, _): [keep]
            case .destroy(let keep): keep.map { [$0] } ?? []
            }
        }
    }

    /// Why a wish was given up; the service goes on as before.
    package struct Abandoned: Codable, Equatable, Sendable {
        package let reason: String
        /// Of the wish.
        package let generation: Int

        package init(reason: String, generation: Int) {
            self.reason = reason
            self.generation = generation
        }
    }

    /// Why a newer server did not come up on this service's data.
    package struct FailedUpgrade: Codable, Equatable, Sendable {
        package let engine: EngineIdentity
        package let reason: String
        /// Of the wish for the upgrade.
        package let generation: Int

        package init(engine: EngineIdentity, reason: String, generation: Int) {
            self.engine = engine
            self.reason = reason
            self.generation = generation
        }
    }
}
