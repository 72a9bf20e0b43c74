import RoostModel

/// The engines that Roost knows, and which of their builds are on this machine.
package struct EngineCatalog: Sendable {
    /// Best first: a type that several serve goes to the first of them with a build.
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

    /// Exactly this build, or nil where it is not on the machine.
    package func build(_ identity: EngineIdentity) -> EngineBuild? {
        engine(named: identity.name)?.builds().first { $0.identity == identity }
    }

    /// What a service that is pinned to this build is started with: the very build, or, where the machine's packages went
    /// on to a newer release of its series and took it away, the newest of those.
    package func successor(of identity: EngineIdentity) -> EngineBuild? {
        guard let engine = engine(named: identity.name) else { return nil }
        let builds = engine.builds()
        if let exact = builds.first(where: { $0.identity == identity }) { return exact }
        let series = identity.version.components.prefix(engine.family.seriesLength)
        return builds.filter {
            $0.identity.version.components.starts(with: series) && $0.identity.version > identity.version
        }.max { $0.identity.version < $1.identity.version }
    }

    /// What a service of `type` gets when the build file does not say.
    package func defaultMemory(of type: ServiceType) -> ByteCount {
        serving(type).first?.family.defaultMemory ?? .mebibytes(512)
    }

    /// The least that a service of `type` really runs with.
    package func minimumMemory(of type: ServiceType) -> ByteCount {
        serving(type).map(\.family.minimumMemory).min() ?? .mebibytes(128)
    }

    /// The build that a new service gets: of the best engine that serves the type and has one, the newest whose version
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

    /// Best first; none: no such type.
    package func serving(_ type: ServiceType) -> [any Engine] {
        // `mysql` takes Oracle's where there is one: the engine named like the type comes before those that also serve it.
        engines.filter { $0.family.types.first == type } + engines.filter { $0.family.types.dropFirst().contains(type) }
    }
}
