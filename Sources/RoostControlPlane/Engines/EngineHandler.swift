import RoostAgentProtocol
import RoostModel

/// Carries out the API's calls on engines.
struct EngineHandler: EnginesAPI {
    let records: Records
    let engines: Engines
    let installations: EngineInstallations
    let internalPorts: PortRange
    let agent: any Agent

    func list() async throws(Problem) -> [EngineInfo] {
        let services = try await records.services().map(\.value)
        return try await engines.now().engines.flatMap { engine in
            engine.builds.map { info($0, engine.family, services) }
        }
    }

    private func info(
        _ build: EngineInventory.Build, _ family: EngineFamily, _ services: [Service]
    ) -> EngineInfo {
        EngineInfo(
            engine: "\(build.identity)", types: family.types.map(\.rawValue), origin: build.origin,
            readyDirectories: build.readyDirectories,
            usedBy: services.filter { $0.needs(build.identity) }.map { "\($0.id)" }, sizeBytes: build.added?.size,
            addedAt: build.added?.at)
    }

    func add(_ request: EngineRequest) async throws(Problem) -> OperationInfo {
        // Trial servers take ports from the end of the range: services take theirs from its beginning.
        let taken = try await records.allocations().value.ports
        let candidates = internalPorts.ports.reversed().filter { !taken.contains($0) }.prefix(500)
        let free = try await agent.call(FindFreePorts(among: Array(candidates)))
        guard let port = candidates.first(where: free.contains) else {
            throw Problem(.noPort, "no port of \(internalPorts) is free for a trial server")
        }
        return try await installations.add(request, port: port)
    }

    func remove(_ name: String, confirm: String?, dryRun: Bool) async throws(Problem) -> EngineInfo {
        let engines = try await engines.now()
        guard let identity = EngineIdentity(name), let family = engines.family(named: identity.name),
            let build = engines.build(identity)
        else {
            throw Problem(
                .engineNotFound, "there is no engine '\(name)' here", next: ["roost engine ls"])
        }
        let info = info(build, family, try await records.services().map(\.value))
        guard build.added != nil else {
            throw Problem(
                .conflict, "\(identity) is a system package, which Roost does not remove",
                next: ["remove it with the system's package manager: apt-get remove"])
        }
        if let refusal = try await needed(identity) { throw refusal }
        if dryRun { return info }
        try requireConfirmation(
            confirm, name: name, "removing \(identity) cannot be undone",
            command: "roost engine rm \(identity) --yes")
        try await installations.remove(identity) { () async throws(Problem) in try await needed(identity) }
        return info
    }

    /// Why a release cannot be removed: services that run on it, and snapshots and templates that only it can start.
    /// Nil if it can be removed.
    private func needed(_ engine: EngineIdentity) async throws(Problem) -> Problem? {
        let needing = try await records.services().map(\.value).filter { $0.needs(engine) }
        let first = needing.first { $0.clone == nil }?.id
        let services =
            needing.map { service in
                service.clone.map { "(the clone \($0.name?.rawValue ?? "that waits in a pool"))" } ?? "\(service.id)"
            }
        let snapshots = try await agent.call(ListSnapshots()).filter { $0.engine == "\(engine)" }
            .map { "\($0.id) of \($0.application)/\($0.service)" }
        let templates = try await records.templates().filter { $0.value.version?.engine == engine }
            .map { "\($0.value.name)" }
        guard !services.isEmpty || !snapshots.isEmpty || !templates.isEmpty else { return nil }
        let users =
            (templates.isEmpty ? [] : ["templates \(templates.joined(separator: ", "))"])
            + (services.isEmpty ? [] : ["services \(services.joined(separator: ", "))"])
            + (snapshots.isEmpty ? [] : ["kept snapshots \(snapshots.joined(separator: ", "))"])
        return Problem(
            .conflict, "\(engine) is in use by \(users.joined(separator: " and by "))",
            next: services.isEmpty
                ? ["roost snapshot ls"]
                : [
                    (first.map { Hint.command("destroy", "\($0.service)", "-A", "\($0.application)") }
                        ?? "roost clone ls") + "  # or another version in the build file"
                ]
        )
    }
}

extension Service {
    /// The target of a running upgrade counts as well: without it the upgrade could neither end nor be taken back.
    fileprivate func needs(_ build: EngineIdentity) -> Bool {
        if case .upgrade(let next, _) = goal, next == build { return true }
        return engine == build
    }
}
