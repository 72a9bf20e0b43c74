import Foundation
import Logging
import RoostEngines
import RoostHost
import RoostModel

/// The server of a template build, its data and its end. A build's server is started like any other, from an order that
/// no stored document stands behind. Its folder has no manifest, so that nothing in it is ever taken for a service's
/// data.
struct TemplateServer: Sendable {
    /// Starts, opens, stops and kills the server.
    let host: LocalHost
    let plans: ServerPlans
    let disk: HomeDisk
    let reserve: DiskReserve
    let ready: ReadyDirectories
    let logger: Logger

    private var paths: HomePaths { disk.paths }

    /// Puts the data that a template begins with into the build's folder: a fresh directory, a dump's own files, or a
    /// copy of a snapshot. Returns whether the dump is still to be loaded.
    func begin(_ start: BuildStart, _ order: InstanceOrder) async throws(HostFailure) -> Bool {
        let (engine, build) = try plans.engine(for: order)
        let instance = paths.instance(order.id)
        let user = order.user ?? ServerUsers.caller
        if paths.isPoolMissing { throw HostFailure("the pool \(paths.poolImage) is not mounted; see 'roost doctor'") }
        try await disk.pool.run {
            try disk.naming("make \(instance.folder)") {
                try Storage.makeFolder(paths.freshPlace.templateWork, mode: 0o711, owner: nil)
                try Storage.makeFolder(instance.folder, mode: 0o711, owner: nil)
            }
        }
        switch start {
        case .snapshot(let service, let id):
            let source = paths.snapshot(service, id).data
            try await disk.bulk.run {
                try disk.naming("copy the snapshot") {
                    try reserve.refuseFullDisk(for: source, at: instance.folder)
                    _ = try Storage.copyTree(from: source, to: instance.data, preferring: .reflink, isDurable: false)
                }
            }
            do { try await host.resetIdentity(instance.data, order) } catch { throw failure("detach", error) }
            return false
        case .dump(let dump):
            try await disk.pool.run { try refuseLargeDump(dump, at: instance.folder) }
            let fresh = try await ready.take(engine: engine, build: build)
            try await disk.pool.run {
                try disk.naming("take a fresh directory") {
                    try Storage.giveTree(fresh, to: user)
                    try Storage.move(from: fresh, to: instance.data)
                }
            }
            do throws(EngineError) {
                let placing = engine.dumpPlacing
                return try await placing?.place(dump, in: instance.data, build: build, user: user) != true
            } catch { throw failure("put the dump in place", error) }
        }
    }

    /// Refuses a dump that does not fit on the disk. Its loaded size is not known before, but is at least the size of
    /// its file, which may be compressed.
    private func refuseLargeDump(_ dump: Dump, at folder: String) throws {
        // A symbolic link counts with the size of its target.
        try reserve.refuse(try Storage.size(of: DumpFile.followed(dump.path)), at: folder, "the dump")
    }

    /// Runs work on the build's server that may write any amount. When the work fails or begins to use up the reserve,
    /// it is cancelled and the server is killed.
    private func leavingReserve<Value: Sendable>(
        _ order: InstanceOrder, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await reserve.watching(paths.instance(order.id).folder, work) {
            // A call that waits for the server's answer ends only when the server does.
            await uncancelled { try? await host.killRemains(order) }
        }
    }

    func load(
        _ dump: Dump, _ order: InstanceOrder, progress: @escaping @Sendable (LoadProgress) -> Void
    ) async throws(HostFailure) -> LoadReport {
        let (engine, build) = try plans.engine(for: order)
        let plan = try plans.serverPlan(order)
        do {
            return try await leavingReserve(order) {
                try await engine.loading().load(
                    dump, into: plan, LoadTerms(), build: build, user: order.user, progress: progress)
            }
        } catch { throw failure("load \(dump.path)", error) }
    }

    func run(script: String, _ order: InstanceOrder) async throws(HostFailure) {
        let (engine, build) = try plans.engine(for: order)
        let plan = try plans.serverPlan(order)
        do {
            try await leavingReserve(order) {
                try await engine.scripting().run(script: script, plan, build: build, user: order.user)
            }
        } catch { throw failure("run the mask", error) }
    }

    func filledDatabases(_ order: InstanceOrder) async throws(HostFailure) -> [String] {
        let engine = try plans.engine(named: order.service.engine)
        let plan = try plans.serverPlan(order)
        do throws(EngineError) {
            return try await (engine.dumpTaking as? any DumpLoading)?.filledDatabases(plan) ?? []
        } catch {
            throw failure("list the databases", error)
        }
    }

