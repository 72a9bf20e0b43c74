import Foundation
import RoostHost
import RoostModel
import RoostSupervise

/// A script of a custom service's owner, run to its end within limits of time, memory and output. No process that it
/// started outlives it.
struct ScriptRun: Sendable {
    /// Name for messages: `the build script`.
    let title: String
    let program: ProgramFile
    let supervisor: String
    /// The system user that runs the script; nil: the caller itself.
    let user: ServerUser?
    /// Folder of the script's file, lock and output. It belongs to root, and other users can pass through it.
    let folder: String
    let group: ControlGroup?
    let memory: ByteCount
    let patience: Duration
    /// The script's view of the file system. Takes effect only where roostd is root.
    var view = View()
    /// Receives each line of the script's output as it is printed.
    var output: @Sendable (String) async -> Void = { _ in }

    /// A private view of the file system.
    struct View: Sendable {
        /// Folders that are covered by empty ones, before others are bound.
        var covered: [String] = []
        /// Folders and the places where they are visible as well.
        var bound: [(folder: String, place: String)] = []
    }

    private static let longestOutput = 8 << 20
    private static let leastDisk: ByteCount = .mebibytes(256)
    private var file: String { "\(folder)/script" }
    private var log: String { "\(folder)/script.log" }
    private var remains: ServerRemains {
        ServerRemains(lockFile: "\(folder)/script.lock", recordFile: "\(folder)/script.process", group: group)
    }

    private enum Ending: Sendable {
        case ended(ExitStatus)
        case given(up: String)
    }

    func run(on pool: BlockingPool) async throws(HostFailure) {
        let process = try await pool.run { try start() }
        let ending = await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await line in LogFile.follow(log, last: OperationInfo.Output.kept) { await output(line) }
            }
            let ending = await self.ending(of: process)
            group.cancelAll()
            return ending
        }
        do { try await remains.killAll() } catch {
            throw HostFailure("processes that \(title) left running could not be ended: \(error)")
        }
        // An empty group costs nothing, and the next script of the same instance uses it again.
        try? group?.remove()
        switch ending {
        case .ended(.exited(0)): return
        case .ended(let status): throw HostFailure("\(title) \(status)\(try await tail(pool))", isPermanent: true)
        case .given(let reason): throw HostFailure("\(title) \(reason)\(try await tail(pool))", isPermanent: true)
        }
    }

    // MARK: Starting

    private func start() throws -> ServerProcess {
        try Storage.removeTree(log, within: folder)
        let owner = user.map { ServerUser(name: "root", uid: 0, gid: $0.gid) }
        try Storage.writeAtomically(
            Data(program.text.utf8), to: file, mode: owner == nil ? 0o600 : 0o640, owner: owner)
        try group?.set(memory: memory, cpus: nil)
        let command = command
        return try ServerLauncher.spawn(
            ServerLaunch(
                program: command.program, arguments: command.arguments,
                // The owner's variables are for the script alone: programs that run as root before it must not heed
                // them.
                environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"], user: nil,
                workingDirectory: folder, logFile: log, lockFile: "\(folder)/script.lock",
                recordFile: "\(folder)/script.process", group: group, oomScoreAdjustment: 500))
    }

    /// Changes the view, then the user, for good. With `--no-new-privs` no set-uid program makes the script root
    /// again; the script could deceive such a program with its own folders in root's places.
    private var command: (program: String, arguments: [String]) {
        guard let user else { return (supervisor, ["run", file]) }
        let text = """
            set -e
            umask 022
            uid=$1 gid=$2 supervisor=$3 file=$4
            shift 4
            while [ "$1" != -- ]; do
                mount -t tmpfs -o mode=0711,size=1m none "$1"
                shift
            done
            shift
            while [ $# -gt 0 ]; do
                mkdir -p "$2"
                mount --bind "$1" "$2"
                shift 2
            done
            exec setpriv --reuid="$uid" --regid="$gid" --clear-groups --no-new-privs "$supervisor" run "$file"
            """
        let places = view.bound.flatMap { [$0.folder, $0.place] }
        let settings = ["\(user.uid)", "\(user.gid)", supervisor, file] + view.covered + ["--"]
        return (
            "/usr/bin/unshare",
            ["--mount", "--propagation", "private", "--", "/bin/sh", "-c", text, "sh"] + settings + places
        )
    }

    // MARK: Watching

    private func ending(of process: ServerProcess) async -> Ending {
        let deadline = ContinuousClock.now + patience
        return await withTaskGroup(of: Ending.self) { group in
            group.addTask {
                guard let status = try? await process.waitForExit() else { return .given(up: "was cancelled") }
                return .ended(status)
            }
            group.addTask {
                while !Task.isCancelled {
                    // A cancelled sleep ends the loop.
                    try? await Task.sleep(for: .milliseconds(200))
                    if ContinuousClock.now > deadline { return .given(up: "did not end within \(patience)") }
                    if let reason = excess() { return .given(up: reason) }
                }
                return .given(up: "was cancelled because roostd is stopping")
            }
            let first = await group.next() ?? .given(up: "was cancelled")
            group.cancelAll()
            return first
        }
    }

    private func excess() -> String? {
        // A log that cannot be looked at counts as within limits: the deadline holds all the same.
        let size = (try? FileManager.default.attributesOfItem(atPath: log)[.size] as? Int) ?? nil
        if let size, size > Self.longestOutput { return "wrote more than \(Self.longestOutput >> 20) MiB of output" }
        if let free = try? Storage.freeSpace(at: folder), free < Self.leastDisk {
            return "left less than \(Self.leastDisk) free on the disk"
        }
        return nil
    }

    /// The end of the script's output, for the user who pushed the service.
    private func tail(_ pool: BlockingPool) async throws(HostFailure) -> String {
        let lines = try await pool.run { try LogFile.tail(log, lines: 40) }
        return lines.isEmpty
            ? "; it printed nothing" : "; its output ends:\n" + lines.joined(separator: "\n").suffix(6000)
    }
}
