import Foundation
import RoostModel
import Testing

@testable import RoostHost

struct MachineTests {
    @Test func knowsTheMachine() throws {
        #expect(Machine.cores >= 1)
        #expect(Machine.memoryTotal > Machine.memoryAvailable && Machine.memoryAvailable > .mebibytes(1))
        #expect(Machine.bootID.count == 36)
        #expect(try shell("uname -r") == Machine.kernel + "\n")
    }

    @Test func measuresAProcess() throws {
        let own = try #require(Machine.processMemory(pid: getpid()))
        #expect(own.resident > .mebibytes(1) && own.resident < Machine.memoryTotal)
        #expect(try #require(own.proportional) > .mebibytes(1))
        #expect(Machine.processMemory(pid: 1 << 30) == nil)
    }

    @Test func knowsUsers() {
        #expect(ServerUsers.user(named: "root")?.uid == 0)
        #expect(ServerUsers.user(named: "no-such-user") == nil)
        #expect(ServerUsers.caller.uid == geteuid())
        #expect(ServerUsers.pool(prefix: "no-such-user").isEmpty)
        #expect(ServerUsers.pool().allSatisfy { $0.uid != 0 && $0.name.hasPrefix("roost") })
    }

    /// The port is below the ephemeral range, so that no client's connection takes it meanwhile.
    @Test func findsAPortThatNobodyListensOn() throws {
        let range = try #require(PortRange("28100-28199"))
        let port = try #require(LoopbackPorts.firstFree(in: range, excluding: []))
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        // A listener on all addresses takes a server's loopback port as well.
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.rawValue.bigEndian
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(bound == 0 && listen(listener, 1) == 0)
        #expect(!LoopbackPorts.isFree(port))
        let next = try #require(LoopbackPorts.firstFree(in: range, excluding: []))
        #expect(next > port)
        #expect(LoopbackPorts.firstFree(in: range, excluding: [next]) != next)
        #expect(LoopbackPorts.firstFree(in: range, excluding: Set(range.ports)) == nil)
    }

    @Test func errorsAreSentences() {
        let errors: [(HostError, String)] = [
            (
                .spawn(program: "/bin/x", step: "run the program", errno: ENOENT),
                "cannot start /bin/x: failed to run the program: No such file or directory"
            ),
            (.noSpace(path: "/a"), "no space left for /a"),
            (.homeHeld(home: "/h", by: 7), "another roostd (process 7) is already running with the home /h"),
            (
                .memoryInUse(limit: .mebibytes(16), usage: .mebibytes(40)),
                "40 MiB are in use and cannot be reduced below 16M; the limit was not changed"
            ),
            (
                .pool(
                    .diskTooFull(
                        image: "/h/pool.img", needed: .gibibytes(8), free: .gibibytes(5), kept: .gibibytes(1))),
                "not enough space for /h/pool.img: it needs 8192 MiB, the disk has 5120 MiB free, and 1024 MiB must "
                    + "stay free"
            ),
            (
                .programMissing("mkfs.xfs", package: "xfsprogs"),
                "mkfs.xfs is not installed; install the package xfsprogs"
            ),
        ]
        for (error, text) in errors { #expect(error.description == text) }
    }

    @Test func whoListensOnAPortIsTold() throws {
        let table = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0100007F:7530 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000
               1: 0100007F:7530 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000
               2: 0100007F:7531 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0000000000000000
            """
        #expect(PortHolder.listeners(on: try #require(PortNumber(30000)), in: table) == ["4711"])
        #expect(PortHolder.listeners(on: try #require(PortNumber(30002)), in: table) == [])
        #expect(PortHolder.listeners(on: try #require(PortNumber(30000)), in: "") == [])
    }
}
