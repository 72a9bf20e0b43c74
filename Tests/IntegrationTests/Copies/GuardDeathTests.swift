import Foundation
import RoostModel
import Synchronization
import Testing

/// `roost-guard` dies in the midst of a freeze: its server runs on, and no image of that moment counts.
@Suite(
    .enabled(if: Programs.isRoot, "a pool is mounted, which needs root"),
    .enabled(
        if: FileManager.default.isExecutableFile(atPath: Programs.python),
        "the Python clients are not installed; scripts/setup --tests does it"))
struct GuardDeathTests {
    private static let row = CloneTests.mariadb

    @Test func aGuardThatIsKilledLeavesNothingFrozenAndNoHalfSnapshot() async throws {
        try await withRoost(mounts: .own) { roost in
            try await roost.makePool("2G")
            let service = try await roost.serve(Self.row)
            let ledger = try Ledger(Self.row, at: service.url, in: roost.folder)
            try await ledger.waitForMore()
            let daemon = try #require(roost.daemonPID)
            var asked: [(at: Date, low: Int)] = []
            var struck = 0
            // The delays let the kill hit different moments after the guard's start.
            for delay in [0, 0, 100, 300, 1000, 2000, 4000, 8000] {
                asked.append((Date(), ledger.last))
                let hunt = GuardHunt(of: daemon, after: UInt32(delay))
                let outcome = try await roost.roost("snapshot", "new", "it", "-A", "ramen", patience: .seconds(60))
                struck += hunt.end()
                #expect(outcome.status == 0 || outcome.errors.contains("the guard was killed"), "\(outcome)")
                try await eventually("nothing is frozen", within: .seconds(2)) { roost.frozenGroups.isEmpty }
                try await ledger.waitForMore()
            }
            #expect(struck > 0, "no guard was met")
            let whole = try await roost.roost("snapshot", "new", "it", "-A", "ramen")
            #expect(whole.status == 0, "\(whole)")
            for snapshot in try await roost.snapshots() where snapshot.createdAt < asked[asked.count - 1].at {
                let low = try #require(asked.last { $0.at < snapshot.createdAt }).low
                let clone = try await roost.clone("it", "check", "--at", snapshot.id, "-A", "ramen")
                let fault = try await Ledger.fault(Self.row, at: clone.url, low: low, high: ledger.last + 1)
                #expect(fault == nil, "\(fault ?? "")")
                try await roost.roost("clone", "rm", "check", "--yes").expectSuccess()
            }
            #expect(try ledger.end() == "", "no writer saw an error")
        }
    }
}

/// Kills all guards that a daemon starts, a moment after it sees them.
private final class GuardHunt: Sendable {
    private let isOver = Mutex(false)
    private let ended = DispatchSemaphore(value: 0)
    private let struck = Mutex(0)

    /// `microseconds`: between a guard's start and the kill.
    init(of daemon: Int32, after microseconds: UInt32) {
        Thread.detachNewThread { [self] in
            while !isOver.withLock({ $0 }) {
                for pid in Self.guards(of: daemon) {
                    usleep(microseconds)
                    if kill(pid, SIGKILL) == 0 { struck.withLock { $0 += 1 } }
                }
            }
            ended.signal()
        }
    }

    /// Returns the number of kills.
    func end() -> Int {
        isOver.withLock { $0 = true }
        ended.wait()
        return struck.withLock { $0 }
    }

    private static func guards(of daemon: Int32) -> [Int32] {
        // A process that ended meanwhile is no guard.
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(daemon)/task")) ?? []
        return threads.flatMap { thread in
            let text = FileManager.default.contents(atPath: "/proc/\(daemon)/task/\(thread)/children") ?? Data()
            return String(decoding: text, as: UTF8.self).split(separator: " ").compactMap { Int32($0) }
        }.filter { pid in
            let line = FileManager.default.contents(atPath: "/proc/\(pid)/comm") ?? Data()
            return String(decoding: line, as: UTF8.self) == "roost-guard\n"
        }
    }
}
