import Foundation
import Glibc
import RoostEngines
import RoostHost
import RoostModel

/// Installs a build from a source: measures, unpacks, arranges, checks and proves it, and installs it by one rename.
/// All work happens in a work folder of its own, which the caller removes afterwards, on success and on failure.
package struct Adding: Sendable {
    /// The request of a user.
    package struct Request: Sendable {
        package let path: String
        /// The server programs that may be in the source, the preferred one first.
        package let programs: [ServerProgram]
        /// The build must be of this version or a release of it; nil: any version.
        let version: EngineVersion?

        package init(path: String, programs: [ServerProgram], version: EngineVersion?) {
            self.path = path
            self.programs = programs
            self.version = version
        }
    }

    /// The folders, port, user and control groups of the work.
    package struct Place: Sendable {
        /// The folder of the installed builds, each in a folder of its own.
        let engines: String
        /// The work folder: below `engines`, so that a rename suffices. It exists and is empty.
        let work: String
        /// The folder of the trial server's socket; its path must be short.
        let runFolder: String
        /// The trial server's port.
        let port: PortNumber
        /// The user that runs programs of the source; nil: the caller itself.
        let user: ServerUser?
        /// The home's control groups, for the trial server; nil: the trial server gets none.
        let groups: ControlGroups?

        package init(
            engines: String, work: String, runFolder: String, port: PortNumber, user: ServerUser?,
            groups: ControlGroups?
        ) {
            self.engines = engines
            self.work = work
            self.runFolder = runFolder
            self.port = port
            self.user = user
            self.groups = groups
        }
    }

    let request: Request
    let place: Place
    /// Returns the engines' catalog for a folder of added builds.
    let catalog: @Sendable (String) -> EngineCatalog
    let limits: TreeRules.Limits
    /// Called after each step with its description and duration.
    let note: @Sendable (String, Duration) async -> Void
    let stop = StopSign()

    /// Disk space for the trial server and the copies, besides the tree itself.
    static let margin = ByteCount.mebibytes(256)

    package init(
        _ request: Request, at place: Place, catalog: @escaping @Sendable (String) -> EngineCatalog,
        limits: TreeRules.Limits = .init(), note: @escaping @Sendable (String, Duration) async -> Void
    ) {
        self.request = request
        self.place = place
        self.catalog = catalog
        self.limits = limits
        self.note = note
    }

    var tree: String { "\(place.work)/tree" }

    /// Returns the installed build. Idempotent: a build that is installed already is returned.
    package func run() async throws(InstallError) -> AddedBuild {
        let (source, digest, unpacked) = try await step { () async throws(InstallError) in
            let found = try await measure()
            return (found, "measure \(found.size.inMebibytes)")
        }
        if let standing = standing(digest) { return try await already(standing) }
        try await step { () async throws(InstallError) in
            try await unpack(source)
            return ((), "unpack")
        }
        let prepared = try await prepare()
        let slimmed = try await step { () async throws(InstallError) in
            let slimmed = try await measureTree()
            return (slimmed, "fingerprint")
        }
        let record = AddedBuild(
            engine: prepared.identity, source: source.name, sourceDigest: digest ?? slimmed.digest,
            contentDigest: slimmed.digest, sizeBefore: unpacked, size: slimmed.size, addedAt: Date(),
            removed: prepared.removed)
        if let standing = AddedBuilds(folder: place.engines).build(record.engine) {
            guard standing.contentDigest == record.contentDigest else { throw .different(record.engine) }
            return try await already(standing)
        }
        try await install(record)
        return record
    }

    // MARK: Measuring and unpacking

    private func measure() async throws(InstallError) -> (source: Source, digest: String?, size: ByteCount) {
        let (path, engines, stop) = (request.path, place.engines, stop)
        let (user, limits) = (place.user, limits)
        return try await OwnThread.run(stop) { () throws(InstallError) in
            let source = try Source.look(at: path)
            let size = try Unpacking(source: source, user: user, limits: limits, stop: stop).measure()
            let free: ByteCount
            do throws(HostError) { free = try Storage.freeSpace(at: engines) } catch { throw InstallError(error) }
            let needed = ByteCount(bytes: size.bytes + Self.margin.bytes)
            guard free >= needed else { throw .noSpace(needed: needed, path: engines) }
            return (source, source.kind == .folder ? nil : try TreeDigest.file(path, stop: stop), size)
        }
    }

    /// The installed build that was made of the very same file.
    private func standing(_ digest: String?) -> AddedBuild? {
        guard let digest else { return nil }
        let added = AddedBuilds(folder: place.engines)
        let all = request.programs.flatMap { added.all(of: $0.family).map(\.build) }
        return all.first { build in
            build.sourceDigest == digest && (request.version.map { build.engine.version.matches($0) } ?? true)
        }
    }

    private func already(_ build: AddedBuild) async throws(InstallError) -> AddedBuild {
        await note("\(build.engine) is already installed with the same content", .zero)
        return build
    }

    private func unpack(_ source: Source) async throws(InstallError) {
        // A single program is identified by its file name, else taken for the preferred program.
        let program = request.programs.first { source.name.hasPrefix($0.name) } ?? request.programs.first
        let (tree, name, stop) = (tree, program?.name ?? "server", stop)
        let unpacking = Unpacking(source: source, user: place.user, limits: limits, stop: stop)
        try await OwnThread.run(stop) { () throws(InstallError) in
            guard mkdir(tree, 0o755) == 0, chmod(tree, 0o755) == 0 else { throw TreeWriter.last("create", tree) }
            try unpacking.unpack(into: tree, programName: name)
        }
    }

    // MARK: Proving and installing

    private func install(_ record: AddedBuild) async throws(InstallError) {
        let staged = "\(place.work)/staged"
        let root = "\(staged)/\(record.engine)"
        try TreeShaping(work: place.work).makeFolder(staged)
        try TreeShaping(work: place.work).rename(tree, root)
        do {
            try Storage.writeAtomically(try JSON.encode(record), to: "\(root)/\(AddedBuild.file)", mode: 0o644)
        } catch let error as HostError { throw InstallError(error) } catch { throw .failed("\(error)") }
        try await step { () async throws(InstallError) in
            try await prove(record.engine, staged: staged)
            return ((), "test with a trial server")
        }
        let (from, to, stop) = (root, "\(place.engines)/\(record.engine)", stop)
        try await step { () async throws(InstallError) in
            try await OwnThread.run(stop) { () throws(InstallError) in
                // Sync before rename: a build at its final path must be complete on the disk.
                try Self.makeDurable(from)
                do throws(HostError) { try Storage.rename(from: from, to: to) } catch { throw InstallError(error) }
            }
            return ((), "install \(record.engine)")
        }
    }

    private func prove(_ identity: EngineIdentity, staged: String) async throws(InstallError) {
        let catalog = catalog(staged)
        guard let engine = catalog.engine(named: identity.name) else { throw .notRecognised(identity) }
        // Only a build with a program in the staged folder: another installation of the same version may exist, and
        // the engine may prefer it.
        let build = engine.builds().first { build in
            build.identity == identity && build.programs.values.contains { $0.hasPrefix("\(staged)/") }
        }
        guard let build else { throw .notRecognised(identity) }
        try await Trial(
            engine: engine, build: build, folders: Trial.Folders(root: "\(place.work)/trial"),
            runFolder: place.runFolder, port: place.port, user: place.user,
            group: TrialGroup(place.groups, work: place.work)
        ).run()
    }

    /// Syncs file by file: a sync of the whole file system may wait for gigabytes of other writers.
    private static func makeDurable(_ root: String) throws(InstallError) {
        for path in try TreeWalk.all(in: root).filter({ $0.entry.isOnDisk }).map({ "\(root)/\($0.path)" }) + [root] {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            guard descriptor >= 0 else { throw TreeWriter.last("open", path) }
            defer { close(descriptor) }
            guard fsync(descriptor) == 0 else { throw TreeWriter.last("sync", path) }
        }
    }

    private func measureTree() async throws(InstallError) -> (digest: String, size: ByteCount) {
        let (tree, limits, stop) = (tree, limits, stop)
        return try await OwnThread.run(stop) { () throws(InstallError) in
            // The final check before use that nothing in the tree leads out of it.
            let found = try TreeWalk.check(tree, limits: limits)
            let size = found.reduce(0) { $0 + $1.entry.size }
            return (try TreeDigest.tree(tree, found, stop: stop), ByteCount(bytes: size))
        }
    }

    /// Runs a step, and reports it afterwards with the description that the step returns.
    @discardableResult
    func step<Value: Sendable>(
        _ work: () async throws(InstallError) -> (Value, String)
    ) async throws(InstallError) -> Value {
        let started = ContinuousClock.now
        if Task.isCancelled { throw .cancelled }
        let (value, name) = try await work()
        await note(name, started.duration(to: .now))
        return value
    }
}

extension TreeEntry {
    fileprivate var isOnDisk: Bool { kind == .file || kind == .folder }
}

extension ByteCount {
    /// Human-readable, without false precision: `412M`.
    var inMebibytes: String { "\((bytes + (1 << 19)) >> 20)M" }
}
