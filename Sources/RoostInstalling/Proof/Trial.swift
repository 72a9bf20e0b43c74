import Foundation
import Glibc
import RoostEngines
import RoostHost
import RoostModel

/// The control group of a trial. It also contains the server's background processes, which have neither the server's
/// session nor its lock, so that all of them can be ended.
package struct TrialGroup: Sendable {
    private let groups: ControlGroups?
    private let name: String

    /// `work`: the folder of the build that is being added. Without `groups` the trial has no control group.
    package init(_ groups: ControlGroups?, work: String) {
        self.groups = groups
        name = "trial-" + (work as NSString).lastPathComponent
    }

    /// Nil if the machine has no control groups.
    func make() throws(HostError) -> ControlGroup? {
        guard let groups, groups.areAvailable else { return nil }
        return try groups.group(name)
    }
}

/// A temporary server of a build: initialised, started, opened, queried and stopped, through the same protocol as
/// every server and as an unprivileged user. A build that fails the trial is not installed.
package struct Trial: Sendable {
    /// The folders of a trial. By its lock and record, the next daemon knows which processes to end.
    package struct Folders: Sendable {
        let root: String
        var data: String { "\(root)/data" }
        var configuration: String { "\(root)/conf" }
        var logs: String { "\(root)/log" }
        var log: String { "\(logs)/server.log" }
        var lock: String { "\(root)/lock" }
        var record: String { "\(root)/process.json" }

        package init(root: String) { self.root = root }

        /// Ends the remains of a trial, also after the daemon died: all processes of its control group, and any other
        /// process that has its lock or belongs to its session.
        package func end(_ group: TrialGroup) async throws(HostError) {
            if let group = try group.make() {
                try await ServerRemains(lockFile: lock, recordFile: record, group: group).killAll()
                try group.remove()
            }
            // Without the lock file, no trial server was ever started.
            guard try Storage.look(at: root) != nil, try Storage.look(at: lock) != nil else { return }
            try await ServerRemains(lockFile: lock, recordFile: record, group: nil).killAll()
        }
    }

    let engine: any Engine
    let build: EngineBuild
    let folders: Folders
    /// The folder of the socket; its path must be short.
    let runFolder: String
    let port: PortNumber
    /// The user that runs the server; nil: the caller itself.
    let user: ServerUser?
    let group: TrialGroup

    private static let startDeadline = Duration.seconds(60)
    private static let stopDeadline = Duration.seconds(60)

    package init(
        engine: any Engine, build: EngineBuild, folders: Folders, runFolder: String, port: PortNumber,
        user: ServerUser?, group: TrialGroup
    ) {
        self.engine = engine
        self.build = build
        self.folders = folders
        self.runFolder = runFolder
        self.port = port
        self.user = user
        self.group = group
    }

    package func run() async throws(InstallError) {
        do throws(InstallError) {
            try await runServer()
        } catch {
            try await cleanUp()
            throw error
        }
        try await cleanUp()
    }

    private func runServer() async throws(InstallError) {
        let plan = try makePlan()
        try makeFolders()
        try await proving("initialize a data directory") { () async throws(EngineError) in
            try await engine.initialise(directory: folders.data, build: build, user: user ?? ServerUsers.caller)
        }
        let process = try start(plan)
        try await answers(plan, process)
        try await proving("accept writes") { () async throws(EngineError) in try await engine.open(plan) }
        try await isHealthy(plan)
        try await proving("set up its accounts") { () async throws(EngineError) in
            try await engine.applyAccounts(plan)
        }
        try await stop(process)
        guard engine.versionOfData(at: folders.data) != nil else {
            throw .notProven(
                step: "create its data directory", reason: "the data directory is not recognized", log: tail())
        }
    }

    // MARK: Steps

    private func start(_ plan: ServerPlan) throws(InstallError) -> ServerProcess {
        let launch = engine.launch(plan, build: build)
        let owner = user.map { ServerUser(name: "root", uid: 0, gid: $0.gid) }
        do throws(HostError) {
            for (name, text) in launch.files.merging(launch.bootFiles, uniquingKeysWith: { $1 }) {
                try Storage.writeAtomically(
                    Data(text.utf8), to: "\(folders.configuration)/\(name)", mode: owner == nil ? 0o600 : 0o640,
                    owner: owner)
            }
            for (name, text) in launch.privateFiles {
                try Storage.writeAtomically(
                    Data(text.utf8), to: "\(folders.configuration)/\(name)", mode: 0o600, owner: user)
            }
            return try ServerLauncher.spawn(
                ServerLaunch(
                    program: launch.program, arguments: launch.arguments, environment: launch.environment, user: user,
                    workingDirectory: folders.data, logFile: folders.log, lockFile: folders.lock,
                    recordFile: folders.record, group: try group.make()))
        } catch {
            if case .noSpace = error { throw InstallError(error) }
            throw .notProven(step: "start", reason: "\(error)", log: tail())
        }
    }

    /// Polls, as a reconciler does, until the server answers or has ended.
    private func answers(_ plan: ServerPlan, _ process: ServerProcess) async throws(InstallError) {
        let deadline = ContinuousClock.now + Self.startDeadline
        var last = "no answer"
        while ContinuousClock.now < deadline {
            switch await engine.probe(plan.address) {
            case .closed, .healthy, .drifted: return
            case .starting(let reason), .unhealthy(let reason), .lockedOut(let reason), .unknown(let reason):
                last = reason
            }
            guard process.isRunning else {
                throw .notProven(step: "start", reason: "it exited on its own", log: tail())
            }
            try await pause()
        }
        throw .notProven(step: "answer within \(Self.startDeadline)", reason: last, log: tail())
    }

    private func isHealthy(_ plan: ServerPlan) async throws(InstallError) {
        let deadline = ContinuousClock.now + Self.startDeadline
        var last = Health.unknown("it was not probed")
        while ContinuousClock.now < deadline {
            last = await engine.probe(plan.address)
            if last == .healthy { return }
            try await pause()
        }
        throw .notProven(step: "become healthy", reason: "\(last)", log: tail())
    }

    private func stop(_ process: ServerProcess) async throws(InstallError) {
        do throws(HostError) { try process.signal(engine.stopSignal) } catch {
            throw .notProven(step: "keep running until it was stopped", reason: "\(error)", log: tail())
        }
        let ended = await withTaskGroup(of: Bool.self) { group in
            group.addTask { (try? await process.waitForExit()) != nil }  // Cancelled: nobody reads it.
            group.addTask {
                // Cancellation ends the sleep early; the group reads only one result, so that is harmless.
                try? await Task.sleep(for: Self.stopDeadline)
                return false
            }
            let first = await group.next() ?? false
            group.cancelAll()
            return first
        }
        if Task.isCancelled { throw .cancelled }
        guard ended else {
            throw .notProven(step: "stop", reason: "it was still running after \(Self.stopDeadline)", log: tail())
        }
    }

    private func proving(
        _ step: String, _ work: () async throws(EngineError) -> Void
    ) async throws(InstallError) {
        do throws(EngineError) { try await work() } catch {
            if Task.isCancelled { throw .cancelled }
            // A full disk causes arbitrary errors of the engine, so it is checked here.
            let free = (try? Storage.freeSpace(at: folders.root)) ?? ByteCount.mebibytes(1024)
            if free < .mebibytes(8) { throw .noSpace(needed: nil, path: folders.root) }
            throw .notProven(step: step, reason: "\(error)", log: tail())
        }
    }

    private func pause() async throws(InstallError) {
        // A cancelled sleep throws at once.
        try? await Task.sleep(for: .milliseconds(5))
        if Task.isCancelled { throw .cancelled }
    }

    // MARK: Around it

    private func makeFolders() throws(InstallError) {
        let owner = user.map { ServerUser(name: "root", uid: 0, gid: $0.gid) }
        do throws(HostError) {
            try Storage.makeFolder(folders.root, mode: 0o711, owner: nil)
            try Storage.makeFolder(folders.data, mode: 0o700, owner: user)
            try Storage.makeFolder(folders.configuration, mode: 0o750, owner: owner)
            try Storage.makeFolder(folders.logs, mode: 0o750, owner: user)
            try Storage.makeFolder(runFolder, mode: 0o750, owner: user)
        } catch { throw InstallError(error) }
    }

    /// On success and on failure, the trial's processes and folders are removed.
    private func cleanUp() async throws(InstallError) {
        do throws(HostError) { try await folders.end(group) } catch { throw InstallError(error) }
        let trees = [runFolder, folders.root]
        try await OwnThread.run { () throws(InstallError) in
            do throws(HostError) {
                for tree in trees {
                    try Storage.removeTree(tree, within: (tree as NSString).deletingLastPathComponent)
                }
            } catch { throw InstallError(error) }
        }
    }

    private func tail() -> [String] {
        // If the log cannot be read, the reason alone has to suffice.
        ((try? LogFile.tail(folders.log, lines: 12)) ?? []).map { TreeRules.shown(Array($0.utf8)) }
    }

    private func makePlan() throws(InstallError) -> ServerPlan {
        let id = ServiceID(ApplicationName(checked: "trial"), ServiceName(checked: "data"))
        return ServerPlan(
            instance: InstanceID(id, 0), settings: ServiceSettings(memory: engine.family.defaultMemory),
            folders: ServerFolders(
                data: folders.data, configuration: folders.configuration, run: runFolder, logs: folders.logs),
            internalPort: port, routerAddress: RouterAddress(host: "127.0.0.1", port: port), serverID: 1, domainID: 1,
            shownUser: engine.family.shownUser, shownPassword: Self.password(), previousPassword: nil,
            administrationPassword: Self.password(), databases: ["data"], certificate: nil)
    }

    /// A password for a server that lives for seconds and listens only on this machine's loopback address.
    private static func password() -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        return String((0..<32).map { _ in letters[Int.random(in: letters.indices)] })
    }
}
