import Foundation

/// `POST /v1/applications/{a}/push`: the build file's text; the daemon reads it.
package struct PushRequest: RequestBody, Equatable {
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case buildFile, fileName, dryRun, yes, sources, installPackages
    }
    package let buildFile: String
    /// File name for the diagnostics: `roost.yml`.
    package let fileName: String
    package let dryRun: Bool?
    /// Confirms reductions of a service.
    package let yes: Bool?
    /// For each custom service the digest of its source, a tar file that was put to `sources/{digest}`.
    package let sources: [String: ContentDigest]?
    /// Install system packages that custom services name and this machine lacks.
    package let installPackages: Bool?

    package init(
        buildFile: String, fileName: String, dryRun: Bool? = nil, yes: Bool? = nil,
        sources: [String: ContentDigest]? = nil, installPackages: Bool? = nil
    ) {
        self.buildFile = buildFile
        self.fileName = fileName
        self.dryRun = dryRun
        self.yes = yes
        self.sources = sources
        self.installPackages = installPackages
    }
}

/// A custom service's source that a push lacks.
package struct NeededSource: Codable, Equatable, Sendable {
    package let service: String
    /// The folder to send, below the build file's own.
    package let approot: String
    /// Null if the request named no digest; else the named digest, whose source has to be uploaded first.
    @Nullable package var digest: ContentDigest?

    package init(service: String, approot: String, digest: ContentDigest?) {
        self.service = service
        self.approot = approot
        self._digest = Nullable(wrappedValue: digest)
    }
}

/// Changes of a push (or `scale`), and the operation that carries them out (null for `dry_run` and if nothing
/// changes).
package struct PushAnswer: Codable, Equatable, Sendable {
    package let changes: [ServiceChange]
    /// Sentences: services that keep running though the file no longer names them, and similar facts.
    package let notes: [String]
    @Nullable package var operation: OperationInfo?
    /// If not empty, the push did nothing: upload these sources and push again.
    package let neededSources: [NeededSource]

    package init(
        changes: [ServiceChange], notes: [String], operation: OperationInfo?, neededSources: [NeededSource] = []
    ) {
        self.changes = changes
        self.notes = notes
        self.neededSources = neededSources
        self._operation = Nullable(wrappedValue: operation)
    }
}

package struct ServiceChange: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, Sendable { case create, change, none }

    package struct Field: Codable, Equatable, Sendable {
        package let key: String
        @Nullable package var from: String?
        @Nullable package var to: String?

        package init(key: String, from: String?, to: String?) {
            self.key = key
            self._from = Nullable(wrappedValue: from)
            self._to = Nullable(wrappedValue: to)
        }
    }

    package let service: String
    package let kind: Kind
    package let fields: [Field]

    package init(service: String, kind: Kind, fields: [Field]) {
        self.service = service
        self.kind = kind
        self.fields = fields
    }
}

/// `POST /v1/applications/{a}/services/{s}/scale`.
package struct ScaleRequest: RequestBody, Equatable {
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case instances, memory, cpus, drainSeconds, dryRun, yes
    }
    package let instances: Int?
    /// Memory in the build file's form: `1G`.
    package let memory: String?
    /// Cores as in the build file; 0 removes the limit.
    package let cpus: Double?
    /// With fewer instances: time that connections to the replicas that leave have to end. Null means none.
    package let drainSeconds: Double?
    package let dryRun: Bool?
    package let yes: Bool?

    package init(
        instances: Int? = nil, memory: String? = nil, cpus: Double? = nil, drainSeconds: Double? = nil,
        dryRun: Bool? = nil, yes: Bool? = nil
    ) {
        self.drainSeconds = drainSeconds
        self.instances = instances
        self.memory = memory
        self.cpus = cpus
        self.dryRun = dryRun
        self.yes = yes
    }
}

