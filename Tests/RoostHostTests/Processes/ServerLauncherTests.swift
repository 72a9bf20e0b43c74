import Foundation
import RoostModel
import Testing

@testable import RoostHost

@Suite(.timeLimit(.minutes(2)))
struct ServerLauncherTests {
    /// Threads of the concurrency runtime block nearly all signals, and this test runs on one.
    @Test func serverSeesSignalsThatItsStarterBlocksOrIgnores() async throws {
        try await withServer { server in
            let process = try server.spawn("/bin/sleep", ["1000"])
            let status = try read("/proc/\(process.pid)/status")
            #expect(status.contains("SigBlk:\t0000000000000000\n"))
            #expect(status.contains("SigIgn:\t0000000000000000\n"))
            try process.signal(SIGTERM)
            #expect(try await process.waitForExit() == .signalled(SIGTERM))
        }
    }

    @Test func serverLivesInASessionOfItsOwn() async throws {
        try await withServer { server in
            let process = try server.spawn("/bin/sleep", ["1000"])
            let status = try #require(ProcessStatus(pid: process.pid))
            #expect(status.session == process.pid)
            #expect(status.startTime == process.startTime)
        }
    }

    @Test func serverInheritsNothingButItsLock() async throws {
        try await withServer { server in
            // A descriptor as a careless library leaves it: not close-on-exec.
            let stray = open("/dev/zero", O_RDONLY)
            defer { close(stray) }
            let process = try server.spawn(script: "for f in /proc/$$/fd/*; do readlink $f; done; exec env")
            #expect(try await process.waitForExit() == .exited(0))
            let log = try server.log()
            let files = ["/dev/null", server.logFile, server.logFile, server.lockFile]
            #expect(log.filter { $0.hasPrefix("/") }.sorted() == files.sorted())
            #expect(log.filter { !$0.hasPrefix("/") } == ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "PWD=/"])
        }
    }

    @Test(.enabled(if: isRoot, "only root may change the user"))
    func serverRunsAsItsUserWithoutFurtherGroups() async throws {
        let nobody = try #require(ServerUsers.user(named: "nobody"))
        try await withServer(user: nobody) { server in
            var launch = server.launch(
                "/bin/sh", ["-c", "/usr/bin/id -u; /usr/bin/id -G; umask; cat /proc/$$/oom_score_adj"])
            launch.oomScoreAdjustment = 123
            let process = try ServerLauncher.spawn(launch)
            #expect(try await process.waitForExit() == .exited(0))
            #expect(try server.log() == ["\(nobody.uid)", "\(nobody.gid)", "0077", "123"])
            #expect(try #require(try FileStatus.ifPresent(server.logFile)).uid == nobody.uid)
            #expect(try #require(try FileStatus.ifPresent(server.recordFile)).uid == 0)
        }
    }

    @Test func appendsToTheLog() async throws {
        try await withServer { server in
            for word in ["first", "second"] {
                _ = try await server.spawn(script: "echo \(word); echo error >&2").waitForExit()
            }
            #expect(try server.log() == ["first", "error", "second", "error"])
        }
    }

    @Test func recordNamesTheServerFromItsFirstMoment() async throws {
        try await withServer { server in
            let process = try server.spawn("/bin/sleep", ["1000"])
            let record = try #require(ServerRecord.read(from: server.recordFile))
            #expect(record.pid == process.pid)
            #expect(record.startTime == process.startTime)
            #expect(record.bootID == Machine.bootID)
        }
    }

    struct Failure: Sendable, CustomTestStringConvertible {
        let step: String
        let errno: Int32
        let spoil: @Sendable (inout ServerLaunch) -> Void
        var testDescription: String { step }
    }

    @Test(arguments: [
        Failure(step: "run the program", errno: ENOENT) { $0.program = "/nowhere/mariadbd" },
        Failure(step: "run the program", errno: EACCES) { $0.program = "/etc/passwd" },
        Failure(step: "enter the working folder", errno: ENOENT) { $0.workingDirectory = "/nowhere" },
        Failure(step: "join the control group", errno: ENOENT) {
            $0.group = ControlGroup(layout: .legacy(["memory": "/nowhere"]))
        },
    ])
    func failureNamesItsStepAndLeavesNothing(_ failure: Failure) async throws {
        try await withServer { server in
            var launch = server.launch("/bin/sleep", ["1000"])
            failure.spoil(&launch)
            #expect(throws: HostError.spawn(program: launch.program, step: failure.step, errno: failure.errno)) {
                _ = try ServerLauncher.spawn(launch)
            }
            // Neither a process, a zombie included, nor the lock stays.
            if let record = ServerRecord.read(from: server.recordFile) {
                #expect(ProcessStatus(pid: record.pid) == nil)
            }
            guard case .none = server.adopt() else {
                Issue.record("something is left: \(server.adopt())")
                return
            }
        }
    }

    @Test func startsNoSecondServerOfAnInstance() async throws {
        try await withServer { server in
            let first = try server.spawn("/bin/sleep", ["1000"])
            #expect(throws: HostError.alreadyRunning(lockFile: server.lockFile)) {
                _ = try server.spawn("/bin/sleep", ["1000"])
            }
            try first.signal(SIGKILL)
            _ = try await first.waitForExit()
            _ = try server.spawn("/bin/sleep", ["1000"])
        }
    }

    /// The log's folder belongs to the server's user, and roostd opens the log as root.
    @Test(arguments: ["ln -s /etc/passwd", "ln victim", "mkfifo"])
    func refusesALogThatIsSomethingElse(_ command: String) async throws {
        try await withServer { server in
            try write("secret", to: server.folder + "/victim")
            let shell = Process()
            shell.executableURL = URL(filePath: "/bin/sh")
            shell.arguments = ["-c", "cd \(server.folder) && \(command) logs/server.log"]
            try shell.run()
            shell.waitUntilExit()
            #expect(throws: HostError.self) { _ = try server.spawn("/bin/sleep", ["1000"]) }
            #expect(try read(server.folder + "/victim") == "secret")
        }
    }
}
