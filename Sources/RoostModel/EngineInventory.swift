import Foundation

/// The engines of a machine: what they are, and which of their builds are there. Pure.
package struct EngineInventory: Codable, Equatable, Sendable {
    /// Best first: a type that several serve goes to the first of them with a build.
    package let engines: [Engine]

    package init(engines: [Engine]) { self.engines = engines }

    package struct Engine: Codable, Equatable, Sendable {
        package let family: EngineFamily
        /// Whether it can be filled from a dump.
        package let loadsDumps: Bool
        /// Whether a dump can be loaded into one database that the caller names.
        package let loadsIntoNamedDatabase: Bool
        /// Newest first.
        package let builds: [Build]

        package init(family: EngineFamily, loadsDumps: Bool, loadsIntoNamedDatabase: Bool, builds: [Build]) {
            self.family = family
            self.loadsDumps = loadsDumps
            self.loadsIntoNamedDatabase = loadsIntoNamedDatabase
            self.builds = builds
        }
    }

    package struct Build: Codable, Equatable, Sendable {
        package let identity: EngineIdentity
        package let origin: String
        /// How many directories are made ahead.
        package let readyDirectories: Int
        /// Nil: a system package.
        package let added: Added?

        package init(identity: EngineIdentity, origin: String, readyDirectories: Int, added: Added? = nil) {
            self.identity = identity
            self.origin = origin
            self.readyDirectories = readyDirectories
            self.added = added
        }
    }

    /// A build that somebody brought.
    package struct Added: Codable, Equatable, Sendable {
        package let size: ByteCount
        package let at: Date

        package init(size: ByteCount, at: Date) {
            self.size = size
            self.at = at
        }
    }
}

extension EngineInventory {
    /// Types that a service can have.
    package var types: [ServiceType] { Set(engines.flatMap(\.family.types)).sorted() }

    package func engine(named name: String) -> Engine? { engines.first { $0.family.name == name } }
    package func family(named name: String) -> EngineFamily? { engine(named: name)?.family }

    /// Exactly this build; nil: it is not on the machine.
    package func build(_ identity: EngineIdentity) -> Build? {
        engine(named: identity.name)?.builds.first { $0.identity == identity }
    }

    /// What a service that is pinned to this build is started with: the very build, or, where the machine's packages went
    /// on to a newer release of its series and took it away, the newest of those.
    package func successor(of identity: EngineIdentity) -> EngineIdentity? {
        guard let engine = engine(named: identity.name) else { return nil }
        let builds = engine.builds.map(\.identity)
        if builds.contains(identity) { return identity }
        let series = identity.version.components.prefix(engine.family.seriesLength)
        return builds.filter { $0.version.components.starts(with: series) && $0.version > identity.version }
            .max { $0.version < $1.version }
    }

    /// What a service of `type` gets when the build file does not say.
    package func defaultMemory(of type: ServiceType) -> ByteCount {
        serving(type).first?.family.defaultMemory ?? .mebibytes(512)
    }

    /// The build that a new service gets: of the best engine that serves the type and has one, the newest whose version
    /// is `version` or a release of it.
    package func resolve(type: ServiceType, version: EngineVersion?) throws(UnresolvedEngine) -> EngineIdentity {
        let serving = serving(type)
        guard !serving.isEmpty else { throw .typeUnknown(type, known: types) }
        let found = serving.map { $0.builds.map(\.identity).sorted { $0.version > $1.version } }
        for builds in found {
            if let matching = builds.first(where: { build in version.map { build.version.matches($0) } ?? true }) {
                return matching
            }
        }
        throw .notHere(type, version, found: Array(found.joined()))
    }

    /// Best first; none: no such type.
    package func serving(_ type: ServiceType) -> [Engine] {
        // `mysql` takes Oracle's where there is one: the engine named like the type comes before those that also serve it.
        engines.filter { $0.family.types.first == type } + engines.filter { $0.family.types.dropFirst().contains(type) }
    }
}
