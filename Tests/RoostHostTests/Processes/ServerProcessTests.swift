import Foundation
import Testing

@testable import RoostHost

@Suite(.timeLimit(.minutes(2)))
struct ServerProcessTests {
    @Test(arguments: [
        ("exit 3", RoostHost.ExitStatus.exited(3)), ("kill -9 $$", .signalled(9)), ("exit 0", .exited(0)),
    ])
    func tellsHowItEnded(script: String, status: RoostHost.ExitStatus) async throws {
        try await withServer { server in
            let process = try server.spawn(script: script)
            #expect(try await process.waitForExit() == status)
            #expect(!process.isRunning)
            // A later caller gets the status as well.
            #expect(try await process.waitForExit() == status)
            #expect(throws: HostError.processGone(process.pid)) { try process.signal(SIGTERM) }
        }
    }

    @Test func allWaitersHearOfTheEnd() async throws {
        try await withServer { server in
            let process = try server.spawn("/bin/sleep", ["1000"])
            #expect(process.isRunning)
            let heard = try await withThrowingTaskGroup(of: RoostHost.ExitStatus.self) { group in
                for _ in 0..<5 { group.addTask { try await process.waitForExit() } }
                try process.signal(SIGINT)
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(heard == Array(repeating: .signalled(SIGINT), count: 5))
        }
    }

    @Test func cancelledWaiterGivesUpAndTheServerRunsOn() async throws {
        try await withServer { server in
            let process = try server.spawn("/bin/sleep", ["1000"])
            let waiter = Task { try await process.waitForExit() }
            waiter.cancel()
            await #expect(throws: CancellationError.self) { _ = try await waiter.value }
            #expect(process.isRunning)
        }
    }

    @Test func aWaitWithADeadlineTellsWhetherItEnded() async throws {
        try await withServer { server in
            let process = try server.spawn("/bin/sleep", ["1000"])
            #expect(await process.waitForExit(within: .milliseconds(1)) == nil)
            #expect(process.isRunning)
            try process.signal(SIGTERM)
            #expect(await process.waitForExit(within: .seconds(60)) == .signalled(SIGTERM))
            // A later caller gets the status as well.
            #expect(await process.waitForExit(within: .seconds(60)) == .signalled(SIGTERM))
        }
    }

    @Test func aCancelledWaitWithADeadlineEndsAtOnce() async throws {
        try await withServer { server in
            let process = try server.spawn("/bin/sleep", ["1000"])
            let waiter = Task { await process.waitForExit(within: .seconds(1000)) }
            waiter.cancel()
            #expect(await waiter.value == nil)
            #expect(process.isRunning)
        }
    }

    @Test func childThatNobodyKeepsIsReaped() async throws {
        try await withServer { server in
            let pid = try server.spawn("/bin/true").pid
            #expect(try await eventually { ProcessStatus(pid: pid) == nil })
        }
    }

    @Test func watchesLeaveNoDescriptorOpen() async throws {
        try await withServer { server in
            func pidfds() throws -> Int {
                try names(in: "/proc/self/fd").filter { name in
                    let text = try? read("/proc/self/fdinfo/\(name)")
                    return text?.contains("\nPid:\t\(getpid())\n") == false && text?.contains("\nPid:\t-1\n") == true
                }.count
            }
            for _ in 0..<20 { _ = try await server.spawn("/bin/true").waitForExit() }
            // Descriptors of dead processes: those of this test would be twenty, other tests have few at a time.
            #expect(try await eventually { try pidfds() < 20 })
        }
    }
}
