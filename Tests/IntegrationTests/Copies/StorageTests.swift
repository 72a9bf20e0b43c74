import Foundation
import RoostModel
import Testing

/// The pool: made, grown, lost and full, and the copies in it.
@Suite(
    .enabled(if: Programs.isRoot, "a pool is mounted, which needs root"),
    .enabled(
        if: FileManager.default.isExecutableFile(atPath: Programs.python),
        "the Python clients are not installed; scripts/setup --tests does it"))
struct StorageTests {
    @Test func snapshotsAndClonesShareTheirBlocksInAPool() async throws {
        try await withRoost(mounts: .own) { roost in
            let before = try await roost.storage()
            #expect(before.pool == nil && before.method == "copy", "\(before)")
            try await roost.makePool()
            let again = try await roost.problem("storage", "init", "--size", "1G")
            #expect(again.error.code == "already_exists")
            _ = try await roost.serve(CloneTests.mariadb)
            _ = try await roost.clone("it", "copy", "-A", "ramen")
            let now = try await roost.storage()
            #expect(now.method == "reflink" && now.pool?.state == "mounted")
            #expect(now.items.allSatisfy { $0.place == "pool" }, "\(now.items)")
            let clone = try #require(now.items.first { $0.kind == "clone" })
            #expect(clone.sharedBytes.bytes > clone.exclusiveBytes.bytes, "\(clone)")
            let snapshot = try #require(try await roost.snapshots().first)
            #expect(snapshot.reason == "clone" && snapshot.method == "reflink")
            #expect((snapshot.pauseMilliseconds ?? 0) > 0)

            let grown = try await roost.roost("storage", "grow", "--size", "1200M")
            #expect(grown.status == 0, "\(grown)")
            let larger = try await roost.storage().pool
            #expect((larger?.sizeBytes.bytes ?? 0) > (now.pool?.sizeBytes.bytes ?? 0))
        }
    }

