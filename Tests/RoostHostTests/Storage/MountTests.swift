import Testing

@testable import RoostHost

struct MountTests {
    private static let list = """
        22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
        23 22 0:21 / /srv/a\\040b rw master:2 shared:3 - tmpfs none rw
        24 22 7:0 / /srv/pool rw,noatime - xfs /dev/loop0 rw,attr2
        25 22 7:1 /below /srv/pool rw - xfs /dev/loop1 rw
        26 22 0:22 / /srv/pool/deep rw - tmpfs  rw
        a line of another kind
        """

    @Test(arguments: [
        ("/", Mount(device: "254:0", fileSystem: "ext4", source: "/dev/vda")),
        ("/srv/a b", Mount(device: "0:21", fileSystem: "tmpfs", source: "none")),
        // The last one hides the others.
        ("/srv/pool", Mount(device: "7:1", fileSystem: "xfs", source: "/dev/loop1")),
        ("/srv/pool/deep", Mount(device: "0:22", fileSystem: "tmpfs", source: "")),
        ("/srv", nil), ("/srv/a", nil), ("/srv/poo", nil), ("/srv/a\\040b", nil),
    ])
    func readsTheKernelsList(path: String, mount: Mount?) {
        #expect(Mount.last(in: Self.list, at: path) == mount)
    }

    @Test(arguments: [
        ("/", true), ("/srv/pool", true), ("/srv", true), ("/srv/pool/deep", false), ("/srv/poo", false),
        ("/srv/a b", false),
    ])
    func tellsWhetherSomethingIsMountedBelow(path: String, isAny: Bool) {
        #expect(Mount.isAny(in: Self.list, below: path) == isAny)
    }

    @Test func findsWhatEveryMachineHas() throws {
        #expect(try Mount.at("/proc")?.fileSystem == "proc")
        #expect(try Mount.at("/proc/self") == nil)
        #expect(try Mount.at("/no/such/folder") == nil)
        #expect(throws: HostError.self) { _ = try Mount.at("proc") }
    }
}
