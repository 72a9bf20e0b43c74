import Foundation
import RoostModel
import Testing

/// Snapshots of servers that are written to without pause: each snapshot is of one moment, whatever moves below it.
@Suite(
    .enabled(if: Programs.isRoot, "a pool is mounted, which needs root"),
    .enabled(
        if: FileManager.default.isExecutableFile(atPath: Programs.python),
        "the Python clients are not installed; scripts/setup --tests does it"))
struct SnapshotTests {
    /// ROOST_SNAPSHOTS sets a larger number of rounds.
    private static let rounds = ProcessInfo.processInfo.environment["ROOST_SNAPSHOTS"].flatMap { Int($0) } ?? 2
    /// Each writes as fast as it can: four of them leave other tests little of a small machine.
    private static let writers = rounds > 2 ? ["", "b", "c", "d"] : ["", "b"]

    @Test(arguments: EngineRow.ofCopies)
    func eachIsOneMomentOfARunningServer(_ row: EngineRow) async throws {
        try await withRoost(mounts: .own) { roost in
            try await roost.makePool("3G")
            try await momentsAreWhole(roost, row)
        }
    }

    /// On a btrfs an engine that syncs all it relies on is snapshotted as a subvolume, which is never counted as
    /// bytes.
    @Test(arguments: EngineRow.ofCopies.filter { ["mariadb", "redis"].contains($0.type) })
    func eachIsOneMomentOnABtrfs(_ row: EngineRow) async throws {
        try await withRoost(mounts: .btrfs(megabytes: 4096)) { roost in
            let methods = try await momentsAreWhole(roost, row)
            // Redis acknowledges before it syncs, so it has to stand still for its image. On a busy machine that may
            // take longer than is allowed, and then the engine copies itself.
            #expect(
                row.type == "redis" ? methods.isSubset(of: ["reflink", "rdb"]) : methods == ["subvolume"], "\(methods)")
            _ = try await roost.fill(roost.home, leaving: 350 << 20)
            try await roost.roost("snapshot", "new", "it", "-A", "ramen").expectSuccess()
        }
    }

    @discardableResult
    private func momentsAreWhole(_ roost: Roost, _ row: EngineRow) async throws -> Set<String> {
        try await roost.add(row)
        // Writers for as long as fifty rounds take are too much for the table's small services.
        try await roost.push(row.file(memory: "512M"))
        let service = try await roost.info("it", showPassword: true)
        let ledgers = try Self.writers.map { try Ledger(row, at: service.url, in: roost.folder, name: $0) }
        for ledger in ledgers { try await ledger.waitForMore() }
        var methods: Set<String> = []
        for round in 1...Self.rounds {
            let (id, bounds) = try await snapshot(roost, ledgers)
            let clone = try await roost.clone("it", "moment", "--at", id, "-A", "ramen")
            for (ledger, (low, high)) in zip(ledgers, bounds) {
                let fault = try await Ledger.fault(row, at: clone.url, name: ledger.name, low: low, high: high)
                #expect(fault == nil, "round \(round): \(fault ?? "")")
            }
            if row.type == "postgresql" { try await indexesAreSound(clone) }
            try await roost.roost("clone", "rm", "moment", "--yes").expectSuccess()
            let info = try #require(try await roost.snapshots().first { $0.id == id })
            methods.insert(info.method)
            for ledger in ledgers { try await ledger.waitForMore() }
        }
        print("\(row.testDescription): \(Self.rounds) snapshots by \(methods.sorted().joined(separator: ", "))")
        for ledger in ledgers { #expect(try ledger.end() == "", "no writer saw an error") }
        let frozen = roost.frozenGroups
        #expect(frozen == [])
        return methods
    }

    /// The snapshot's id, and each ledger's least and greatest last entry when it was taken.
    private func snapshot(_ roost: Roost, _ ledgers: [Ledger]) async throws -> (String, [(Int, Int)]) {
        let paths = ledgers.map(\.path)
        @Sendable func acknowledged() -> [Int] { paths.map(Ledger.last) }
        var low = acknowledged()
        async let command = roost.roost("snapshot", "new", "it", "-A", "ramen", "--max-pause", "2s")
        let watch = Task { () -> [Int]? in
            var seen: [Int]?
            while !Task.isCancelled {
                if roost.frozenGroups != [] {
                    let now = acknowledged()
                    // The group is frozen, so nothing was acknowledged after the image.
                    if roost.frozenGroups != [] { seen = now }
                }
                // The test looks each millisecond; a freeze that it misses is checked less strictly.
                try? await Task.sleep(for: .milliseconds(1))
            }
            return seen
        }
        let taken = try await command
        watch.cancel()
        if let seen = await watch.value { low = seen }
        try #require(taken.status == 0, "\(taken)")
        // A further entry may have been committed and not acknowledged yet.
        return (taken.output.trimmingCharacters(in: .newlines), zip(low, acknowledged()).map { ($0, $1 + 1) })
    }

    /// Runs the engine's own check, which needs a superuser: over the private socket, as Roost's own account.
    private func indexesAreSound(_ clone: CloneInfo) async throws {
        let pid = try #require(clone.pid)
        let words =
            FileManager.default.contents(atPath: "/proc/\(pid)/cmdline")
            .map { String(decoding: $0, as: UTF8.self).split(separator: "\0").map(String.init) } ?? []
        let socket = try #require(
            words.compactMap { $0.split(separator: "=").last.map(String.init) }
                .first { $0.hasPrefix("/run/") && !$0.hasSuffix(".pid") }, "\(words)")
        let port = try #require(words.first { $0.hasPrefix("port=") }?.dropFirst(5))
        let outcome = try await Command.run(
            "/usr/bin/psql",
            [
                "-X", "-v", "ON_ERROR_STOP=1", "-h", socket, "-p", String(port), "-U", "roost_admin", "-d",
                clone.database,
                "-c", "create extension if not exists amcheck",
                "-c",
                "select bt_index_check(oid, true) from pg_class where relkind = 'i' and relpersistence = 'p' "
                    + "and relam = (select oid from pg_am where amname = 'btree')",
            ])
        #expect(outcome.status == 0, "\(outcome)")
    }

    // MARK: Kept and removed

    @Test func theNewestAreKeptAndAnyCanBeRemovedAndBroughtBack() async throws {
        try await withRoost(mounts: .own) { roost in
            try await roost.makePool()
            let row = CloneTests.redis
            let service = try await roost.serve(row)
            for day in ["first", "second", "third"] {
                _ = try await roost.ask(row, service, "put", "day", day)
                try await roost.roost("snapshot", "new", "it", "-A", "ramen", "--keep-last", "2", "--keep", "1h")
                    .expectSuccess()
            }
            let kept = try await roost.snapshots()
            #expect(kept.count == 2 && kept.allSatisfy { $0.reason == "manual" && $0.expiresAt != nil }, "\(kept)")
            let second = try #require(kept.first)
            try await roost.roost("snapshot", "restore", "it", second.id, "-A", "ramen", "--yes").expectSuccess()
            #expect(try await roost.ask(row, service, "get", "day") == "second")
            let clone = try await roost.clone("it", "copy", "--at", second.id, "-A", "ramen")
            let used = try await roost.problem("snapshot", "rm", "it", second.id, "-A", "ramen", "--yes")
            #expect(used.error.code == "conflict" && used.error.message.contains("needed by a clone"), "\(used)")
            try await roost.roost("clone", "rm", clone.name, "--yes").expectSuccess()
            #expect(try await roost.problem("snapshot", "rm", "it", second.id, "-A", "ramen").status == 4)
            try await roost.roost("snapshot", "rm", "it", second.id, "-A", "ramen", "--yes").expectSuccess()
            #expect(try await roost.snapshots().map(\.id).contains(second.id) == false)
        }
    }

    @Test func aServiceThatIsStoppedForItGoesOnBehindIt() async throws {
        try await withRoost { roost in
            let row = CloneTests.redis
            let service = try await roost.serve(row)
            _ = try await roost.ask(row, service, "put", "day", "first")
            let pid = try await roost.pid("it")
            try await roost.roost("snapshot", "new", "it", "-A", "ramen", "--stop").expectSuccess()
            #expect(try await roost.pid("it") != pid)
            #expect(try await roost.ask(row, service, "get", "day") == "first")
            let snapshot = try #require(try await roost.snapshots().first)
            #expect(snapshot.reason == "manual" && snapshot.pauseMilliseconds == nil, "\(snapshot)")
        }
    }

    /// A pause longer than allowed does not happen: the slower way is taken and named, or the reason is given.
    @Test func aPauseThatIsTooLongIsNotMade() async throws {
        try await withRoost(mounts: .own) { roost in
            try await roost.makePool()
            let row = CloneTests.mariadb
            let service = try await roost.serve(row)
            _ = try await roost.ask(row, service, "put", "day", "first")
            // A freeze and thaw takes longer than this.
            let taken = try await roost.roost("snapshot", "new", "it", "-A", "ramen", "--max-pause", "1ms")
            if taken.status == 0 {
                let snapshot = try #require(try await roost.snapshots().last)
                // Accepted: the slower way, or a freeze that fitted into the least time that a freeze is given.
                #expect(["mariadb-backup", "reflink"].contains(snapshot.method), "\(snapshot)")
                #expect(snapshot.pauseMilliseconds != nil, "\(snapshot)")
            } else {
                #expect(taken.errors.contains("--max-pause"), "\(taken)")
            }
            #expect(try await roost.ask(row, service, "get", "day") == "first")
            #expect(roost.frozenGroups == [])
        }
    }
}

extension Roost {
    /// The control groups of this home that are frozen.
    var frozenGroups: [String] {
        Leftovers.groups(ofHome: home).flatMap { folder -> [String] in
            // A group that went away meanwhile is frozen no more.
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            return names.map { "\(folder)/\($0)" }.filter { group in
                func text(_ file: String) -> String {
                    FileManager.default.contents(atPath: "\(group)/\(file)").map { String(decoding: $0, as: UTF8.self) }
                        ?? ""
                }
                return text("freezer.state").hasPrefix("FR") || text("cgroup.freeze").hasPrefix("1")
            }
        }
    }
}