    @Test func thePoolIsBackAfterAStopOfEverything() async throws {
        try await withRoost(mounts: .own) { roost in
            try await roost.makePool()
            let service = try await roost.serve(CloneTests.redis)
            _ = try await roost.ask(CloneTests.redis, service, "put", "day", "first")
            let clone = try await roost.clone("it", "copy", "-A", "ramen", "--durable")
            try await roost.stop(services: true).expectSuccess()
            let mounts = try #require(roost.mounts)
            #expect(
                try await mounts.run("/bin/mountpoint", "\(roost.home)/pool").status != 0,
                "unmounted with the last server")
            try await roost.start()
            try await roost.waitReady("it")
            #expect(try await roost.ask(CloneTests.redis, service, "get", "day") == "first")
            #expect(try await roost.ask(CloneTests.redis, at: clone.url, "get", "day") == "first")
        }
    }

    /// A pool that is not mounted is no empty pool.
    @Test func nothingIsInitialisedBesideAPoolThatIsMissing() async throws {
        try await withRoost(mounts: .own) { roost in
            try await roost.makePool()
            _ = try await roost.serve(CloneTests.redis)
            try await roost.stop(services: true).expectSuccess()
            try FileManager.default.moveItem(atPath: "\(roost.home)/pool.img", toPath: "\(roost.home)/pool.away")
            try Data("no file system".utf8).write(to: URL(filePath: "\(roost.home)/pool.img"))
            try await roost.start()
            let info = try await roost.info("it")
            #expect(info.state == .down && info.problems.contains { $0.contains("is not mounted") }, "\(info)")
            let pushed = try await roost.tryPush(CloneTests.redis.file(), to: "second")
            #expect(pushed.status != 0 && pushed.errors.contains("is not mounted"), "\(pushed)")
            let doctor = try await roost.roost("doctor")
            #expect(doctor.output.contains("pool"), "\(doctor)")
            let destroying = try await roost.roost("destroy", "it", "-A", "ramen", "--yes", "--no-keep")
            #expect(destroying.status != 0 && destroying.errors.contains("is not mounted"), "\(destroying)")
            await roost.terminateDaemon()
            try FileManager.default.removeItem(atPath: "\(roost.home)/pool.img")
            try FileManager.default.moveItem(atPath: "\(roost.home)/pool.away", toPath: "\(roost.home)/pool.img")
            // The destruction is carried out once the pool can be seen.
            try await roost.start()
            try await eventually("it is destroyed") {
                try await roost.problem("info", "it", "-A", "ramen").error.code == "service_not_found"
            }
            #expect(roost.instanceFolders.isEmpty)
        }
    }

    @Test func aServiceThatIsOlderThanThePoolMovesIn() async throws {
        try await withRoost(mounts: .own) { roost in
            let service = try await roost.serve(CloneTests.mariadb)
            _ = try await roost.ask(CloneTests.mariadb, service, "put", "day", "first")
            try await roost.makePool()
            try await roost.roost("storage", "move", "it", "-A", "ramen", "--yes").expectSuccess()
            let item = try #require(try await roost.storage().items.first { $0.kind == "instance" })
            #expect(item.place == "pool")
            #expect(try await roost.info("it", showPassword: true).url == service.url)
            #expect(try await roost.ask(CloneTests.mariadb, service, "get", "day") == "first")
            #expect(
                try await roost.problem("storage", "move", "it", "-A", "ramen", "--yes").error.code == "already_exists")
        }
    }

    @Test func ofTwoAtOnceOneIsMade() async throws {
        try await withRoost(mounts: .own) { roost in
            async let first = roost.roost("storage", "init", "--size", "1G")
            async let second = roost.roost("storage", "init", "--size", "1G")
            let outcomes = try await [first, second]
            #expect(outcomes.count { $0.status == 0 } == 1, "\(outcomes)")
            #expect(outcomes.contains { $0.errors.contains("pool") }, "\(outcomes)")
            _ = try await roost.serve(CloneTests.redis)
            #expect(try await roost.storage().items.map(\.place) == ["pool"])
        }
    }

    // MARK: A full pool

    /// Copies are refused with the figure, and databases go on.
    @Test func whatIsKeptForDatabasesIsNoCopys() async throws {
        try await withRoost(mounts: .own) { roost in
            try await roost.makePool()
            let row = CloneTests.redis
            let service = try await roost.serve(row)
            try await roost.roost("template", "add", "kept", "--from", "ramen/it").expectSuccess()
            let filler = try await roost.fillPool(leaving: 40 << 20)
            for words in [
                ["clone", "kept"], ["clone", "it", "copy", "-A", "ramen"], ["snapshot", "new", "it", "-A", "ramen"],
                ["template", "refresh", "kept"],
            ] {
                let outcome = try await roost.roost(words)
                #expect(
                    outcome.status != 0 && outcome.errors.contains("must stay free for running databases"), "\(outcome)"
                )
            }
            #expect(try await roost.ask(row, service, "put", "day", "first") == "")
            let doctor = try await roost.roost("doctor")
            #expect(doctor.output.contains("roost storage grow"), "\(doctor)")
            for clone in try await roost.clones() {
                // What a failed command made goes away by itself.
                let removed = try await roost.roost("clone", "rm", clone.name, "--yes")
                #expect(removed.status == 0 || removed.errors.contains("there is no clone"), "\(removed)")
            }
            try FileManager.default.removeItem(atPath: filler)
            let clone = try await roost.clone("it", "copy", "-A", "ramen")
            #expect(try await roost.ask(row, at: clone.url, "get", "day") == "first")
            _ = try await roost.clone("kept")
        }
    }

    /// The size of an imported dump is not known before.
    @Test func anImportThatFillsThePoolIsEndedBeforeDatabasesSuffer() async throws {
        try await withRoost(mounts: .own) { roost in
            try await roost.makePool("2G")
            let row = CloneTests.mariadb
            let service = try await roost.serve(row)
            let ledger = try Ledger(row, at: service.url, in: roost.folder)
            try await ledger.waitForMore()
            _ = try await roost.fillPool(leaving: 900 << 20)
            let dump = "\(roost.folder)/large.sql"
            try Data(
                "CREATE TABLE large ENGINE=InnoDB AS SELECT seq, REPEAT('x', 400) AS text FROM seq_1_to_4000000;\n".utf8
            ).write(to: URL(filePath: dump))
            let before = try await roost.storage().pool?.freeBytes.bytes ?? 0
            let outcome = try await roost.roost(
                ["template", "add", "large", "--dump", dump, "--type", "mariadb"], patience: .seconds(300))
            #expect(
                outcome.status != 0 && outcome.errors.contains("must stay free for running databases"), "\(outcome)")
            try await ledger.waitForMore()
            #expect(try ledger.end() == "", "no writer saw an error")
            try await eventually("what it took is free again") {
                try await roost.storage().pool?.freeBytes.bytes ?? 0 > before - (100 << 20)
            }
            let template = try await roost.template("large")
            #expect(template.state == .failed && template.version == nil, "\(template)")
            try await roost.roost("template", "rm", "large", "--yes").expectSuccess()
        }
    }

    @Test func aServiceThatDoesNotFitStaysWhereItIs() async throws {
        try await withRoost(mounts: .own) { roost in
            let row = CloneTests.mariadb
            let service = try await roost.serve(row)
            _ = try await roost.ask(row, service, "put", "day", "first")
            let pid = try await roost.pid("it")
            try await roost.makePool()
            let filler = try await roost.fillPool(leaving: 200 << 20)
            let problem = try await roost.problem("storage", "move", "it", "-A", "ramen", "--yes")
            #expect(problem.error.code == "disk_full" && problem.error.message.contains("must stay free"), "\(problem)")
            #expect(try await roost.pid("it") == pid, "it was not even stopped")
            try FileManager.default.removeItem(atPath: filler)
            try await roost.roost("storage", "move", "it", "-A", "ramen", "--yes").expectSuccess()
            #expect(try await roost.ask(row, service, "get", "day") == "first")
        }
    }
}

extension Roost {
    /// Fills the pool but for so many bytes.
    func fillPool(leaving bytes: Int64) async throws -> String { try await fill("\(home)/pool", leaving: bytes) }

    /// Fills a folder of the home with a file, wherever the folder is mounted; returns the file's path as seen from
    /// here.
    func fill(_ folder: String, leaving bytes: Int64) async throws -> String {
        let path = reach("\(folder)/filler")
        var space = statvfs()
        try #require(statvfs(reach(folder), &space) == 0)
        let free = Int64(space.f_bavail) * Int64(space.f_frsize)
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        try #require(file >= 0, "\(path): errno \(errno)")
        defer { close(file) }
        try #require(posix_fallocate(file, 0, off_t(free - bytes)) == 0)
        return path
    }
}