/// `POST …/promote`. `instance` null means the replica with the highest priority, then the lowest index, that can take
/// over.
package struct PromoteRequest: RequestBody, Equatable {
    package enum CodingKeys: String, CodingKey, CaseIterable { case instance, drainSeconds, dryRun }
    package let instance: Int?
    /// Time that open transactions on the primary have to end. Null means none.
    package let drainSeconds: Double?
    package let dryRun: Bool?
    package init(instance: Int? = nil, drainSeconds: Double? = nil, dryRun: Bool? = nil) {
        self.instance = instance
        self.drainSeconds = drainSeconds
        self.dryRun = dryRun
    }
}

/// `POST …/failover`. `instance` null means the replica with the most data.
package struct FailoverRequest: RequestBody, Equatable {
    package enum CodingKeys: String, CodingKey, CaseIterable { case instance, acceptDataLoss, dryRun }
    package let instance: Int?
    /// Whether acknowledged writes may be lost.
    package let acceptDataLoss: Bool?
    package let dryRun: Bool?
    package init(instance: Int? = nil, acceptDataLoss: Bool? = nil, dryRun: Bool? = nil) {
        self.instance = instance
        self.acceptDataLoss = acceptDataLoss
        self.dryRun = dryRun
    }
}

/// `POST …/restart`. `instance` null means the whole service.
package struct RestartRequest: RequestBody, Equatable {
    package enum CodingKeys: String, CodingKey, CaseIterable { case instance }
    package let instance: Int?
    package init(instance: Int? = nil) { self.instance = instance }
}

/// `POST …/resync`. `instance` is the number of a replica.
package struct ResyncRequest: RequestBody, Equatable {
    package enum CodingKeys: String, CodingKey, CaseIterable { case instance, dryRun }
    package let instance: Int
    package let dryRun: Bool?

    package init(instance: Int, dryRun: Bool? = nil) {
        self.instance = instance
        self.dryRun = dryRun
    }
}

/// `DELETE /v1/applications/{a}` and `DELETE …/services/{s}` take these as query items `confirm`, `keep`, `dry_run`.
package struct DestroyAnswer: Codable, Equatable, Sendable {
    package let services: [String]
    /// Ids of the snapshots that are kept, by service.
    package let snapshots: [String: String]
    @Nullable package var operation: OperationInfo?

    package init(services: [String], snapshots: [String: String], operation: OperationInfo?) {
        self.services = services
        self.snapshots = snapshots
        self._operation = Nullable(wrappedValue: operation)
    }
}

/// `POST …/snapshots/{snapshot}/restore`.
package struct RestoreRequest: RequestBody, Equatable {
    package enum CodingKeys: String, CodingKey, CaseIterable { case confirm, dryRun }
    /// Must be the service's name if the service still exists, because its present data are replaced (and kept).
    package let confirm: String?
    package let dryRun: Bool?
    package init(confirm: String? = nil, dryRun: Bool? = nil) {
        self.confirm = confirm
        self.dryRun = dryRun
    }
}

/// `POST …/import`: query items beside the dump's bytes, which are the body.
package struct ImportTerms: Equatable, Sendable {
    /// Database that the whole dump is loaded into. Null means the databases that the dump names, else the service's
    /// own.
    package let database: String?
    /// File name for messages: `shop.sql.gz`.
    package let name: String?
    /// Whether a snapshot is taken first, as a way back.
    package let takesSnapshot: Bool

    package init(database: String? = nil, name: String? = nil, takesSnapshot: Bool = true) {
        self.database = database
        self.name = name
        self.takesSnapshot = takesSnapshot
    }
}

/// `POST …/password`: rotates the application user's password, or those of the replication accounts.
package struct RotateRequest: RequestBody, Equatable {
    package enum CodingKeys: String, CodingKey, CaseIterable { case graceSeconds, replication }
    /// Seconds for which the old password is accepted as well.
    package let graceSeconds: Double?
    /// Whether the passwords of the members' replication accounts are rotated instead. Nil: no.
    package let replication: Bool?
    package init(graceSeconds: Double? = nil, replication: Bool? = nil) {
        self.graceSeconds = graceSeconds
        self.replication = replication
    }
}

/// `POST …/users`. The answer shows the generated password once.
package struct UserRequest: RequestBody, Equatable {
    package enum CodingKeys: String, CodingKey, CaseIterable { case name, replication }
    package let name: String
    /// Null or empty means none.
    package let replication: [ReplicationRight]?

    package init(name: String, replication: [ReplicationRight]? = nil) {
        self.name = name
        self.replication = replication
    }
}