    /// Whether the build's server holds any data of users.
    func holdsData(_ order: InstanceOrder) async throws(HostFailure) -> Bool {
        let engine = try plans.engine(named: order.service.engine)
        let plan = try plans.serverPlan(order)
        do throws(EngineError) { return try await engine.dumpTaking?.holdsData(plan) ?? false } catch {
            throw failure("inspect its content", error)
        }
    }

    func finalise(_ order: InstanceOrder) async throws(HostFailure) {
        let engine = try plans.engine(named: order.service.engine)
        let plan = try plans.serverPlan(order)
        do {
            try await leavingReserve(order) { try await engine.cloning().finalise(plan) }
        } catch { throw failure("finalise it", error) }
    }

    /// Makes the data of a cleanly stopped build a version of the template. Returns the size and the method of the
    /// copy. The files are laid out on the disk anew, so that later copies by reflinks are always cheap.
    func seal(
        _ order: InstanceOrder, as version: TemplatePaths
    ) async throws(HostFailure) -> (size: ByteCount, method: String) {
        let (engine, build) = try plans.engine(for: order)
        let data = paths.instance(order.id).data
        let user = order.user ?? ServerUsers.caller
        do throws(EngineError) {
            try engine.stripping?.strip(directory: data)
            try await engine.cloning().resetIdentity(directory: data, build: build, user: user)
        } catch { throw failure("clean it up", error) }
        return try await disk.bulk.run {
            let parent = (version.folder as NSString).deletingLastPathComponent
            let size = try disk.naming("measure it") { try Storage.size(of: data) }
            try disk.naming("write the template") {
                for folder in [parent, version.folder] { try Storage.makeFolder(folder, mode: 0o700, owner: nil) }
                try reserve.refuse(size, at: version.folder, "the template")
                // A copy byte by byte puts what the import scattered into one piece, so that each clone costs little.
                // The copy keeps another name until the record is written.
                _ = try Storage.copyTree(from: data, to: "\(version.folder)/sealed", preferring: .copy)
            }
            return (size, "copy")
        }
    }

    // MARK: Ends

    /// Kills what is left of a build's server, and removes the build's folder.
    func end(_ order: InstanceOrder) async {
        // A task of its own, so that a cancelled build is cleared as well.
        let task = Task {
            do {
                try await host.killRemains(order)
                host.forgetServer(order.id)
                try await removeBuild(order.id)
            } catch {
                logger.warning(
                    "A template's build could not be cleared", metadata: ["build": "\(order.id)", "reason": "\(error)"])
            }
        }
        await task.value
    }

    private func removeBuild(_ id: InstanceID) async throws {
        let folder = paths.instance(id).folder
        let run = try SocketFolder.path(home: paths.home, name: id.groupName)
        let group = plans.groups.areAvailable ? try plans.groups.group(id.groupName) : nil
        try await disk.bulk.run {
            for place in paths.places where folder.hasPrefix(place.templateWork + "/") {
                try Storage.removeTree(folder, within: place.templateWork)
            }
            if try Storage.look(at: run) != nil {
                try Storage.removeTree(run, within: (run as NSString).deletingLastPathComponent)
            }
            try group?.remove()
        }
    }

    /// Clears builds of a daemon that died.
    func sweepBuilds() async {
        for place in paths.places {
            for name in HomeDisk.names(in: place.templateWork) {
                do { try await sweepBuild(name, in: place) } catch {
                    logger.warning(
                        "A template's build could not be cleared", metadata: ["build": "\(name)", "reason": "\(error)"])
                }
            }
        }
    }

    private func sweepBuild(_ name: String, in place: Place) async throws {
        let instance = InstancePaths(folder: "\(place.templateWork)/\(name)")
        let service = name.split(separator: ".").first.flatMap { ServiceName(rawValue: String($0)) }
        guard let service else {
            return try await disk.bulk.run { try Storage.removeTree(instance.folder, within: place.templateWork) }
        }
        let id = InstanceID(ServiceID(.builds, service), 0)
        let group = plans.groups.areAvailable ? try plans.groups.group(id.groupName) : nil
        try await ServerRemains(lockFile: instance.lock, recordFile: instance.process, group: group).killAll()
        try await removeBuild(id)
    }

    private func failure(_ step: String, _ error: any Error) -> HostFailure {
        HostFailure("could not \(step): \(error)")
    }
}
