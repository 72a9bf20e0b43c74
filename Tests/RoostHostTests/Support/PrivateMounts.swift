import Foundation
import RoostHost
import RoostModel
import Testing

@testable import RoostHost

/// Runs `body` on a thread with mounts of its own, in a temporary folder on the machine's disk. The mounts end with
/// the thread, also where the test's process is killed. Loop devices of files in that folder must be gone then.
func inPrivateMounts<Result: Sendable>(
    isolation: isolated (any Actor)? = #isolation, _ body: @Sendable (String) throws -> Result
) async throws -> Result {
    // Foundation's thread that awaits children begins with the first of them and never ends: it must not have the
    // mounts.
    try shell(":")
    return try await withFolder { folder in
        let thread = MountThread()
        let result: Swift.Result<Result, any Error>
        do {
            try await thread.enter()
            result = .success(try await thread.run { try body(folder) })
        } catch {
            result = .failure(error)
        }
        thread.end()
        // The kernel takes a namespace apart after its last thread has ended.
        #expect(try await eventually { try loopDevices(below: folder).isEmpty })
        return try result.get()
    }
}

/// Names of the loop devices that files below `folder` are bound to.
func loopDevices(below folder: String) throws -> [String] {
    try names(in: "/sys/block").filter { name in
        TextFile.read("/sys/block/\(name)/loop/backing_file")?.hasPrefix(folder + "/") ?? false
    }
}

/// An actor that runs on one thread of its own: a namespace of mounts can belong to a single thread.
private actor MountThread {
    private let loop = JobLoop()

    init() { loop.start() }

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Leaves the machine's mounts for a copy of them, which sends nothing back.
    func enter() throws {
        // Swift's Glibc module has neither the function nor its constants.
        let unshare = unsafeBitCast(
            try #require(dlsym(nil, "unshare")), to: (@convention(c) (Int32) -> Int32).self)
        let filesAndMounts: Int32 = 0x200 | 0x20000
        let privateAndBelow = UInt(1 << 18 | 1 << 14)
        try #require(unshare(filesAndMounts) == 0)
        try #require(mount("none", "/", nil, privateAndBelow, nil) == 0)
    }

    func run<Result: Sendable>(_ body: @Sendable () throws -> Result) throws -> Result { try body() }

    nonisolated func end() { loop.end() }
}

private final class JobLoop: SerialExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var ended = false
    }

    private let state = NSCondition()
    // Only touched with the condition's lock held.
    nonisolated(unsafe) private var guarded = State()

    func start() {
        let thread = Thread { while let job = self.next() { job.runSynchronously(on: self.asUnownedSerialExecutor()) } }
        thread.stackSize = 4 << 20
        thread.start()
    }

    func end() {
        state.withLock { guarded.ended = true }
        state.signal()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { guarded.jobs.append(job) }
        state.signal()
    }

    /// Waits for a job; nil at the end.
    private func next() -> UnownedJob? {
        state.withLock {
            while guarded.jobs.isEmpty && !guarded.ended { state.wait() }
            return guarded.jobs.isEmpty ? nil : guarded.jobs.removeFirst()
        }
    }
}