/// A right of an added user on the server's replication.
package enum ReplicationRight: String, Codable, Sendable, CaseIterable {
    /// Reading the server's changes, as tools for change data capture do: Debezium, gh-ost.
    case cdc
}

package struct UserInfo: Codable, Equatable, Sendable {
    package let name: String
    /// Whether this is the application user, which `info` shows.
    package let shown: Bool
    /// Empty in answers of older Roosts.
    @Listed package var replication: [ReplicationRight]
    /// Filled once, by the answer to the request that made the user.
    @Nullable package var password: String?

    package init(name: String, shown: Bool, replication: [ReplicationRight] = [], password: String?) {
        self.name = name
        self.shown = shown
        _replication = Listed(wrappedValue: replication)
        self._password = Nullable(wrappedValue: password)
    }
}

/// `POST /v1/engines`: adds a release of a server from a file or folder on the daemon's machine.
package struct EngineRequest: RequestBody, Equatable {
    package enum CodingKeys: String, CodingKey, CaseIterable { case type, path, version }
    /// Type as in the build file: `mysql`.
    package let type: String
    /// Absolute path.
    package let path: String
    /// The release must be this version or a release of it.
    package let version: String?

    package init(type: String, path: String, version: String? = nil) {
        self.type = type
        self.path = path
        self.version = version
    }
}

/// `POST /v1/tokens`. `scope`: `admin`, `read`, or `app:NAME`.
package struct TokenRequest: RequestBody, Equatable {
    package enum CodingKeys: String, CodingKey, CaseIterable { case name, scope }
    package let name: String
    package let scope: String
    package init(name: String, scope: String) {
        self.name = name
        self.scope = scope
    }
}

package struct TokenInfo: Codable, Equatable, Sendable {
    package let name: String
    package let scope: String
    package let createdAt: Date
    /// Filled once, when the token is made.
    @Nullable package var token: String?

    package init(name: String, scope: String, createdAt: Date, token: String?) {
        self.name = name
        self.scope = scope
        self.createdAt = createdAt
        self._token = Nullable(wrappedValue: token)
    }
}

/// `POST …/client`: how to open the engine's own client on the caller's machine.
package struct ClientOffer: Codable, Equatable, Sendable {
    package let arguments: [String]
    package let environment: [String: String]
    /// Variables to remove from the caller's environment: they would lead the client to another database.
    package let unset: [String]
    /// Files by name; `{files}` in arguments, environment and path stands for the folder they are written to.
    package let files: [String: String]
    package let path: [String]

    package init(
        arguments: [String], environment: [String: String], unset: [String] = [], files: [String: String],
        path: [String]
    ) {
        self.arguments = arguments
        self.environment = environment
        self.unset = unset
        self.files = files
        self.path = path
    }
}

extension ClientOffer {
    /// Environment of the command: the caller's, without the variables that would lead it to another database.
    /// `files` is the folder of the offer's files. Pure, and the only place for `run` and `with`.
    package func environment(over own: [String: String], files folder: String) -> [String: String] {
        own.filter { !unset.contains($0.key) }
            .merging(environment.mapValues { $0.replacing("{files}", with: folder) }) { _, offered in offered }
    }
}

package struct ClientOfferRequest: RequestBody, Equatable {
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case arguments, instance, endsAtFirstError, export, database
    }
    package let arguments: [String]
    package let instance: Int?
    /// Whether statements come from a file or a pipe, and the first that fails ends the engine's own client.
    package let endsAtFirstError: Bool?
    /// If not null, the program that writes the database to its standard output is offered. Empty means the engine's
    /// usual format.
    package let export: String?
    /// Database to export; null means the service's own.
    package let database: String?

    package init(
        arguments: [String], instance: Int?, endsAtFirstError: Bool? = nil, export: String? = nil,
        database: String? = nil
    ) {
        self.arguments = arguments
        self.instance = instance
        self.endsAtFirstError = endsAtFirstError
        self.export = export
        self.database = database
    }
}
