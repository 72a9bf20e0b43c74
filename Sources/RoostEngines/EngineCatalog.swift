import RoostModel

/// The engines that Roost knows, and their releases on this host.
package struct EngineCatalog: Sendable {
    /// Best first: a type that several engines serve goes to the first of them with a release.
    package let engines: [any Engine]

    /// `addedBuilds` is the folder in a home that holds engines besides the system's own packages, one folder each.
    package init(addedBuilds: String) {
        engines = [
            MySQL(addedBuilds: addedBuilds),
            MariaDB(addedBuilds: addedBuilds),
            PostgreSQL(addedBuilds: addedBuilds),
            Redis(.redis, addedBuilds: addedBuilds),
            Redis(.valkey, addedBuilds: addedBuilds),
            MongoDB(addedBuilds: addedBuilds),
            Custom(),
        ]
    }

    package init(engines: [any Engine]) {
        self.engines = engines
    }

    /// Types that a service can have.
    package var types: [ServiceType] { Set(engines.flatMap(\.family.types)).sorted() }

    package func engine(named name: String) -> (any Engine)? {
        engines.first { $0.family.name == name }
    }

    /// Exactly this release, or nil if it is not on the host.
    package func build(_ identity: EngineIdentity) -> EngineBuild? {
        engine(named: identity.name)?.builds().first { $0.identity == identity }
    }

    /// The release that starts a service pinned to `identity`: the same release, or, if a package upgrade replaced it,
    /// the newest one of its series.
    package func successor(of identity: EngineIdentity) -> EngineBuild? {
        guard let engine = engine(named: identity.name) else { return nil }
        let builds = engine.builds()
        if let exact = builds.first(where: { $0.identity == identity }) { return exact }
        let series = identity.version.components.prefix(engine.family.seriesLength)
        return builds.filter {
            $0.identity.version.components.starts(with: series) && $0.identity.version > identity.version
        }.max { $0.identity.version < $1.identity.version }
    }

    /// The memory of a service of `type` if the build file does not say.
    package func defaultMemory(of type: ServiceType) -> ByteCount {
        serving(type).first?.family.defaultMemory ?? .mebibytes(512)
    }

    /// The minimum memory of a service of `type`.
    package func minimumMemory(of type: ServiceType) -> ByteCount {
        serving(type).map(\.family.minimumMemory).min() ?? .mebibytes(128)
    }

    /// The release for a new service: from the best engine that serves the type and has one, the newest whose version
    /// is `version` or a release of it.
    package func resolve(type: ServiceType, version: EngineVersion?) throws(UnresolvedEngine) -> EngineBuild {
        let serving = serving(type)
        guard !serving.isEmpty else {
            throw .typeUnknown(type, known: types)
        }
        let found = serving.map { $0.builds().sorted { $0.identity.version > $1.identity.version } }
        for builds in found {
            let matching = builds.first { build in version.map { build.identity.version.matches($0) } ?? true }
            if let matching { return matching }
        }
        throw .notHere(type, version, found: found.flatMap { $0.map(\.identity) })
    }

    /// Best first; empty if there is no such type.
    package func serving(_ type: ServiceType) -> [any Engine] {
        // `mysql` prefers Oracle's server if it is there: the engine named like the type comes before those that also
        // serve it.
        engines.filter { $0.family.types.first == type } + engines.filter { $0.family.types.dropFirst().contains(type) }
    }
}
