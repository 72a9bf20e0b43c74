import RoostHost
import RoostModel

/// A server that is brought up on its data directory: of a service, a template build or a trial. Knows the folders,
/// files and command of its start, with their owners.
///
/// The wait for a started server is `ServerWait`. A server is stopped through its engine's `stopSignal` and
/// `ServerProcess.waitForExit(within:)`.
package struct ServerSession: Sendable {
    /// The occasions on which a server's files are written.
    package enum Occasion: Sendable {
        /// Files in the form for a server that boots closed.
        case start
        /// Files that a running server reads again. Files that `open` has changed are left as they are.
        case change
    }

    package let engine: any Engine
    package let build: EngineBuild
    package let plan: ServerPlan
    /// The system user that runs the server; nil: the caller itself.
    package let user: ServerUser?
    package let launch: Launch

    package init(engine: any Engine, build: EngineBuild, plan: ServerPlan, user: ServerUser?) {
        self.engine = engine
        self.build = build
        self.plan = plan
        self.user = user
        launch = engine.launch(plan, build: build)
    }

    /// Owner of generated files: root, and the server's group, which may read them.
    private var configurationOwner: ServerUser? { user.map { ServerUser(name: "root", uid: 0, gid: $0.gid) } }

    /// Makes the folders for configuration, logs and sockets. Idempotent. The data directory is the caller's.
    package func makeFolders() throws(HostError) {
        let folders = [
            (plan.folders.configuration, configurationOwner), (plan.folders.logs, user), (plan.folders.run, user),
        ]
        for (path, owner) in folders {
            // Not durable: each start makes these folders.
            try Storage.makeFolder(path, mode: 0o750, owner: owner, isDurable: false)
        }
    }

    /// The files to write, in the order of their names, private ones last. Pure.
    package func files(for occasion: Occasion) -> [LaunchFile] {
        let shared =
            switch occasion {
            case .start: launch.files.merging(launch.bootFiles) { _, boot in boot }
            case .change: launch.files
            }
        return files(shared, mode: user == nil ? 0o600 : 0o640, owner: configurationOwner)
            + files(launch.privateFiles, mode: 0o600, owner: user)
    }

    private func files(_ texts: [String: String], mode: UInt32, owner: ServerUser?) -> [LaunchFile] {
        texts.sorted { $0.key < $1.key }.map {
            LaunchFile(path: "\(plan.folders.configuration)/\($0.key)", text: $0.value, mode: mode, owner: owner)
        }
    }

    /// The command for `ServerLauncher`, without limits and without a view of its own. Pure.
    package func command(
        logFile: String, lockFile: String, recordFile: String, group: ControlGroup?
    ) -> ServerLaunch {
        ServerLaunch(
            program: launch.program, arguments: launch.arguments, environment: launch.environment, user: user,
            workingDirectory: plan.folders.data, logFile: logFile, lockFile: lockFile, recordFile: recordFile,
            group: group, staleFiles: launch.staleFiles)
    }
}
