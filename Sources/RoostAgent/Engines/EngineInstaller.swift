import Foundation
import Logging
import RoostAgentProtocol
import RoostEngines
import RoostHost
import RoostInstalling
import RoostModel

/// Adds builds of servers to the machine, and removes them. Each add works in a folder of its own, which every start
/// of the agent clears.
package struct EngineInstaller: Sendable {
    let paths: HomePaths
    let catalog: EngineCatalog
    let ready: ReadyDirectories
    /// The system user that runs the programs of a new build; nil: the caller itself.
    let user: ServerUser?
    let groups: ControlGroups
    let logger: Logger
    let added: AddedBuilds

    package init(
        paths: HomePaths, catalog: EngineCatalog, ready: ReadyDirectories, user: ServerUser?, groups: ControlGroups,
        logger: Logger
    ) {
        self.paths = paths
        self.catalog = catalog
        self.ready = ready
        self.user = user
        self.groups = groups
        self.logger = logger
        added = AddedBuilds(folder: paths.engines)
    }

    /// The record of a build that was added. Nil for a system package. A version may exist as both, so the paths of
    /// the build's programs decide.
    func addedBuild(_ build: EngineBuild) -> AddedBuild? {
        let root = added.root(build.identity)
        guard build.programs.values.contains(where: { $0.hasPrefix("\(root)/") }) else { return nil }
        return added.build(build.identity)
    }

    // MARK: Adding

    func add(_ job: AddEngine, _ log: JobLog) async throws -> AddEngine.Result {
        let request = try check(job.request)
        let work = "\(paths.engineWork)/\(job.work)"
        let result: Result<AddedBuild, any Error>
        do {
            try Storage.makeFolder(work, mode: 0o711, owner: nil)
            let place = Adding.Place(
                engines: paths.engines, work: work, runFolder: try runFolder(job.work), port: job.port, user: user,
                groups: groups)
            result = .success(try await add(request, at: place, work: work, log))
        } catch {
            result = .failure(error)
            logger.info("A build was not added", metadata: ["path": "\(request.path)", "reason": "\(error)"])
        }
        do { try await remove(work) } catch {
            // The next start removes the folder.
            logger.warning("A work folder could not be removed", metadata: ["folder": "\(work)", "reason": "\(error)"])
        }
        let build = try result.get()
        await makeReady(build.engine)
        return AddEngine.Result(engine: build.engine, origin: build.origin)
    }

    /// Adds a build. If the disk is full, ready directories are removed and the build is added once more.
    private func add(
        _ request: Adding.Request, at place: Adding.Place, work: String, _ log: JobLog
    ) async throws -> AddedBuild {
        let adding = Adding(request, at: place, catalog: { EngineCatalog(addedBuilds: $0) }) {
            await log.did($0, $1)
        }
        do throws(InstallError) { return try await adding.run() } catch {
            guard case .noSpace = error, ready.giveUp(besides: nil, onDiskOf: paths.engines).bytes > 0 else {
                throw error
            }
        }
        try await remove(work)
        try Storage.makeFolder(work, mode: 0o711, owner: nil)
        return try await adding.run()
    }

    /// Makes directories for a new build, so that its first service finds one ready.
    private func makeReady(_ identity: EngineIdentity) async {
        guard let engine = catalog.engine(named: identity.name), let build = catalog.build(identity) else { return }
        await ready.refillSoon(engine: engine, build: build, after: .zero)
    }

    /// Checks everything that can be checked before the work begins.
    func check(_ request: EngineRequest) throws(Problem) -> Adding.Request {
        let type = ServiceType(rawValue: request.type)
        let serving = catalog.serving(type)
        guard !serving.isEmpty else {
            throw Problem(
                .usage,
                "unknown type '\(request.type)'; types are "
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
            if version == nil { throw Problem(.usage, "invalid version '\(text)': use, for example, 9.7 or 9.7.4") }
        }
        guard request.path.hasPrefix("/"), !request.path.utf8.contains(0) else {
            throw Problem(.usage, "'\(request.path)' is not an absolute path")
        }
        do throws(InstallError) { _ = try Source.look(at: request.path) } catch { throw Problem(error) }
        return Adding.Request(path: request.path, programs: programs, version: version)
    }

    // MARK: Removing

    /// Takes an added build's name away, so that no service finds it. Returns its new name in the work folder.
    func setAside(_ engine: EngineIdentity) throws(Problem) -> String {
        let place = "removed-\(engine)-\(UUID().uuidString.prefix(8))"
        do throws(HostError) { try Storage.rename(from: added.root(engine), to: path(place)) } catch {
            throw Problem(.failed, "\(engine) could not be removed: \(error)")
        }
        return place
    }

    func bringBack(_ engine: EngineIdentity, from place: String) throws(Problem) {
        do throws(HostError) { try Storage.rename(from: path(place), to: added.root(engine)) } catch {
            throw Problem(.failed, "\(engine) could not be put back in place: \(error)")
        }
    }

    func delete(_ job: DeleteEngine) async throws {
        do throws(InstallError) { try await remove(path(job.place)) } catch {
            // The build has no name any more, and the next start removes it.
            logger.warning(
                "The files of a removed build could not be deleted",
                metadata: ["folder": "\(job.place)", "reason": "\(error)"])
        }
        // Directories that the build made are of no use without it. Another build of the same version makes its own.
        do throws(HostFailure) { _ = try await ready.forget(job.engine) } catch {
            logger.warning("Ready directories could not be removed", metadata: ["reason": "\(error)"])
        }
    }

    /// A path in the work folder, whatever folders the name has.
    private func path(_ place: String) -> String { "\(paths.engineWork)/\((place as NSString).lastPathComponent)" }

    // MARK: Life

    /// Ends and removes the adds and removals of a daemon that died. Installed builds are not touched.
    package func sweep() async {
        // A missing folder: no build was ever added.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: paths.engineWork)) ?? []
        for name in names {
            do {
                let work = "\(paths.engineWork)/\(name)"
                try await Trial.Folders(root: "\(work)/trial").end(TrialGroup(groups, work: work))
                let run = try runFolder(name)
                // If no trial server ever ran, even the folder around its run folder is missing.
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

    /// Removes a folder on a thread of its own. Takes as long as the disk does.
    private func remove(_ folder: String) async throws(InstallError) {
        let root = paths.engineWork
        try await OwnThread.run { () throws(InstallError) in
            do throws(HostError) { try Storage.removeTree(folder, within: root) } catch { throw InstallError(error) }
        }
    }

    private func runFolder(_ id: String) throws(HostError) -> String {
        try SocketFolder.path(home: paths.home, name: "trial-\(id)")
    }
}

extension Problem {
    init(_ error: InstallError) {
        switch error {
        case .notThere: self.init(.notFound, "\(error)", next: ["give a path on roostd's machine"])
        case .unknownFormat: self.init(.usage, "\(error)")
        case .noSpace: self.init(.diskFull, "\(error)", next: ["free some space, then try again"])
        default: self.init(.failed, "\(error)")
        }
    }
}
