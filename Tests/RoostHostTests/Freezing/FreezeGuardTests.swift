import CHost
import Foundation
import RoostModel
import Testing

@testable import RoostHost

/// The built guard with real processes, in each way that this machine can freeze them.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct FreezeGuardTests {
    @Test(arguments: Freezing.possible)
    func nothingIsWrittenWhileFrozen(_ freezing: Freezing) async throws {
        try await withWriter(freezing) { writer in
            for _ in 1...5 {
                var freezer = try writer.guarded()
                try freezer.freeze()
                let before = try writer.written()
                try await Task.sleep(for: .milliseconds(30))
                #expect(try writer.written() == before)
                let pause = try freezer.thaw()
                #expect(pause >= .milliseconds(30))
                #expect(try await writer.goesOn())
            }
        }
    }

    /// A group without the server in it freezes at once and stops no process.
    @Test(arguments: Freezing.possible.filter { $0 != .signals })
    func aFreezeThatDoesNotHoldTheServerIsNone(_ freezing: Freezing) async throws {
        try await withWriter(freezing) { writer in
            guard case .group(let group, _) = writer.subject else { return }
            try LooseProcess.moveToTheTop(writer.process.pid)
            for holding in [[], [writer.process.pid]] {
                let subject = FreezeSubject.group(group, holding: holding)
                var freezer = try FreezeGuard(
                    program: Programs.freezeGuard, subject: subject, deadline: .seconds(30))
                var caught: HostError?
                do throws(HostError) { try freezer.freeze() } catch { caught = error }
                guard case .notFrozen = caught else {
                    Issue.record("the image would have been believed: \(String(describing: caught))")
                    return
                }
            }
            try group.take([writer.process.pid])
            var freezer = try FreezeGuard(
                program: Programs.freezeGuard, subject: .group(group, holding: [writer.process.pid]),
                deadline: .seconds(30))
            try freezer.freeze()
            _ = try freezer.thaw()
        }
    }

    @Test(arguments: Freezing.possible)
    func forgottenGuardThaws(_ freezing: Freezing) async throws {
        try await withWriter(freezing) { writer in
            do {
                var freezer = try writer.guarded()
                try freezer.freeze()
            }
            #expect(try await writer.goesOn())
        }
    }

    @Test(arguments: Freezing.possible)
    func deadlineThawsAndIsReported(_ freezing: Freezing) async throws {
        try await withWriter(freezing) { writer in
            var freezer = try writer.guarded(deadline: .milliseconds(100))
            try freezer.freeze()
            #expect(try await writer.goesOn())
            var caught: HostError?
            do throws(HostError) { _ = try freezer.thaw() } catch { caught = error }
            #expect(caught == .thawedByDeadline(.milliseconds(100)))
            #expect(caught?.description.contains("thawed by its deadline") == true)
        }
    }

    /// SIGTERM and its like lead to the thaw; after SIGKILL the caller thaws.
    @Test(arguments: Freezing.possible, [SIGTERM, SIGINT, SIGKILL])
    func signalToTheGuardThaws(_ freezing: Freezing, _ signal: Int32) async throws {
        try await withWriter(freezing) { writer in
            var freezer = try writer.guarded()
            try freezer.freeze()
            _ = chost_pidfd_signal(freezer.process, signal)
            if signal != SIGKILL { #expect(try await writer.goesOn()) }
            var caught: HostError?
            do throws(HostError) { _ = try freezer.thaw() } catch { caught = error }
            guard case .thawedEarly = caught else {
                Issue.record("the image would have been believed: \(String(describing: caught))")
                return
            }
            #expect(try await writer.goesOn())
        }
    }

    @Test(arguments: Freezing.possible)
    func thawBySomebodyElseIsReported(_ freezing: Freezing) async throws {
        try await withWriter(freezing) { writer in
            var freezer = try writer.guarded()
            try freezer.freeze()
            try writer.subject.thaw()
            #expect(try await writer.goesOn())
            var caught: HostError?
            do throws(HostError) { _ = try freezer.thaw() } catch { caught = error }
            guard case .thawedEarly = caught else {
                Issue.record("the image would have been believed: \(String(describing: caught))")
                return
            }
        }
    }

    /// A fence does not wait for the end of a snapshot, whose data are then not used.
    @Test(arguments: Freezing.possible)
    func aFrozenServerIsKilled(_ freezing: Freezing) async throws {
        try await withWriter(freezing) { writer in
            var freezer = try writer.guarded()
            try freezer.freeze()
            let before = try writer.written()
            try await writer.server.remains.killAll()
            #expect(writer.server.remains.members().isEmpty)
            #expect(try writer.written() == before, "it ran on")
            var caught: HostError?
            do throws(HostError) { _ = try freezer.thaw() } catch { caught = error }
            // Ended processes that were stopped by signals make no difference to the guard: the caller asks for the server.
            if freezing != .signals { #expect(caught != nil, "the image would have been believed") }
        }
    }

    /// roostd dies by SIGKILL in the middle of a freeze.
    @Test(arguments: Freezing.possible)
    func parentsDeathThaws(_ freezing: Freezing) async throws {
        try await withWriter(freezing) { writer in
            let script = """
                import os, signal, subprocess, sys
                guard = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                assert guard.stdout.readline() == b"frozen\\n"
                print(guard.pid, flush=True)
                signal.pause()
                """
            let parent = Process()
            let output = Pipe()
            parent.executableURL = URL(filePath: "/usr/bin/python3")
            parent.arguments =
                ["-c", script, Programs.freezeGuard, "--deadline-ms", "60000"] + writer.subject.arguments
            parent.standardOutput = output
            try parent.run()
            let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
            let child = try #require(Int32(said.dropLast()))
            let before = try writer.written()
            #expect(try writer.written() == before)
            kill(parent.processIdentifier, SIGKILL)
            #expect(try await writer.goesOn())
            #expect(try await eventually { ProcessStatus(pid: child)?.isAlive != true })
        }
    }

    /// The guard was killed together with roostd.
    @Test(arguments: Freezing.possible)
    func groupIsThawedAtTheStart(_ freezing: Freezing) async throws {
        try await withWriter(freezing) { writer in
            guard case .group(let group, _) = writer.subject else { return }
            #expect(!group.isFrozen)
            let freezer = try #require(group.freezer)
            let file = freezing == .legacyGroup ? "/freezer.state" : "/cgroup.freeze"
            try #require(TextFile.write(freezing == .legacyGroup ? "FROZEN" : "1", to: freezer + file))
            #expect(group.isFrozen)
            try group.thaw()
            #expect(!group.isFrozen)
            #expect(try await writer.goesOn())
        }
    }

    @Test func whatIsNotThereIsNotFrozen() async throws {
        let layout = ControlGroups.Layout.legacy(["freezer": "/tmp/no-such-group"])
        let subject = FreezeSubject.group(ControlGroup(layout: layout))
        var freezer = try FreezeGuard(program: Programs.freezeGuard, subject: subject, deadline: .seconds(5))
        var caught: HostError?
        do throws(HostError) { try freezer.freeze() } catch { caught = error }
        guard case .notFrozen(let reason) = caught else {
            Issue.record("\(String(describing: caught))")
            return
        }
        #expect(reason.contains("/tmp/no-such-group"))
    }

    @Test func missingGuardIsTold() {
        #expect(throws: HostError.spawn(program: "/no/guard", step: "start the guard", errno: ENOENT)) {
            _ = try FreezeGuard(program: "/no/guard", subject: .processes([getpid()]), deadline: .seconds(1))
        }
    }
}
