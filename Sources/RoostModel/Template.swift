import Foundation

/// A template's document in the store: its source, its settings, and the version that clones are made of.
package struct Template: Codable, Equatable, Sendable {
    package let name: TemplateName
    package let type: ServiceType
    package var source: TemplateSource
    package var settings: TemplateSettings
    /// Nil until the first version was built.
    package var version: TemplateVersion?
    /// The operation that builds the next version.
    package var building: String?
    /// Why the last build failed; nil if it did not.
    package var failure: String?
    /// Fingerprint of the watched dump that could not be loaded: the build is tried again when the dump changes.
    package var failedFingerprint: String?
    package let createdAt: Date

    package init(
        name: TemplateName, type: ServiceType, source: TemplateSource, settings: TemplateSettings, createdAt: Date
    ) {
        self.name = name
        self.type = type
        self.source = source
        self.settings = settings
        self.createdAt = createdAt
    }
}

package enum TemplateSource: Codable, Equatable, Sendable {
    /// An absolute path on the daemon's machine. `isWatched`: the dump is in the watched folder, and a change of it
    /// rebuilds the template.
    case dump(path: String, isWatched: Bool)
    case service(ServiceID)

    package var text: String {
        switch self {
        case .dump(let path, _): path
        case .service(let id): "\(id)"
        }
    }
}

/// How a template is built, and how its clones start out.
package struct TemplateSettings: Codable, Equatable, Sendable {
    /// Mask script, run once at each build before the template is finished.
    package var mask: String?
    /// Schedule as in cron; nil if the template is rebuilt only on request, or when its watched dump changes.
    package var refresh: String?
    /// Number of clones that are kept running in the pool.
    package var pool: Int
    /// Memory of each clone; nil means the engine's default.
    package var memory: ByteCount?
    package var cpus: Double?
    /// Engine settings of each clone.
    package var config: [String: String]
    package var extensions: [String]
    /// Version prefix of the engine that builds the template: the newest match is taken.
    package var version: String?
    /// Default database and application user; nil means the template's name, and the engine's own.
    package var database: String?
    package var applicationUser: String?

    private enum CodingKeys: String, CodingKey {
        case mask, refresh, pool, memory, cpus, config, extensions, version, database
        // The key of documents since the first version.
        case applicationUser = "shownUser"
    }

    package init(
        mask: String? = nil, refresh: String? = nil, pool: Int = 0, memory: ByteCount? = nil, cpus: Double? = nil,
        config: [String: String] = [:], extensions: [String] = [], version: String? = nil
    ) {
        self.mask = mask
        self.refresh = refresh
        self.pool = pool
        self.memory = memory
        self.cpus = cpus
        self.config = config
        self.extensions = extensions
        self.version = version
    }
}

/// A finished build of a template. Also stored beside its data, in `template.json`.
package struct TemplateVersion: Codable, Equatable, Sendable {
    /// Id that sorts by time.
    package let id: String
    package let engine: EngineIdentity
    /// Databases, the default one first.
    package let databases: [String]
    package let applicationUser: String
    /// Method of the copy to its place: `reflink`, `rename`, `copy`.
    package let method: String
    package let size: ByteCount
    /// Fingerprint of a watched dump when it was read: size and time of change.
    package let fingerprint: String?
    /// System user that owns the files and that the clones' servers run as.
    package let user: ServerUser
    /// Source and settings of this build: the template's own may be newer.
    package let source: TemplateSource
    package let settings: TemplateSettings
    package let builtAt: Date
    package let buildSeconds: Double
    /// Notes of the load: parts of the dump that were translated, left out or made, and parts that it lacked. Nil for
    /// builds from before notes were kept.
    package let notes: [String]?

    private enum CodingKeys: String, CodingKey {
        case id, engine, databases, method, size, fingerprint, user, source, settings, builtAt, buildSeconds, notes
        // The key of records since the first version.
        case applicationUser = "shownUser"
    }

    package init(
        id: String, engine: EngineIdentity, databases: [String], applicationUser: String, method: String,
        size: ByteCount,
        fingerprint: String?, user: ServerUser, source: TemplateSource, settings: TemplateSettings, builtAt: Date,
        buildSeconds: Double, notes: [String]? = nil
    ) {
        self.notes = notes
        self.user = user
        self.source = source
        self.settings = settings
        self.id = id
        self.engine = engine
        self.databases = databases
        self.applicationUser = applicationUser
        self.method = method
        self.size = size
        self.fingerprint = fingerprint
        self.builtAt = builtAt
        self.buildSeconds = buildSeconds
    }
}

/// Record beside a template version's data.
package struct TemplateRecord: Codable, Equatable, Sendable {
    package let template: Template
    package let version: TemplateVersion

    package init(template: Template, version: TemplateVersion) {
        self.template = template
        self.version = version
    }
}
