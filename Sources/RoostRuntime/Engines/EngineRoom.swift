import Foundation
import Logging
import RoostEngines
import RoostHost
import RoostInstalling
import RoostModel

/// Builds of servers that come and go. One change a family at a time; each add is a journaled operation, and works in a
/// folder of its own that no start of the daemon keeps.
package actor EngineRoom {
    private let paths: HomePaths
    private let catalog: EngineCatalog
    private let operations: Operations
    private let events: EventLog
    private let ready: ReadyDirectories
    /// Who runs what was brought; nil: the caller itself.
    private let user: ServerUser?
    private let groups: ControlGroups
    private let logger: Logger
    private var isStopped = false
    /// What holds a family, by its name.
    private var busy: [String: String] = [:]
    private var tasks: [String: Task<Void, Never>] = [:]
    nonisolated let added: AddedBuilds

    package init(
        paths: HomePaths, catalog: EngineCatalog, operations: Operations, events: EventLog, ready: ReadyDirectories,
        user: ServerUser?, groups: ControlGroups, logger: Logger
    ) {
        self.paths = paths
        self.catalog = catalog
        self.operations = operations
        self.events = events
        self.ready = ready
        self.user = user
        self.groups = groups
        self.logger = logger
        added = AddedBuilds(folder: paths.engines)
    }

    // MARK: Adding

    /// Begins to add a build, and returns the operation that tells of it. `port`: for the trial server.
    func add(_ request: EngineRequest, port: PortNumber) async throws(Problem) -> OperationInfo {
        let adding = try checked(request)
        guard !isStopped else { throw Problem(.serviceUnavailable, "roostd is stopping", next: ["try again"]) }
        let families = adding.programs.map(\.family)
        try refuseBusy(families)
        for family in families { busy[family] = "engine add \(request.type)" }
        let operation: OperationInfo
        do throws(Problem) {
            operation = try await operations.begin(
                "engine_add",
                interruption: "roostd ended before it was done, and nothing half-made was kept; add it again")
        } catch {
            release(families)
            throw error
        }
        // Cancelled and waited for by `stop`.
        let task = Task {
            await operations.perform(operation.id, unregister: { release(families) }) {
                await carryOut(adding, operation.id, port: port)
            }
            tasks[operation.id] = nil
        }
        tasks[operation.id] = task
        await operations.letCancel(operation.id) { task.cancel() }
        return operation
    }

    private func carryOut(_ request: Adding.Request, _ id: String, port: PortNumber) async -> Operations.Outcome {
        let work = "\(paths.engineWork)/\(id)"
        let outcome: Operations.Outcome
        do {
            try Storage.makeFolder(work, mode: 0o711, owner: nil)
            let place = Adding.Place(
                engines: paths.engines, work: work, runFolder: try runFolder(id), port: port, user: user,
                groups: groups)
            let build = try await add(request, at: place, id)
            outcome = .done(result: "\(build.engine)")
            await events.add("engine_added", "\(build.engine) is installed, \(build.origin)")
            await makeReady(build.engine)
        } catch {
            outcome = .failed("\(error)")
            logger.info("A build was not added", metadata: ["path": "\(request.path)", "reason": "\(error)"])
        }
        do { try await remove(work) } catch {
            // The next start clears it.
            logger.warning("A work folder could not be removed", metadata: ["folder": "\(work)", "reason": "\(error)"])
        }
        return outcome
    }

    /// Directories that were made ahead give way to a build that somebody asked for.
    private func add(_ request: Adding.Request, at place: Adding.Place, _ id: String) async throws -> AddedBuild {
        let operations = operations
        let adding = Adding(request, at: place, catalog: { EngineCatalog(addedBuilds: $0) }) {
            await operations.note($0, took: $1, on: id)
        }
        do throws(InstallError) { return try await adding.run() } catch {
            guard case .noSpace = error, ready.giveUp(besides: nil, onDiskOf: paths.engines).bytes > 0 else {
                throw error
            }
        }
        let work = "\(paths.engineWork)/\(id)"
        try await remove(work)
        try Storage.makeFolder(work, mode: 0o711, owner: nil)
        return try await adding.run()
    }

    /// The first service of a new build finds a directory ready, as that of any other does.
    private func makeReady(_ identity: EngineIdentity) async {
        guard let engine = catalog.engine(named: identity.name), let build = catalog.build(identity) else { return }
        await ready.refillSoon(engine: engine, build: build, after: .zero)
    }

    /// Everything that can be told at once, before an operation begins.
    private func checked(_ request: EngineRequest) throws(Problem) -> Adding.Request {
        let type = ServiceType(rawValue: request.type)
        let serving = catalog.serving(type)
        guard !serving.isEmpty else {
            throw Problem(
                .usage,
                "no engine here serves the type '\(request.type)'; there are: "
                    + catalog.types.map(\.rawValue).joined(separator: ", "))
        }
        let programs = serving.compactMap { ServerProgram.of(family: $0.family.name) }
        guard !programs.isEmpty else {
            throw Problem(
                .usage, "builds of type '\(request.type)' cannot be added: it has no server program of its own")
        }
        var version: EngineVersion?
        if let text = request.version {
            version = EngineVersion(text)
            if version == nil { throw Problem(.usage, "'\(text)' is no version; write it like 9.7 or 9.7.4") }
        }
        guard request.path.hasPrefix("/"), !request.path.utf8.contains(0) else {
            throw Problem(.usage, "'\(request.path)' is no absolute path")
        }
        do throws(InstallError) { _ = try Source.look(at: request.path) } catch { throw Problem(error) }
        return Adding.Request(path: request.path, programs: programs, version: version)
    }

    // MARK: Removing

    /// Takes an added build off the machine. `isUsed` is asked again once no new service can choose it.
    func remove(
        _ engine: EngineIdentity, isUsed: () async throws(Problem) -> Problem?
    ) async throws(Problem) {
        try refuseBusy([engine.name])
        busy[engine.name] = "engine rm \(engine)"
        defer { release([engine.name]) }
        let doomed = "\(paths.engineWork)/removed-\(engine)-\(UUID().uuidString.prefix(8))"
        do throws(HostError) { try Storage.rename(from: added.root(engine), to: doomed) } catch {
            throw Problem(.failed, "\(engine) could not be removed: \(error)")
        }
        var refusal: Problem?
        do throws(Problem) { refusal = try await isUsed() } catch { refusal = error }
        do throws(HostError) {
            if refusal != nil { try Storage.rename(from: doomed, to: added.root(engine)) }
        } catch {
            throw Problem(.failed, "\(engine) could not be brought back to its place: \(error)")
        }
        if let refusal { throw refusal }
        do throws(InstallError) { try await remove(doomed) } catch {
            // It has no name any more, and the next start clears it.
            logger.warning("A removed build still stands", metadata: ["folder": "\(doomed)", "reason": "\(error)"])
        }
        await events.add("engine_removed", "\(engine) was removed")
    }

    // MARK: Life

    /// Ends and removes what a daemon that died was adding or removing. Nothing that is installed is touched.
    package func sweep() async {
        // Not there: nothing was added.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: paths.engineWork)) ?? []
        for name in names {
            do {
                let work = "\(paths.engineWork)/\(name)"
                try await Trial.Folders(root: "\(work)/trial").end(TrialGroup(groups, work: work))
                let run = try runFolder(name)
                // Where no server ever ran there is not even the folder around it.
                if try Storage.look(at: run) != nil {
                    try Storage.removeTree(run, within: (run as NSString).deletingLastPathComponent)
                }
                try await remove(work)
            } catch {
                logger.warning(
                    "A work folder could not be cleared", metadata: ["folder": "\(name)", "reason": "\(error)"])
            }
        }
    }

    /// Ends what is being added, and returns when nothing is any more.
    package func stop() async {
        isStopped = true
        let ending = Array(tasks.values)
        for task in ending { task.cancel() }
        for task in ending { await task.value }
    }

    /// Takes as long as the disk does, on a thread of its own.
    private func remove(_ folder: String) async throws(InstallError) {
        let root = paths.engineWork
        try await OwnThread.run { () throws(InstallError) in
            do throws(HostError) { try Storage.removeTree(folder, within: root) } catch { throw InstallError(error) }
        }
    }

    private func runFolder(_ id: String) throws(HostError) -> String {
        try RunFolder.path(home: paths.home, name: "trial-\(id)")
    }

    private func refuseBusy(_ families: [String]) throws(Problem) {
        guard let holder = families.lazy.compactMap({ self.busy[$0] }).first else { return }
        throw Problem(
            .conflict, "'\(holder)' is under way; one at a time",
            next: ["roost events --all -f  # tells when it has ended"])
    }

    private func release(_ families: [String]) {
        for family in families { busy[family] = nil }
    }
}

extension Problem {
    init(_ error: InstallError) {
        switch error {
        case .notThere: self.init(.notFound, "\(error)", next: ["name a path on the daemon's machine"])
        case .unknownFormat: self.init(.usage, "\(error)")
        case .noSpace: self.init(.diskFull, "\(error)", next: ["free some space, then try again"])
        default: self.init(.failed, "\(error)")
        }
    }
}
