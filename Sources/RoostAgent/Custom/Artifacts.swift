import Foundation
import Glibc
import Logging
import RoostAgentProtocol
import RoostEngines
import RoostHost
import RoostModel
import RoostSupervise
import RoostTasks

/// Artifacts of custom services: built once, named by the digest of what went into them, and kept for as long as a
/// service or a snapshot names them.
struct Artifacts: Sendable {
    private static let buildPatience: Duration = .seconds(20 * 60)
    private static let unpackPatience: Duration = .seconds(5 * 60)
    /// Compilers need more memory than the programs that they compile.
    private static let buildMemory: ByteCount = .gibibytes(1)
    private static let keptUnnamed: TimeInterval = 3600
    private static let sourcesKept: TimeInterval = 24 * 3600

    let disk: HomeDisk
    let scripts: Scripts
    let logger: Logger
    /// Serialises builds.
    private let queue = KeyedQueue()

    init(disk: HomeDisk, scripts: Scripts, logger: Logger) {
        self.disk = disk
        self.scripts = scripts
        self.logger = logger
    }

    private var paths: HomePaths { disk.paths }

    /// The system user that builds. No server runs as this user, which owns no service's files. Nil if roostd is not
    /// root.
    private var buildUser: ServerUser? {
        Machine.isRoot ? ServerUserRoles(pool: ServerUsers.pool()).builder : nil
    }

    func hasImage(_ image: ContentDigest) -> Bool {
        FileManager.default.fileExists(atPath: paths.image(image))
    }

    /// Builds an artifact. Idempotent: an existing artifact is kept.
    func build(
        _ order: BuildOrder, output: @escaping @Sendable (String) async -> Void
    ) async throws(HostFailure) {
        if hasImage(order.image) { return }
        try await queue.inTurn("build") {
            if hasImage(order.image) { return }
            try await makeImage(order, output)
        }
    }

    private func makeImage(_ order: BuildOrder, _ output: @escaping @Sendable (String) async -> Void) async throws {
        let folder = "\(paths.builds)/\(order.image.short)"
        let home = "\(folder)/home"
        let user = buildUser
        let source = paths.source(order.instance.service.application, order.source)
        try await disk.pool.run {
            try disk.naming("make a folder to build in") {
                try Storage.makeFolder(paths.builds, mode: 0o711, owner: nil)
                try Storage.removeTree(folder, within: paths.builds)
                try Storage.makeFolder(folder, mode: 0o711, owner: nil)
                try Storage.makeFolder(home, mode: 0o700, owner: user)
                try Storage.makeFolder("\(home)/\(CustomProgram.sourceFolder)", mode: 0o700, owner: user)
            }
        }
        do {
            try await runBuild(order, folder: folder, home: home, source: source, output: output)
            try await disk.pool.run { try keepImage(order.image, from: home) }
        } catch {
            // The first error is reported. What is left is removed by the artifact's next build or at the next start.
            let fault = disk.diskFault(order.instance)
            try? await disk.pool.run { try Storage.removeTree(folder, within: paths.builds) }
            throw fault.map { HostFailure("\($0) (\(error))") } ?? error
        }
        try await disk.pool.run {
            try Storage.removeTree(folder, within: paths.builds)
            try Storage.removeTree(source, within: paths.sources)
        }
        logger.info("Built an image", metadata: ["instance": "\(order.instance)", "image": "\(order.image.short)"])
    }

