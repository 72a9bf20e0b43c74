import Logging
import RoostEngines
import RoostHost
import RoostModel

extension ControlPlane {
    package func engines() async throws(Problem) -> [EngineInfo] {
        let services = try await records.services().map(\.value)
        return catalog.engines.flatMap { engine in
            engine.builds().map { info($0, engine, services) }
        }
    }

    private func info(_ build: EngineBuild, _ engine: any Engine, _ services: [Service]) -> EngineInfo {
        let added = addedBuild(build)
        return EngineInfo(
            engine: "\(build.identity)", types: engine.family.types.map(\.rawValue),
            origin: added?.origin ?? build.origin, readyDirectories: ready.count(build.identity),
            usedBy: services.filter { $0.needs(build.identity) }.map { "\($0.id)" }, sizeBytes: added?.size,
            addedAt: added?.addedAt)
    }

    /// Nil: a system package. Of one version there may be both; what counts is where this build's programs are.
    private func addedBuild(_ build: EngineBuild) -> AddedBuild? {
        let root = engineRoom.added.root(build.identity)
        guard build.programs.values.contains(where: { $0.hasPrefix("\(root)/") }) else { return nil }
        return engineRoom.added.build(build.identity)
    }

    package func addEngine(_ request: EngineRequest) async throws(Problem) -> OperationInfo {
        // From the range's end: services take theirs from its beginning.
        let taken = try await records.allocations().value.ports
        let free = settings.internalPorts.ports.reversed().first { !taken.contains($0) && host.isFree($0) }
        guard let port = free else {
            throw Problem(.noPort, "no port of \(settings.internalPorts) is free for a trial server")
        }
        return try await engineRoom.add(request, port: port)
    }

    package func removeEngine(
        _ name: String, confirm: String?, dryRun: Bool
    ) async throws(Problem) -> EngineInfo {
        guard let identity = EngineIdentity(name), let engine = catalog.engine(named: identity.name),
            let build = catalog.build(identity)
        else {
            throw Problem(
                .engineNotFound, "there is no engine '\(name)' here", next: ["roost engine ls"])
        }
        let info = info(build, engine, try await records.services().map(\.value))
        guard addedBuild(build) != nil else {
            throw Problem(
                .conflict, "\(identity) is a package of the machine's own system, which Roost does not remove",
                next: ["remove it with the system's package manager: apt-get remove"])
        }
        if let refusal = try await needed(identity) { throw refusal }
        if dryRun { return info }
        try requireConfirmation(
            confirm, name: name, "removing \(identity) cannot be taken back",
            command: "roost engine rm \(identity) --yes")
        try await engineRoom.remove(identity) { () async throws(Problem) in try await needed(identity) }
        // Made by it, and of no use without it. Another build of the same version makes its own.
        do throws(HostFailure) { _ = try await ready.forget(identity) } catch {
            logger.warning("Ready directories could not be removed", metadata: ["reason": "\(error)"])
        }
        return info
    }

    /// Why it cannot go: services that run on it, and snapshots that nothing else could start.
    private func needed(_ engine: EngineIdentity) async throws(Problem) -> Problem? {
        let needing = try await records.services().map(\.value).filter { $0.needs(engine) }
        let first = needing.first { $0.clone == nil }?.id
        let services =
            needing.map { service in
                service.clone.map { "(the clone \($0.name?.rawValue ?? "that waits in a pool"))" } ?? "\(service.id)"
            }
        let snapshots = try await host.snapshots().filter { $0.engine == "\(engine)" }
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
    /// Also the one that it is on its way to: without that its upgrade could neither end nor be taken back.
    fileprivate func needs(_ build: EngineIdentity) -> Bool {
        if case .upgrade(let next, _) = intent, next == build { return true }
        return engine == build
    }
}
