import Foundation
import Logging
import RoostControl
import RoostEngines
import RoostHost
import RoostModel
import Synchronization

// Template builds. A build's server is started like any other, from an order that no stored document stands behind.
// Its folder has no manifest, so that nothing in it is ever taken for a service's data.
extension LocalHost {
    /// Puts the data that a template begins with into the build's folder: a fresh directory, a dump's own files, or a
    /// copy of a snapshot. Returns whether the dump is still to be loaded.
    package func beginBuild(_ start: BuildStart, _ order: InstanceOrder) async throws(HostFailure) -> Bool {
        let (engine, build) = try engine(for: order)
        let instance = paths.instance(order.id)
        let user = user(order) ?? ServerUsers.caller
        if paths.isPoolMissing { throw HostFailure("the pool \(paths.poolImage) is not mounted; see 'roost doctor'") }
        try await pool.run { [self] in
            try naming("make \(instance.folder)") {
                try Storage.makeFolder(paths.freshPlace.templateWork, mode: 0o711, owner: nil)
                try Storage.makeFolder(instance.folder, mode: 0o711, owner: nil)
            }
        }
        switch start {
        case .snapshot(let service, let id):
            let source = paths.snapshot(service, id).data
            try await bulk.run { [self] in
                try naming("copy the snapshot") {
                    try refuseFullDisk(for: source, at: instance.folder)
                    _ = try Storage.copyTree(from: source, to: instance.data, preferring: .reflink, isDurable: false)
                }
            }
            do { try await detach(instance.data, order) } catch { throw failure("detach", error) }
            return false
        case .dump(let dump):
            try await pool.run { [self] in try refuseLargeDump(dump, at: instance.folder) }
            let fresh = try await ready.take(engine: engine, build: build)
            try await pool.run { [self] in
                try naming("take a fresh directory") {
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
        try refuse(try Storage.size(of: DumpFile.followed(dump.path)), at: folder, "the dump alone")
    }

    package func load(
        _ dump: Dump, _ order: InstanceOrder, progress: @escaping @Sendable (LoadProgress) -> Void
    ) async throws(HostFailure) -> LoadReport {
        let (engine, build) = try engine(for: order)
        let plan = try serverPlan(order)
        do {
            return try await leavingReserve(order) { [self] in
                try await engine.loading().load(
                    dump, into: plan, LoadTerms(), build: build, user: user(order), progress: progress)
            }
        } catch { throw failure("load \(dump.path)", error) }
    }

    package func run(script: String, _ order: InstanceOrder) async throws(HostFailure) {
        let (engine, build) = try engine(for: order)
        let plan = try serverPlan(order)
        do {
            try await leavingReserve(order) { [self] in
                try await engine.scripting().run(script: script, plan, build: build, user: user(order))
            }
        } catch { throw failure("run the mask", error) }
    }

    package func filledDatabases(_ order: InstanceOrder) async throws(HostFailure) -> [String] {
        let engine = try engine(named: order.service.engine)
        let plan = try serverPlan(order)
        do throws(EngineError) {
            return try await (engine.dumpTaking as? any DumpLoading)?.filledDatabases(plan) ?? []
        } catch {
            throw failure("list the databases", error)
        }
    }

    /// Whether the build's server holds any data of users.
    package func holdsData(_ order: InstanceOrder) async throws(HostFailure) -> Bool {
        let engine = try engine(named: order.service.engine)
        let plan = try serverPlan(order)
        do throws(EngineError) { return try await engine.dumpTaking?.holdsData(plan) ?? false } catch {
            throw failure("look what it holds", error)
        }
    }

    package func finalise(_ order: InstanceOrder) async throws(HostFailure) {
        let engine = try engine(named: order.service.engine)
        let plan = try serverPlan(order)
        do {
            try await leavingReserve(order) { try await engine.cloning().finalise(plan) }
        } catch { throw failure("finalise it", error) }
    }

    /// Makes the data of a cleanly stopped build a version of the template. Returns the size and the method of the
    /// copy. The files are laid out on the disk anew, so that later copies by reflinks are always cheap.
    package func seal(
        _ order: InstanceOrder, as version: TemplatePaths
    ) async throws(HostFailure) -> (size: ByteCount, method: String) {
        let (engine, build) = try engine(for: order)
        let data = paths.instance(order.id).data
        let user = user(order) ?? ServerUsers.caller
        do throws(EngineError) {
            try engine.stripping?.slim(directory: data)
            try await engine.cloning().detach(directory: data, build: build, user: user)
        } catch { throw failure("clear it up", error) }
        return try await bulk.run { [self] in
            let parent = (version.folder as NSString).deletingLastPathComponent
            let size = try naming("measure it") { try Storage.size(of: data) }
            try naming("write the template") {
                for folder in [parent, version.folder] { try Storage.makeFolder(folder, mode: 0o700, owner: nil) }
                try refuse(size, at: version.folder, "the template")
                // A copy byte by byte puts what the import scattered into one piece, so that each clone costs little.
                // The copy keeps another name until the record is written.
                _ = try Storage.copyTree(from: data, to: "\(version.folder)/sealed", preferring: .copy)
            }
            return (size, "copy")
        }
    }

    /// Writes the record of a version and gives its data their final name, which completes the version.
    package func finish(_ record: TemplateRecord) async throws(HostFailure) {
        let version = paths.template(record.template.name, record.version.id)
        try await pool.run { [self] in
            try naming("finish the template") {
                try Storage.writeAtomically(try JSON.encode(record), to: version.record, mode: 0o600, owner: nil)
                try Storage.rename(from: "\(version.folder)/sealed", to: version.data)
            }
        }
    }

    package func removeTemplate(_ name: TemplateName, version: String) async throws(HostFailure) {
        let folder = paths.template(name, version).folder
        guard let place = paths.places.first(where: { folder.hasPrefix($0.templates + "/") }) else { return }
        try await bulk.run { [self] in
            try naming("remove template \(name) \(version)") {
                try Storage.removeTree(folder, within: place.templates)
                // The template's folder is removed with its last version; rmdir leaves a folder that is not empty.
                if Self.names(in: "\(place.templates)/\(name)") == ["removed"] { unlink(mark(name, in: place)) }
                rmdir("\(place.templates)/\(name)")
            }
        }
    }

    private func mark(_ name: TemplateName, in place: Place) -> String { "\(place.templates)/\(name)/removed" }

    /// Marks a template whose versions are to be removed.
    package func markRemoved(_ name: TemplateName) async throws(HostFailure) {
        try await pool.run { [self] in
            for place in paths.places where FileManager.default.fileExists(atPath: "\(place.templates)/\(name)") {
                try naming("note that the template goes") {
                    try Storage.writeAtomically(Data(), to: mark(name, in: place), mode: 0o600, owner: nil)
                }
            }
        }
    }

    package func unmarkRemoved(_ name: TemplateName) async throws(HostFailure) {
        try await pool.run { [self] in
            for place in paths.places where FileManager.default.fileExists(atPath: mark(name, in: place)) {
                try naming("note that the template stays") {
                    try Storage.removeTree(mark(name, in: place), within: place.templates)
                }
            }
        }
    }

    package func isMarkedRemoved(_ name: TemplateName) async -> Bool {
        paths.places.contains { FileManager.default.fileExists(atPath: mark(name, in: $0)) }
    }

    package func templateVersions() async throws(HostFailure) -> [TemplateRecord] {
        try await pool.run { [paths] in TemplateFolder(paths: paths).all() }
    }

    // MARK: Ends

    /// Kills what is left of a build's server, and removes the build's folder.
    package func endBuild(_ order: InstanceOrder) async {
        // A task of its own, so that a cancelled build is cleared as well.
        let task = Task { [self] in
            do {
                try await killRemains(order)
                servers.withLock { $0[order.id] = nil }
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
        let run = try SocketFolder.path(home: paths.home, name: Self.groupName(id))
        let group = groups.areAvailable ? try groups.group(Self.groupName(id)) : nil
        try await bulk.run { [paths] in
            for place in paths.places where folder.hasPrefix(place.templateWork + "/") {
                try Storage.removeTree(folder, within: place.templateWork)
            }
            if try Storage.look(at: run) != nil {
                try Storage.removeTree(run, within: (run as NSString).deletingLastPathComponent)
            }
            try group?.remove()
        }
    }

    /// Clears builds of a daemon that died, and removes unfinished versions that no document names.
    package func sweepBuildsOfTemplates(keeping known: [TemplateName: Set<String>]) async {
        for place in paths.places {
            for name in Self.names(in: place.templateWork) {
                do { try await sweepBuild(name, in: place) } catch {
                    logger.warning(
                        "A template's build could not be cleared", metadata: ["build": "\(name)", "reason": "\(error)"])
                }
            }
            await sweepVersions(in: place, keeping: known)
        }
    }

    private func sweepBuild(_ name: String, in place: Place) async throws {
        let instance = InstancePaths(folder: "\(place.templateWork)/\(name)")
        let service = name.split(separator: ".").first.flatMap { ServiceName(rawValue: String($0)) }
        guard let service else {
            return try await bulk.run { try Storage.removeTree(instance.folder, within: place.templateWork) }
        }
        let id = InstanceID(ServiceID(.builds, service), 0)
        let group = groups.areAvailable ? try groups.group(Self.groupName(id)) : nil
        try await ServerRemains(lockFile: instance.lock, recordFile: instance.process, group: group).killAll()
        try await removeBuild(id)
    }

    /// Removes versions that are unfinished, that is without `data`, and that no document names.
    private func sweepVersions(in place: Place, keeping known: [TemplateName: Set<String>]) async {
        for name in Self.names(in: place.templates) {
            for version in Self.names(in: "\(place.templates)/\(name)") {
                let paths = TemplatePaths(folder: "\(place.templates)/\(name)/\(version)")
                let isWhole = FileManager.default.fileExists(atPath: paths.data)
                let isKnown = TemplateName(rawValue: name).map { known[$0]?.contains(version) ?? false } ?? false
                if isWhole || isKnown { continue }
                do {
                    try await bulk.run { try Storage.removeTree(paths.folder, within: place.templates) }
                } catch {
                    logger.warning(
                        "Half a template could not be removed",
                        metadata: ["path": "\(paths.folder)", "reason": "\(error)"])
                }
            }
        }
    }

    private func failure(_ step: String, _ error: any Error) -> HostFailure {
        HostFailure("could not \(step): \(error)")
    }
}
