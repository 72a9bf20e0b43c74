import Foundation
import RoostAPI
import RoostModel
import Testing

/// A changed `version:` between two real servers: this machine's MariaDB 10.11 and the 11.8 of a tarball.
@Suite(.enabled(if: VendorTarball.mariadb.isHere, VendorTarball.mariadb.absence))
struct UpgradeTests {
    @Test func aNewerVersionTakesOverTheDataAndNoOlderOneDoes() async throws {
        try await withUpgrade { roost, first in
            let pushed = try await roost.push(Self.file("11.8"))
            #expect(pushed.errors.contains("a snapshot is kept"), "\(pushed)")
            try await isUpgraded(roost, first)

            let image = try #require(try await snapshots(roost).first)
            #expect(image.reason == "upgrade" && image.engine == first.engine, "\(image)")
            let back = try await roost.tryPush(Self.file("10.11"))
            #expect(back.status == 2 && back.errors.contains("a downgrade"), "\(back)")
            try await isUpgraded(roost, first)

            // The kept snapshot is of the old server's version, and is restored to that version.
            let refused = try await roost.problem("snapshot", "restore", "data", image.id, "-A", "ramen", "--yes")
            #expect(refused.error.message.contains("which cannot use its data"), "\(refused)")
            try await roost.roost("destroy", "data", "-A", "ramen", "--yes").expectSuccess()
            try await roost.roost("snapshot", "restore", "data", image.id, "-A", "ramen").expectSuccess()
            try await roost.waitReady()
            #expect(try await roost.info().engine == first.engine)
            #expect(try await roost.query("select s from orders.t order by n") == ["a", "ü"])
        }
    }

    @Test(arguments: ["data: hold clients", "data: snapshot", "data: upgrade data"])
    func aKilledDaemonGoesOnWhereItStopped(step: String) async throws {
        try await withUpgrade { roost, first in
            let body = try JSON.encode(PushRequest(buildFile: Self.file("11.8"), fileName: "roost.yml"))
            let answer = try await roost.api(
                "POST", ApplicationEndpoints.push.path(ApplicationName(checked: "ramen")), body: body)
            let operation = try #require(try JSON.decode(PushAnswer.self, from: answer.body).operation?.id)
            try await eventually("the step '\(step)' is done") {
                let now = try await roost.api("GET", OperationEndpoints.show.path(OperationPath(operation)))
                let info = try JSON.decode(OperationInfo.self, from: now.body)
                return info.state != .running || info.steps.contains { $0.name == step }
            }
            await roost.killDaemon()
            try await roost.start()
            try await eventually("it is upgraded") { try await roost.info().engine.hasPrefix("mariadb@11.8.") }
            try await isUpgraded(roost, first)
        }
    }

    /// The old server goes on with the data as they were, at the same address, and the reason is told.
    @Test func aNewServerThatDoesNotComeUpIsTakenBack() async throws {
        try await withUpgrade { roost, first in
            let engines = try await roost.json(ItemList<EngineInfo>.self, "engine", "ls").items
            let newer = try #require(engines.first { $0.engine.hasPrefix("mariadb@11.8.") }).engine
            let server = "\(roost.home)/engines/\(newer)/sbin/mariadbd"
            let script = try String(contentsOfFile: server, encoding: .utf8)
            // The broken server prints its version and checks settings as ever; as a service's server it ends.
            let broken = script.replacing(
                "#!/bin/sh\n", with: "#!/bin/sh\ncase \"$*\" in *--help*|*--version*) ;; *) exit 7 ;; esac\n")
            try Data(broken.utf8).write(to: URL(filePath: server))
            chmod(server, 0o755)

            let pushed = try await roost.tryPush(Self.file("11.8"))
            #expect(
                pushed.status == 1 && pushed.errors.contains("with its data from before the upgrade"), "\(pushed)")
            try await roost.waitReady()
            let info = try await roost.info(showPassword: true)
            #expect(info.engine == first.engine && info.url == first.url, "\(info)")
            #expect(info.problems.contains { $0.contains("the upgrade to \(newer) was rolled back") }, "\(info)")
            #expect(try await roost.query("select s from orders.t order by n") == ["a", "ü"])
        }
    }

    @Test(.enabled(if: Programs.isRoot, "only root can mount"))
    func whereTheImageDoesNotFitTheOldServerGoesOn() async throws {
        // Directories made ahead are off, because they would give way to the image.
        try await withUpgrade(arguments: ["--ready", "0"], mounts: .smallDisk(megabytes: 900)) { roost, first in
            _ = try await roost.fill(roost.home, leaving: 100 << 20)
            let pushed = try await roost.tryPush(Self.file("11.8"))
            #expect(pushed.status == 1 && pushed.errors.contains("it was not upgraded to mariadb@11.8."), "\(pushed)")
            #expect(pushed.errors.contains("but the disk of \(roost.home) has"), "\(pushed)")
            try await roost.waitReady()
            let info = try await roost.info(showPassword: true)
            #expect(info.engine == first.engine && info.url == first.url, "\(info)")
            #expect(try await roost.query("select s from orders.t order by n") == ["a", "ü"])
            #expect(try await snapshots(roost).isEmpty)
        }
    }

    // MARK: The service

    private static func file(_ version: String) -> String {
        BuildFiles.services("data: {type: mariadb, version: \"\(version)\", memory: 192M, databases: [orders]}")
    }

    /// A service of 10.11 with rows and a user of its own, in a home that also has 11.8.
    private func withUpgrade(
        arguments: [String] = ["--ready", "1"], mounts: MountPlan = .shared,
        _ body: (Roost, ServiceInfo) async throws -> Void
    ) async throws {
        let tarball = try #require(VendorTarball.mariadb.path)
        try await withRoost(arguments: arguments, mounts: mounts) { roost in
            try await roost.roost(["engine", "add", "mariadb", tarball], patience: .seconds(400)).expectSuccess()
            try await roost.push(Self.file("10.11"))
            let info = try await roost.info(showPassword: true)
            try #require(info.engine.hasPrefix("mariadb@10.11."), "\(info)")
            try await roost.query("create table orders.t (n int primary key, s text)")
            try await roost.query("insert into orders.t values (1, 'a'), (2, 'ü')")
            try await roost.query("create user shopper@localhost identified by 'x'")
            try await roost.query("grant select on orders.* to shopper@localhost")
            try await body(roost, info)
        }
    }

    private func isUpgraded(_ roost: Roost, _ first: ServiceInfo) async throws {
        try await roost.waitReady()
        let info = try await roost.info(showPassword: true)
        #expect(info.engine.hasPrefix("mariadb@11.8.") && info.state == .running, "\(info)")
        #expect(info.url == first.url && info.problems.isEmpty, "\(info)")
        #expect(try await roost.query("select version()").first?.hasPrefix("11.8.") == true)
        #expect(try await roost.query("select s from orders.t order by n") == ["a", "ü"])
        #expect(try await roost.query("show grants for shopper@localhost").contains { $0.contains("SELECT") })
        #expect(try await snapshots(roost).count == 1)
    }

    private func snapshots(_ roost: Roost) async throws -> [SnapshotInfo] {
        try await roost.json(ItemList<SnapshotInfo>.self, "snapshot", "ls", "data", "-A", "ramen").items
    }
}
