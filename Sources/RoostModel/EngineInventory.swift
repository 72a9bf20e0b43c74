import Foundation

/// The engines of a machine and their installed releases. Pure.
package struct EngineInventory: Codable, Equatable, Sendable {
    /// Engines, best first: a type that several engines serve goes to the first of them with a release.
    package let engines: [Engine]

    package init(engines: [Engine]) { self.engines = engines }

    package struct Engine: Codable, Equatable, Sendable {
        package let family: EngineFamily
        /// Whether the engine can be filled from a dump.
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
        /// Number of directories that were made ahead.
        package let readyDirectories: Int
        /// Nil for a system package.
        package let added: Added?

        package init(identity: EngineIdentity, origin: String, readyDirectories: Int, added: Added? = nil) {
            self.identity = identity
            self.origin = origin
            self.readyDirectories = readyDirectories
            self.added = added
        }
    }

    /// A release that a user added.
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

    /// Exactly this release; nil if it is not on the machine.
    package func build(_ identity: EngineIdentity) -> Build? {
        engine(named: identity.name)?.builds.first { $0.identity == identity }
    }

    /// Release that a service pinned to `identity` is started with: that release itself, or, if the machine's
    /// packages replaced it by a newer release of its series, the newest of those.
    package func successor(of identity: EngineIdentity) -> EngineIdentity? {
        guard let engine = engine(named: identity.name) else { return nil }
        let builds = engine.builds.map(\.identity)
        if builds.contains(identity) { return identity }
        let series = identity.version.components.prefix(engine.family.seriesLength)
        return builds.filter { $0.version.components.starts(with: series) && $0.version > identity.version }
            .max { $0.version < $1.version }
    }

    /// Memory of a service of `type` if the build file does not say.
    package func defaultMemory(of type: ServiceType) -> ByteCount {
        serving(type).first?.family.defaultMemory ?? .mebibytes(512)
    }

    /// Release for a new service: of the best engine that serves the type and has a match, the newest whose version
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

    /// Engines that serve the type, best first; empty for an unknown type.
    package func serving(_ type: ServiceType) -> [Engine] {
        // For `mysql`, Oracle's engine comes first: an engine named like the type comes before those that also serve
        // it.
        engines.filter { $0.family.types.first == type } + engines.filter { $0.family.types.dropFirst().contains(type) }
    }
}