    /// Unpacks and builds as the build's own user, for whom a hostile archive can do no more than a hostile script.
    private func runBuild(
        _ order: BuildOrder, folder: String, home: String, source: String,
        output: @escaping @Sendable (String) async -> Void
    ) async throws {
        let user = buildUser
        let place = paths.place(of: order.instance)
        let final = place.instance(order.instance).home
        let program = CustomProgram(
            instance: order.instance, settings: order.settings, home: user == nil ? home : final,
            userName: user?.name ?? ServerUsers.caller.name, ports: [])
        var unpack = program.script("exec tar --extract --no-same-owner --file \"$ROOST_SOURCE\"")
        unpack.directory = "\(home)/\(CustomProgram.sourceFolder)"
        unpack.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "ROOST_SOURCE": source]
        func run(_ title: String, _ program: ProgramFile, _ patience: Duration, _ view: ScriptRun.View) async throws {
            try await ScriptRun(
                title: title, program: program, supervisor: try scripts.supervisor(), user: user, folder: folder,
                group: try scripts.group("build"), memory: max(Self.buildMemory, order.memory), patience: patience,
                view: view, output: output
            ).run(on: disk.pool)
        }
        try await run("unpacking the source", unpack, Self.unpackPatience, .init())
        guard let script = order.settings.buildscript else { return }
        // The build sees its folder at the path that the instance has, so that programs may contain their own path.
        // All other instances are hidden.
        try await run(
            "the build script", program.script(Scripts.command(script, in: unpack.directory)), Self.buildPatience,
            ScriptRun.View(
                covered: [place.instances] + UserRegister.shared.otherHomes(than: paths.home),
                bound: [(home, final)]))
    }

    private func keepImage(_ image: ContentDigest, from home: String) throws(HostFailure) {
        let making = "\(paths.image(image)).new"
        try disk.naming("keep the image") {
            try Storage.makeFolder(paths.images, mode: 0o700, owner: nil)
            try Storage.removeTree(making, within: paths.images)
            _ = try Storage.copyTree(from: home, to: making, preferring: .reflink)
            // chown clears set-uid bits.
            if Machine.isRoot { try Storage.giveTree(making, to: ServerUser(name: "root", uid: 0, gid: 0)) }
            // The folder's modification time is the time of the build from here on; see `removeImages`.
            _ = utimes(making, nil)
            try Storage.rename(from: making, to: paths.image(image))
        }
    }

    // MARK: Sources

    func hasSource(_ name: ApplicationName, _ digest: ContentDigest) -> Bool {
        FileManager.default.fileExists(atPath: paths.source(name, digest))
    }

    /// Stores a source for builds. `next` gives its pieces, nil at the end.
    func storeSource(
        _ name: ApplicationName, _ digest: ContentDigest, next: @Sendable () async throws -> Data?
    ) async throws(Problem) {
        let path = paths.source(name, digest)
        let upload = SourceUpload(
            path: path, digest: digest, folders: [paths.sources, (path as NSString).deletingLastPathComponent],
            reader: buildUser)
        try await upload.take(next, on: disk.pool)
    }

    // MARK: What nobody needs

    /// Removes artifacts except `kept` and those of the last hour, which may be on their way into a document. Removes
    /// old sources as well.
    func removeImages(except kept: Set<ContentDigest>) async throws(HostFailure) {
        try await disk.pool.run {
            for name in HomeDisk.names(in: paths.images) {
                let path = "\(paths.images)/\(name)"
                if let digest = ContentDigest(rawValue: name), kept.contains(digest) { continue }
                guard HomeDisk.age(of: path) > Self.keptUnnamed else { continue }
                try disk.naming("remove the image \(name)") { try Storage.removeTree(path, within: paths.images) }
                logger.info("Removed an unused image", metadata: ["image": "\(name)"])
            }
            for application in HomeDisk.names(in: paths.sources) {
                for name in HomeDisk.names(in: "\(paths.sources)/\(application)") {
                    let path = "\(paths.sources)/\(application)/\(name)"
                    guard HomeDisk.age(of: path) > Self.sourcesKept else { continue }
                    try disk.naming("remove \(path)") { try Storage.removeTree(path, within: paths.sources) }
                }
            }
        }
    }

    /// Kills the builds of a daemon that died, and removes their folders.
    func sweepBuilds() async {
        do {
            for name in HomeDisk.names(in: paths.builds) {
                let folder = "\(paths.builds)/\(name)"
                try await ServerRemains(
                    lockFile: "\(folder)/script.lock", recordFile: "\(folder)/script.process",
                    group: try scripts.group("build")
                ).killAll()
                try await disk.pool.run { try Storage.removeTree(folder, within: paths.builds) }
            }
        } catch {
            logger.warning("An unfinished build could not be cleared", metadata: ["reason": "\(error)"])
        }
    }
}
