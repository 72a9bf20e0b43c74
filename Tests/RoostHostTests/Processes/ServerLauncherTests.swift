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
            // Neither a process (also no zombie) nor the lock remains.
            if let record = ServerRecord.read(from: server.recordFile) {
                #expect(ProcessStatus(pid: record.pid) == nil)
            }
            guard case .none = server.adopt() else {
                Issue.record("something is left: \(server.adopt())")
                return
            }
        }
    }

    @Test func noSetUserProgramGivesAServerNewRights() async throws {
        try await withServer { server in
            let process = try server.spawn("/bin/sleep", ["1000"])
            #expect(try read("/proc/\(process.pid)/status").contains("NoNewPrivs:\t1\n"))
        }
    }

    /// The other folders are open to everybody, so that file permissions alone would let the server in.
    @Test(.enabled(if: geteuid() == 0, "only root may give a server a view of its own"))
    func aServerSeesAndWritesItsOwnFoldersAlone() async throws {
        try await withServer { server in
            let (own, other) = ("\(server.folder)/home/a/own", "\(server.folder)/home/b")
            let outside = "\(server.folder)/outside"
            for folder in [own, other, outside] {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                chmod(folder, 0o777)
            }
            try Data("secret".utf8).write(to: URL(filePath: "\(other)/file"))
            let script = """
                cat \(other)/file; ls \(server.folder)/home/a \(server.folder)/home
                echo own > \(own)/written; echo t > /tmp/view-$$ && echo shared && rm /tmp/view-$$
                echo /etc; echo e > /etc/roost-view-test; pwd; echo end; sleep 1000
                """
            var launch = server.launch("/bin/sh", ["-c", script], environment: ["PATH": "/usr/bin:/bin"])
            launch.view = ServerView(
                hidden: ["\(server.folder)/home", "\(server.folder)/no-such-home"], kept: [own])
            launch.workingDirectory = own
            let process = try ServerLauncher.spawn(launch)
            #expect(process.viewFault == nil)
            _ = try await server.line(startingWith: "end")
            let log = try server.log()
            #expect(!log.contains("secret") && log.contains { $0.contains("\(other)/file: No such file") }, "\(log)")
            // A write from within the view is in the real folder, visible from outside.
            #expect(try String(contentsOfFile: "\(own)/written", encoding: .utf8) == "own\n")
            #expect(
                log.contains("shared") && log.contains(own) && log.contains { $0.contains("Read-only file system") })
            #expect(!FileManager.default.fileExists(atPath: "/etc/roost-view-test"))
            // The server is adopted again, and its working folder is recognised.
            let adoption = server.adopt()
            guard case .running(let adopted) = adoption, adopted.pid == process.pid else {
                Issue.record("\(adoption)")
                return
            }
            #expect(OpenFiles.works(process.pid, in: own) == .same)
            #expect(OpenFiles.sharesMounts(adopted.pid) == .other)
            // The server's mounts neither show in the machine's own mounts nor hold them.
            #expect(try !read("/proc/self/mountinfo").contains(own))
            try await server.remains.killAll()
        }
    }

    /// The view is a second line of defence: a server starts without it and reports the fault.
    @Test(.enabled(if: geteuid() == 0, "only root may give a server a view of its own"))
    func aServerWhoseViewCannotBeMadeRunsWithoutAndSaysSo() async throws {
        try await withServer { server in
            var launch = server.launch("/bin/sleep", ["1000"])
            launch.view = ServerView(hidden: [], kept: ["\(server.folder)/missing"])
            let process = try ServerLauncher.spawn(launch)
            #expect(process.isRunning)
            #expect(process.viewFault?.contains("take hold of its folders") == true)
            // The next roostd finds the state by itself.
            guard case .running(let adopted) = server.adopt() else { throw HostError.processGone(process.pid) }
            #expect(adopted.viewFault == nil && OpenFiles.sharesMounts(adopted.pid) == .same)
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
