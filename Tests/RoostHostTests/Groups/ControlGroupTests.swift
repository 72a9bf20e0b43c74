import Foundation
import RoostModel
import Testing

@testable import RoostHost

/// Real processes in the machine's own cgroup v1.
@Suite(.timeLimit(.minutes(2)), .enabled(if: LegacyGroups.isUsable, "no cgroup v1 can be made here"))
struct ControlGroupTests {
    @Test func limitsArriveInTheKernel() async throws {
        try await withServer(grouping: .controlGroup) { server in
            let group = try #require(server.group)
            try group.set(memory: .mebibytes(64), cpus: 1.5)
            let memory = try #require(group.folder("memory"))
            let cpu = try #require(group.folder("cpu"))
            #expect(group.number(in: "\(memory)/memory.limit_in_bytes") == 64 << 20)
            #expect(group.number(in: "\(cpu)/cpu.cfs_quota_us") == 150_000)
            try group.set(memory: .mebibytes(96), cpus: 0.25)
            #expect(group.number(in: "\(memory)/memory.limit_in_bytes") == 96 << 20)
            if FileManager.default.fileExists(atPath: "\(memory)/memory.memsw.limit_in_bytes") {
                #expect(group.number(in: "\(memory)/memory.memsw.limit_in_bytes") == 96 << 20)
            }
            try group.set(memory: nil, cpus: nil)
            #expect(try #require(group.number(in: "\(memory)/memory.limit_in_bytes")) > 1 << 40)
            #expect(group.number(in: "\(cpu)/cpu.cfs_quota_us") == -1)
        }
    }

    @Test func tellsLimitsThatSomebodyElseHasChanged() async throws {
        try await withServer(grouping: .controlGroup) { server in
            let group = try #require(server.group)
            try group.set(memory: ByteCount(bytes: (64 << 20) + 1), cpus: 0.001)
            // The kernel rounds both limits.
            #expect(group.limitFault(memory: ByteCount(bytes: (64 << 20) + 1), cpus: 0.001) == nil)
            #expect(group.limitFault(memory: .mebibytes(96), cpus: 0.001)?.contains("memory limit") == true)
            #expect(group.limitFault(memory: .mebibytes(64), cpus: 2)?.contains("cpu limit") == true)
            #expect(group.limitFault(memory: .mebibytes(64), cpus: nil)?.contains("cpu limit") == true)
            try group.set(memory: nil, cpus: nil)
            #expect(group.limitFault(memory: nil, cpus: nil) == nil)
            #expect(group.limitFault(memory: .mebibytes(64), cpus: nil)?.contains("none") == true)
        }
    }

    @Test func refusesALimitBelowWhatIsInUse() async throws {
        try await withServer(grouping: .controlGroup) { server in
            let group = try #require(server.group)
            try group.set(memory: .mebibytes(256), cpus: nil)
            let process = try server.spawn(
                script: "x=$(head -c 40000000 /dev/zero | tr '\\0' x); echo full; sleep 1000")
            _ = try await server.line(startingWith: "full")
            let used = try #require(group.usage())
            #expect(used.memoryBytes > .mebibytes(38) && used.memoryBytes < .mebibytes(256))
            #expect(used.cpuSeconds > 0)
            let refusal = #expect(throws: HostError.self) { try group.set(memory: .mebibytes(16), cpus: nil) }
            if case .memoryInUse(let limit, let usage) = refusal {
                #expect(limit == .mebibytes(16) && usage > .mebibytes(38))
            } else {
                Issue.record("40 MB cannot be pushed below 16 MiB: \(String(describing: refusal))")
            }
            #expect(group.number(in: "\(try #require(group.folder("memory")))/memory.limit_in_bytes") == 256 << 20)
            #expect(process.isRunning)
            #expect(group.oomKills() == 0)
        }
    }

    @Test func countsWhatTheMemoryLimitKilled() async throws {
        try await withServer(grouping: .controlGroup) { server in
            let group = try #require(server.group)
            try group.set(memory: .mebibytes(16), cpus: nil)
            let process = try server.spawn(script: "x=$(head -c 400000000 /dev/zero | tr '\\0' x); echo full")
            _ = try await process.waitForExit()
            #expect(try #require(group.oomKills()) > 0)
            #expect(try !server.log().contains("full"))
        }
    }

    @Test func isRemovedOnlyWhenEmpty() async throws {
        try await withServer(grouping: .controlGroup) { server in
            let group = try #require(server.group)
            let process = try server.spawn("/bin/sleep", ["1000"])
            #expect(group.members() == [process.pid])
            #expect(throws: HostError.self) { try group.remove() }
            // Every controller has it: a failed removal must not leave some without.
            #expect(group.folders.allSatisfy { (try? read("\($0)/cgroup.procs")) == "\(process.pid)\n" })
            group.killAll()
            _ = try await process.waitForExit()
            try await server.remains.killAll()
            try group.remove()
            try group.remove()
            #expect(group.members().isEmpty)
        }
    }

    /// The group is frozen, as after a freezer that died before the thaw.
    @Test func startIntoAFrozenGroupEnds() async throws {
        try await withServer(grouping: .controlGroup) { server in
            let freezer = try #require(server.group?.folder("freezer")) + "/freezer.state"
            try #require(TextFile.write("FROZEN", to: freezer))
            defer { _ = TextFile.write("THAWED", to: freezer) }
            let late = HostError.spawn(
                program: "/bin/sleep", step: "get the process ready in time", errno: ETIMEDOUT)
            #expect(throws: late) {
                _ = try ServerLauncher.spawn(server.launch("/bin/sleep", ["1000"]), patienceMilliseconds: 3000)
            }
            let child = try #require(server.group?.members().first)
            try #require(TextFile.write("THAWED", to: freezer))
            #expect(try await eventually { ProcessStatus(pid: child) == nil })
        }
    }

    @Test func homesStayApart() throws {
        let homes = ["a", "b"].map {
            ControlGroups.detect(homeTag: "test-\(getpid())-\($0)\(UInt32.random(in: .min ... .max))")
        }
        let groups = try homes.map { try $0.group("data.0") }
        #expect(Set(groups.flatMap(\.folders)).count == 2 * groups[0].folders.count)
        for group in groups { try group.remove() }
        for home in homes { home.removeEmpty() }
        #expect(groups.flatMap(\.folders).allSatisfy { !FileManager.default.fileExists(atPath: $0) })
    }

    @Test(arguments: ["", "..", "a/b", ".hidden"])
    func refusesANameThatIsAPath(_ name: String) {
        #expect(throws: HostError.self) { _ = try ControlGroups.detect(homeTag: "test").group(name) }
    }
}

enum LegacyGroups {
    static let isUsable: Bool = {
        let groups = ControlGroups.detect(homeTag: "test-\(getpid())-legacy")
        defer { groups.removeEmpty() }
        if case .legacy = groups.layout { return true }
        return false
    }()
}
