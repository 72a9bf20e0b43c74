import Testing

@testable import RoostHost

struct ControlGroupsTests {
    @Test func readsMountsOfBothVersions() {
        let text = """
            22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
            33 32 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct
            34 32 0:31 / /sys/fs/cgroup/memory rw,nosuid shared:10 master:2 - cgroup cgroup rw,memory
            35 32 0:32 / /sys/fs/cgroup/systemd rw - cgroup systemd rw,name=systemd
            36 32 0:33 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate
            broken line
            """
        let mounts = CgroupMounts(mountInfo: text)
        #expect(mounts.unified == "/sys/fs/cgroup/unified")
        let shared = "/sys/fs/cgroup/cpu,cpuacct"
        #expect(mounts.legacy == ["cpu": shared, "cpuacct": shared, "memory": "/sys/fs/cgroup/memory"])
    }

    @Test func saysWhyThereAreNoLimits() {
        let groups = ControlGroups(layout: .none(reason: "it is not root"), homeTag: "tag")
        #expect(groups.summary.enforcesLimits == false)
        #expect(groups.summary.text == "no limits: it is not root")
        #expect(throws: HostError.self) { _ = try groups.group("data.0") }
    }

    @Test func takesTheVersionThatCanLimit() async throws {
        try await withFolder { folder in
            let memory = ["memory": "/sys/fs/cgroup/memory"]
            try write("cpuset io\n", to: folder + "/cgroup.controllers")
            var mounts = CgroupMounts(mountInfo: "")
            #expect(ControlGroups.candidates(mounts).isEmpty)
            mounts.unified = folder
            #expect(ControlGroups.candidates(mounts).isEmpty)
            mounts.legacy = memory
            #expect(ControlGroups.candidates(mounts) == [.legacy(memory)])
            try write("cpu io memory pids\n", to: folder + "/cgroup.controllers")
            let unified = ControlGroups.Layout.unified(root: folder, controllers: ["cpu", "memory", "pids"])
            #expect(ControlGroups.candidates(mounts) == [unified, .legacy(memory)])
        }
    }
}
