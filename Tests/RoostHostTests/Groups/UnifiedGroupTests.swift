import Foundation
import RoostModel
import Testing

@testable import RoostHost

/// cgroup v2. Machines with the memory and cpu controllers in v1 have them nowhere else: so limits and figures are
/// tested against a plain folder with the kernel's file names in it, which shows what is written, not what the kernel
/// makes of it.
@Suite(.timeLimit(.minutes(2)))
struct UnifiedGroupTests {
    /// Calls `body` with a group made in a folder, its files as the kernel makes them in a new group.
    private func withFolderAsGroup(_ body: (ControlGroup, String) throws -> Void) async throws {
        try await withFolder { root in
            let below = ["", "/roost", "/roost/tag", "/roost/tag/data.0"].map { root + $0 }
            for folder in below {
                try Storage.makeFolder(folder)
                try write("", to: folder + "/cgroup.subtree_control")
            }
            let folder = try #require(below.last)
            let files = [
                "memory.max": "max", "memory.high": "max", "memory.swap.max": "max", "memory.current": "1048576",
                "memory.stat": "anon 1\ninactive_file 48576\n", "memory.events": "low 0\noom 3\noom_kill 2\n",
                "cpu.max": "max 100000", "cpu.stat": "usage_usec 2500000\n", "cgroup.procs": "", "cgroup.kill": "",
            ]
            for (name, text) in files { try write(text, to: "\(folder)/\(name)") }
            let layout = ControlGroups.Layout.unified(root: root, controllers: ["memory", "cpu", "pids"])
            let group = try ControlGroups(layout: layout, homeTag: "tag").group("data.0")
            #expect(group.folders == [folder])
            for parent in below.dropLast() {
                #expect(try read(parent + "/cgroup.subtree_control") == "+cpu +memory +pids")
            }
            // No process is in the group itself: a group that passes controllers down may hold none.
            #expect(try read(folder + "/cgroup.subtree_control") == "")
            try body(group, folder)
        }
    }

    @Test func writesLimits() async throws {
        try await withFolderAsGroup { group, folder in
            try group.set(memory: .mebibytes(512), cpus: 1.5)
            #expect(try read(folder + "/memory.max") == "536870912")
            #expect(try read(folder + "/memory.high") == "max")
            #expect(try read(folder + "/memory.swap.max") == "0")
            #expect(try read(folder + "/cpu.max") == "150000 100000")
            try group.set(memory: nil, cpus: nil)
            #expect(try read(folder + "/memory.max") == "max")
            #expect(try read(folder + "/memory.swap.max") == "max")
            #expect(try read(folder + "/cpu.max") == "max 100000")
        }
    }

    /// cgroup v2 would kill the server instead of refusing the limit.
    @Test func refusesALimitBelowWhatIsInUse() async throws {
        try await withFolderAsGroup { group, folder in
            let limit = ByteCount(bytes: 1 << 19)
            #expect(throws: HostError.memoryInUse(limit: limit, usage: .mebibytes(1))) {
                try group.set(memory: limit, cpus: nil)
            }
            let limits = try ["max", "high"].map { try read("\(folder)/memory.\($0)") }
            #expect(limits == ["max", "max"])
        }
    }

    @Test func readsFigures() async throws {
        try await withFolderAsGroup { group, _ in
            let usage = try #require(group.usage())
            #expect(usage.cpuSeconds == 2.5)
            #expect(usage.memoryBytes == ByteCount(bytes: 1_000_000))
            #expect(group.oomKills() == 2)
        }
    }

    /// Runs on the machine's real v2 hierarchy, without controllers.
    @Test(.enabled(if: UnifiedRoot.path != nil, "no cgroup v2 hierarchy that can be written to"))
    func serverIsBornInItsGroupAndDiesWithIt() async throws {
        let root = try #require(UnifiedRoot.path)
        let groups = ControlGroups(
            layout: .unified(root: root, controllers: []),
            homeTag: "test-\(getpid())-\(UInt32.random(in: .min ... .max))")
        try await withFolder { folder in
            try Storage.makeFolder(folder + "/logs")
            let server = ServerFixture(folder: folder, group: try groups.group("data.0"), user: nil)
            let process = try server.spawn(script: "sleep 1000 & echo started; wait")
            _ = try await server.line(startingWith: "started")
            #expect(server.group?.members().count == 2)
            #expect(try read("/proc/\(process.pid)/cgroup").contains("0::/roost/\(groups.homeTag)/data.0\n"))
            server.group?.killAll()
            #expect(try await process.waitForExit() == .signalled(SIGKILL))
            try await server.remains.killAll()
            try server.group?.remove()
        }
        groups.removeEmpty()
    }
}

enum UnifiedRoot {
    static let path: String? = CgroupMounts.current().unified.flatMap {
        access("\($0)/cgroup.procs", W_OK) == 0 ? $0 : nil
    }
}
