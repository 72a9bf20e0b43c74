import Foundation

/// A template's document in the store: what it is made from, how, and the version that clones are made of.
package struct Template: Codable, Equatable, Sendable {
    package let name: TemplateName
    package let type: ServiceType
    package var source: TemplateSource
    package var settings: TemplateSettings
    /// Nil until the first one was built.
    package var version: TemplateVersion?
    /// The operation that builds the next version.
    package var building: String?
    /// Why the last build failed; nil: it did not.
    package var failure: String?
    /// What the watched dump was when it could not be loaded: it is tried again when it changes.
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
    /// An absolute path on the daemon's machine. `isWatched`: it lies in the watched folder, and a change of it rebuilds the
    /// template.
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
    /// Run once at each build, before the template is finished.
    package var mask: String?
    /// As in cron; nil: rebuilt when somebody asks, or its watched dump changes.
    package var refresh: String?
    /// So many clones are kept running for whoever asks.
    package var pool: Int
    /// Of each clone; nil: the engine's default.
    package var memory: ByteCount?
    package var cpus: Double?
    /// Engine settings of each clone.
    package var config: [String: String]
    package var extensions: [String]
    /// Of the engine that builds it: the newest that begins so.
    package var version: String?
    /// The default database and the shown account; nil: the template's name, and the engine's own.
    package var database: String?
    package var shownUser: String?

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

/// One finished image of a template. Also stands beside its data, in `template.json`.
package struct TemplateVersion: Codable, Equatable, Sendable {
    /// Sortable by time.
    package let id: String
    package let engine: EngineIdentity
    /// The default one first.
    package let databases: [String]
    package let shownUser: String
    /// How it was copied to its place: `reflink`, `rename`, `copy`.
    package let method: String
    package let size: ByteCount
    /// What the dump was when it was read, for a watched one: size and time of change.
    package let fingerprint: String?
    /// Who its files belong to, and its clones' servers run as.
    package let user: ServerUser
    /// What it was made of and how: the template's own may be newer.
    package let source: TemplateSource
    package let settings: TemplateSettings
    package let builtAt: Date
    package let buildSeconds: Double
    /// What was translated, left out or made when the dump was loaded, and what it lacked. Nil: built before these were
    /// kept.
    package let notes: [String]?

    package init(
        id: String, engine: EngineIdentity, databases: [String], shownUser: String, method: String, size: ByteCount,
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
        self.shownUser = shownUser
        self.method = method
        self.size = size
        self.fingerprint = fingerprint
        self.builtAt = builtAt
        self.buildSeconds = buildSeconds
    }
}

/// What stands beside a template version's data.
package struct TemplateRecord: Codable, Equatable, Sendable {
    package let template: Template
    package let version: TemplateVersion

    package init(template: Template, version: TemplateVersion) {
        self.template = template
        self.version = version
    }
}
