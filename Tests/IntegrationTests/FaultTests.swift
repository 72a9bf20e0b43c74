import Foundation
import RoostModel
import Testing

/// A daemon on a machine with taken ports, missing programs, unreadable files and full disks. The daemon loses
/// nothing and gives the reason, and once the cause is gone all is well again without anybody's help.
@Suite
struct FaultTests {
    private static let mounting: Comment = "mounting needs root"

    @Test func aSecondDaemonOnTheSameHomeIsRefused() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let pid = try await roost.pid()
            let second = try await Command.run(Programs.roostd, roost.daemonArguments)
            #expect(second.status == 1, "\(second)")
            #expect(second.errors.contains(roost.home))
            #expect(try await roost.isHealthy())
            #expect(try await roost.pid() == pid)
        }
    }

    @Test func twoHomesRunSideBySide() async throws {
        try await withRoost { first in
            try await withSecondRoost { second in
                try await first.push(BuildFiles.one)
                try await second.push(BuildFiles.one)
                try await first.query("create table t (n int)")
                #expect(try await second.query("show tables") == [])
            }
        }
    }

    /// With a listener's address or the Unix socket's path taken, the daemon ends with the reason, and leaves nothing
    /// behind.
    @Test func anAddressThatIsTakenLeavesNothingRunning() async throws {
        try await withRoost(startsDaemon: false) { roost in
            let port = roost.ports.api
            let thief = try #require(PortSlot.listen(on: port))
            defer { close(thief) }
            let tcp = try await Command.run(Programs.roostd, roost.daemonArguments)
            #expect(tcp.status == 1 && tcp.errors.contains("127.0.0.1:\(port)"), "\(tcp)")
            #expect(roost.processes.isEmpty, "\(roost.processes)")
            let off =
                ["--home", roost.home, "--listen", "off", "--ports", roost.ports.endpoints]
                + ["--internal-ports", roost.ports.internals]
            let myaas = try await Command.run(Programs.roostd, off + ["--myaas-listen", "127.0.0.1:\(port)"])
            #expect(myaas.status == 1 && myaas.errors.contains("--myaas-listen"), "\(myaas)")
            #expect(roost.processes.isEmpty, "\(roost.processes)")
            try FileManager.default.createDirectory(atPath: roost.socket, withIntermediateDirectories: true)
            let local = try await Command.run(Programs.roostd, off)
            #expect(local.status == 1 && local.errors.contains(roost.socket), "\(local)")
            #expect(roost.processes.isEmpty, "\(roost.processes)")
            try FileManager.default.removeItem(atPath: roost.socket)
        }
    }

    /// A store that is older than the router's table, as after a restore of a copy: the router fences one service,
    /// which reports it, and all other services are served.
    @Test func aRouteThatTheRouterFencesStandsInNoOthersWay() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            try await roost.push(BuildFiles.one, to: "second")
            try await roost.stop(services: true).expectSuccess()
            let path = "\(roost.home)/router/table.json"
            var table = try JSON.decode(
                RoutingTable.self, from: try Data(contentsOf: URL(filePath: path)))
            table.routes = table.routes.map { route in
                guard route.name == "ramen/data" else { return route }
                return Route(
                    name: route.name, purpose: route.purpose, wire: route.wire, reach: route.reach, port: route.port,
                    backend: route.backend, gate: route.gate, epoch: 9)
            }
            try JSON.encode(table).write(to: URL(filePath: path))
            try await roost.start()
            try await roost.waitReady(in: "second")
            #expect(try await roost.query("select 1", in: "second") == ["1"])
            try await eventually("the fenced route is told") {
                try await roost.info().problems.contains { $0.contains("route ramen/data stays at epoch 9") }
            }
            #expect(try await roost.info().problems.contains { $0.contains("roost recover") })
            // New services can be made beside it, and it can be destroyed.
            try await roost.push(BuildFiles.one, to: "third")
            try await roost.roost("destroy", "data", "-A", "ramen", "--yes").expectSuccess()
        }
    }

    /// An instance whose own port was taken while its server was down gets another one, and clients notice nothing.
    @Test func aServerWhoseOwnPortWasTakenGetsAnother() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let before = try await roost.info()
            try await roost.stop(services: true).expectSuccess()
            // Not the range's first port: that one may have been taken by another program when the service was made.
            let table = try JSON.decode(
                RoutingTable.self, from: try Data(contentsOf: URL(filePath: "\(roost.home)/router/table.json")))
            let own = try #require(table.routes.first { $0.name == "ramen/data" }).backend.port
            let thief = try #require(PortSlot.listen(on: own.number))
            defer { close(thief) }
            try await roost.start()
            try await roost.waitReady()
            #expect(try await roost.info().endpoint == before.endpoint)
            #expect(try await roost.query("select 1") == ["1"])
            let events = try await roost.roost("events", "-A", "ramen")
            #expect(events.output.contains("port_moved"), "\(events)")
        }
    }

    @Test func aPortThatSomebodyElseHasIsPassedOver() async throws {
        try await withRoost { roost in
            let range = try #require(PortRange(roost.ports.endpoints))
            let taken = range.ports.prefix(3).compactMap { PortSlot.listen(on: $0.number) }
            defer { for descriptor in taken { close(descriptor) } }
            #expect(taken.count == 3)
            try await roost.push(BuildFiles.one)
            #expect(try await roost.query("select 1") == ["1"])
        }
    }

    @Test func anEndpointWhosePortWasTakenMeanwhileComesBackWhenItIsFree() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            let before = try await roost.info(showPassword: true)
            try await roost.stop(services: true).expectSuccess()
            let port = before.endpoint.port
            let thief = try #require(PortSlot.listen(on: port.number))
            do {
                defer { close(thief) }
                try await roost.start()
                try await eventually("the taken port is named") {
                    try await roost.info().problems.contains { $0.contains("\(port)") }
                }
            }
            try await eventually("the endpoint serves") { try await roost.connect(before).status == 0 }
        }
    }

    @Test(.enabled(if: Programs.isRoot, mounting))
    func aServerWhoseProgramIsGoneWaitsForIt() async throws {
        try await withRoost(mounts: .own) { roost in
            try await roost.push(BuildFiles.one)
            let mounts = try #require(roost.mounts)
            let pid = try await roost.pid()
            let program = "/usr/sbin/mariadbd"
            // An empty file is mounted over the program, for this test's processes alone.
            try Data().write(to: URL(filePath: "\(roost.folder)/nothing"))
            try await mounts.run("/bin/mount", "--bind", "\(roost.folder)/nothing", program).expectSuccess()
            kill(pid, SIGKILL)
            try await eventually("the missing engine is named") {
                let info = try await roost.info()
                return info.state == .down && info.problems.contains { $0.contains("mariadb") }
            }
            let pushed = try await roost.tryPush(BuildFiles.one, to: "second")
            #expect(pushed.status != 0, "\(pushed)")
            try await mounts.run("/bin/umount", program).expectSuccess()
            try await roost.waitReady()
            #expect(try await roost.query("select 1") == ["1"])
        }
    }

    @Test(.enabled(if: Programs.isRoot, "only root's servers run as another user"))
    func aDataDirectoryThatTheServerCannotReadIsLeftAsItIs() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            try await roost.query("create table t as select 42 as n")
            let data = "\(roost.home)/instances/ramen/data.0/data"
            let owner = try #require(ProcessTable.userID(of: try await roost.pid()))
            let pid = try await roost.pid()
            chown(data, 0, 0)
            chmod(data, 0o700)
            kill(pid, SIGKILL)
            try await eventually("it is down, with a reason") {
                let info = try await roost.info()
                return info.state == .down && !info.problems.isEmpty
            }
            #expect(FileManager.default.fileExists(atPath: "\(data)/ibdata1"))
            chown(data, owner, owner)
            try await roost.waitReady()
            #expect(try await roost.query("select n from t") == ["42"])
        }
    }

    @Test func dataOfANewerServerIsNotStarted() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            try await roost.query("create table t as select 42 as n")
            let pid = try await roost.pid()
            let data = "\(roost.home)/instances/ramen/data.0/data"
            let marker = try #require(
                ["mariadb_upgrade_info", "mysql_upgrade_info"].map { "\(data)/\($0)" }
                    .first { FileManager.default.fileExists(atPath: $0) })
            let version = try #require(FileManager.default.contents(atPath: marker))
            // The file is written in place, so that owner and mode stay.
            let file = try FileHandle(forWritingTo: URL(filePath: marker))
            try file.truncate(atOffset: 0)
            try file.write(contentsOf: Data("99.1.2-MariaDB".utf8))
            kill(pid, SIGKILL)
            try await eventually("the newer version is named") {
                try await roost.info().problems.contains { $0.contains("99.1.2") }
            }
            try file.truncate(atOffset: 0)
            try file.seek(toOffset: 0)
            try file.write(contentsOf: version)
            try file.close()
            try await roost.waitReady()
            #expect(try await roost.query("select n from t") == ["42"])
        }
    }

    @Test(.enabled(if: Programs.isRoot, mounting))
    func aFullDiskStopsNothingThatRunsAndLosesNothing() async throws {
        try await withRoost(arguments: ["--ready", "1"], mounts: .smallDisk(megabytes: 700)) { roost in
            try await roost.push(BuildFiles.one)
            let disk = "\(roost.reach(roost.home))/filler"
            try await roost.withSession { session in
                try await session.query("create table t (n int)")
                try await session.query("insert into t values (1)")
                // dd fails when the disk is full, which is its purpose here.
                _ = try await Command.run("/bin/dd", ["if=/dev/zero", "of=\(disk)", "bs=64k", "status=none"])

                #expect(try await session.query("select n from t") == ["1"])
                #expect(try await roost.isHealthy())
                let refused = try await roost.tryPush(BuildFiles.one, to: "second")
                #expect(refused.status != 0, "\(refused)")
                #expect(refused.errors.lowercased().contains("space") || refused.errors.contains("full"), "\(refused)")
                // A daemon that is started on a full disk serves its existing services.
                await roost.killDaemon()
                try await roost.start()
                #expect(try await session.query("select n from t") == ["1"])

                try FileManager.default.removeItem(atPath: disk)
                try await session.query("insert into t values (2)")
            }
            try await roost.push(BuildFiles.one, to: "second")
            #expect(try await roost.query("select 1", in: "second") == ["1"])
            #expect(try await roost.query("select count(*) from t") == ["2"])
        }
    }

    @Test(.enabled(if: Programs.isRoot, "only root's servers run as another user"))
    func aHomeThatServersCannotReachIsRefused() async throws {
        try await withRoost(startsDaemon: false) { roost in
            chmod(roost.folder, 0o700)
            let outcome = try await Command.run(Programs.roostd, roost.daemonArguments)
            #expect(outcome.status != 0)
            #expect(outcome.errors.contains(roost.folder), "\(outcome)")
        }
    }

    @Test func aHomeWithTooLongAPathIsRefused() async throws {
        let home = "/tmp/" + String(repeating: "long/", count: 20)
        let outcome = try await Command.run(Programs.roostd, ["--home", home, "--listen", "off"])
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains("80"), "\(outcome)")
        #expect(!FileManager.default.fileExists(atPath: "/tmp/long"))
    }

    /// Guards `Leftovers`: the names that it looks for must exist while a server runs.
    @Test(.enabled(if: Programs.isRoot, "only root has run folders and control groups"))
    func whatTheFixtureLooksForExistsWhileAServerRuns() async throws {
        try await withRoost { roost in
            try await roost.push(BuildFiles.one)
            #expect(!Leftovers.runFolders(ofHome: roost.home).isEmpty)
            if try await roost.info().limitsEnforced { #expect(!Leftovers.groups(ofHome: roost.home).isEmpty) }
            #expect(roost.servers.count == 1 && roost.router != nil)
        }
    }
}
