import Foundation
import RoostModel
import Testing

/// Clones as their users see them, of every type, in a pool and on a disk without reflinks.
@Suite(
    .enabled(if: Programs.isRoot, "a pool is mounted, which needs root"),
    .enabled(
        if: FileManager.default.isExecutableFile(atPath: Programs.python),
        "the Python clients are not installed; scripts/setup --tests does it"))
struct CloneTests {
    static let mariadb = EngineRow.all[0]
    static let redis = EngineRow.here.first { $0.type == "redis" } ?? EngineRow.all[0]

    @Test(arguments: EngineRow.ofCopies)
    func aCloneIsACopyOfItsOwn(_ row: EngineRow) async throws {
        try await withRoost(mounts: .own) { roost in
            try await roost.makePool("2G")
            let original = try await roost.serve(row)
            _ = try await roost.ask(row, original, "put", "day", "first")
            let clone = try await roost.clone("it", "copy", "-A", "ramen")
            #expect(clone.state == .running && clone.source == "ramen/it" && clone.sourceKind == "service", "\(clone)")
            #expect(clone.database == original.database && clone.endpoint != original.endpoint)
            #expect(clone.password != original.password, "it has credentials of its own")

            #expect(try await roost.ask(row, at: clone.url, "get", "day") == "first")
            _ = try await roost.ask(row, at: clone.url, "put", "day", "copied")
            #expect(try await roost.ask(row, original, "get", "day") == "first", "they do not meet")
            let foreign = original.url?.replacing(":\(original.endpoint.port)", with: ":\(clone.endpoint.port)")
            await #expect(throws: Unexpected.self, "the original's password is none here") {
                try await roost.ask(row, at: foreign, "get", "day")
            }

            try await roost.roost("clone", "reset", "copy", "--yes").expectSuccess()
            #expect(try await roost.ask(row, at: clone.url, "get", "day") == "first", "the same address and password")
            try await survivesDeaths(row, clone, roost)
            try await roost.roost("clone", "rm", "copy", "--yes").expectSuccess()
            #expect(try await roost.clones().isEmpty)
            #expect(try await roost.problem("clone", "info", "copy").error.code == "clone_not_found")
        }
    }

    private func survivesDeaths(_ row: EngineRow, _ clone: CloneInfo, _ roost: Roost) async throws {
        _ = try await roost.ask(row, at: clone.url, "put", "day", "kept")
        await roost.killDaemon()
        #expect(try await roost.ask(row, at: clone.url, "get", "day") == "kept", "without roostd")
        try await roost.start()
        // A daemon serves before it has looked at every server.
        try await eventually("its server is known again") { try await roost.clones().first?.pid != nil }
        let now = try #require(try await roost.clones().first)
        let pid = try #require(now.pid)
        #expect(now.name == clone.name && now.expiresAt == clone.expiresAt)
        kill(pid, SIGKILL)
        try await eventually("it is read again") { (try? await roost.ask(row, at: clone.url, "get", "day")) == "kept" }
    }

    @Test func aLostStoreIsRebuiltWithClonesAndTemplates() async throws {
        try await withRoost(mounts: .own) { roost in
            try await roost.makePool()
            let row = Self.redis
            let service = try await roost.serve(row)
            _ = try await roost.ask(row, service, "put", "day", "first")
            try await roost.roost("template", "add", "kept", "--from", "ramen/it").expectSuccess()
            let mine = try await roost.clone("kept", "mine")
            let live = try await roost.clone("it", "live", "-A", "ramen")
            try await roost.stop(services: true).expectSuccess()
            for name in ["store.db", "store.db-wal", "store.db-shm", "store.copy.db"] {
                // A few of these files may be absent.
                try? FileManager.default.removeItem(atPath: "\(roost.home)/\(name)")
            }
            let command = roost.inside([Programs.roostd, "recover", "--home", roost.home])
            try await Command.run(command[0], Array(command.dropFirst())).expectSuccess()
            try await roost.start()
            try await roost.waitReady("it")
            #expect(try await roost.clones().map(\.name) == ["live", "mine"])
            for clone in [mine, live] {
                try await eventually("\(clone.name) serves") {
                    (try? await roost.ask(row, at: clone.url, "get", "day")) == "first"
                }
            }
            #expect(try await roost.template("kept").state == .ready)
            _ = try await roost.clone("kept", "other")
        }
    }

    @Test(arguments: EngineRow.ofCopies)
    func onADiskWithoutReflinksEverythingWorksByCopy(_ row: EngineRow) async throws {
        try await withRoost { roost in
            let service = try await roost.serve(row)
            _ = try await roost.ask(row, service, "put", "day", "first")
            let ledger = try Ledger(row, at: service.url, in: roost.folder)
            try await ledger.waitForMore()
            let low = ledger.last
            let plain = try await roost.roost("clone", "it", "copy", "-A", "ramen", "--json")
            var high = ledger.last + 1
            #expect(try ledger.end() == "", "no writer saw an error")
            if plain.status != 0 {
                high = ledger.last
                // The answer of an engine without an online copy names what can be done.
                #expect(plain.output.contains("roost storage init"), "\(plain)")
                try await roost.roost("snapshot", "new", "it", "-A", "ramen", "--stop").expectSuccess()
                let snapshot = try #require(try await roost.snapshots().first { $0.reason == "manual" })
                _ = try await roost.clone("it", "copy", "--at", snapshot.id, "-A", "ramen")
            }
            let clone = try #require(try await roost.clones().first)
            let url = try await roost.roost("clone", "info", clone.name, "--show-password", "--json")
            let shown = try JSON.decode(CloneInfo.self, from: Data(url.output.utf8))
            #expect(try await roost.ask(row, at: shown.url, "get", "day") == "first")
            let fault = try await Ledger.fault(row, at: shown.url, low: low, high: high)
            #expect(fault == nil, "\(fault ?? "")")
            let snapshot = try #require(try await roost.snapshots().first)
            #expect(!snapshot.method.contains("reflink"), "\(snapshot)")
            #expect(try await roost.storage().method == "copy")
            try await survivesDeaths(row, shown, roost)
            try await roost.roost("clone", "rm", clone.name, "--yes").expectSuccess()
            if plain.status == 0 { try await restores(row, service, roost) }
            let doctor = try await roost.roost("doctor")
            #expect(doctor.output.contains("roost storage init"), "\(doctor)")
        }
    }

    /// A service that starts on the engine's own copy shows what the copy leaves out.
    private func restores(_ row: EngineRow, _ service: ServiceInfo, _ roost: Roost) async throws {
        let taken = try await roost.roost("snapshot", "new", "it", "-A", "ramen")
        try #require(taken.status == 0, "\(taken)")
        let id = taken.output.trimmingCharacters(in: .newlines)
        _ = try await roost.ask(row, service, "put", "day", "later")
        try await roost.roost("snapshot", "restore", "it", id, "-A", "ramen", "--yes").expectSuccess()
        #expect(try await roost.ask(row, service, "get", "day") == "first")
    }

    /// Data that were not synced to the disk may be torn after a restart of the machine, without anybody noticing.
    @Test func onceTheMachineWasStartedAgainItIsAsItWasMade() async throws {
        try await withRoost(mounts: .own) { roost in
            try await roost.makePool()
            let row = Self.redis
            let service = try await roost.serve(row)
            _ = try await roost.ask(row, service, "put", "day", "first")
            let plain = try await roost.clone("it", "plain", "-A", "ramen")
            let durable = try await roost.clone("it", "durable", "-A", "ramen", "--durable")
            try await roost.roost("template", "add", "gone", "--from", "ramen/it").expectSuccess()
            let orphan = try await roost.clone("gone", "orphan")
            try await roost.roost("template", "rm", "gone", "--yes").expectSuccess()
            for clone in [plain, durable, orphan] {
                _ = try await roost.ask(row, at: clone.url, "put", "day", "changed")
            }
            try await roost.stop(services: true).expectSuccess()
            let mounts = try #require(roost.mounts)
            try Data("\(UUID().uuidString.lowercased())\n".utf8).write(to: URL(filePath: "\(roost.folder)/boot"))
            try await mounts.run(
                "/bin/mount", "--bind", "\(roost.folder)/boot", "/proc/sys/kernel/random/boot_id"
            ).expectSuccess()
            for _ in 1...2 {
                // A reset happens only once: the second start is of the same boot.
                try await roost.start()
                try await eventually("both serve") {
                    try await roost.clones().allSatisfy { $0.state == .running }
                }
                #expect(try await roost.ask(row, at: durable.url, "get", "day") == "changed")
                await roost.terminateDaemon()
            }
            try await roost.start()
            #expect(try await roost.ask(row, at: plain.url, "get", "day") == "first")
            _ = try await roost.ask(row, at: plain.url, "put", "day", "again")
            await roost.terminateDaemon()
            try await roost.start()
            #expect(try await roost.ask(row, at: plain.url, "get", "day") == "again", "reset once alone")
            let events = try await roost.roost("events", "-n", "50")
            let resets = events.output.ranges(of: "clone plain of ramen/it is being copied again").count
            #expect(resets == 1, "\(events)")
            #expect(events.output.ranges(of: "clone orphan of gone may be corrupt").count == 1, "\(events)")
            #expect(!events.output.contains("clone durable of ramen/it is being copied again"), "\(events)")
        }
    }

    // MARK: How long it stays

    @Test func goesWhenItsTimeIsOverUnlessItIsProtected() async throws {
        try await withRoost(mounts: .own) { roost in
            try await roost.makePool()
            _ = try await roost.serve(Self.redis)
            _ = try await roost.clone("it", "short", "-A", "ramen", "--ttl", "1s")
            let kept = try await roost.clone("it", "kept", "-A", "ramen", "--ttl", "1s", "--protect")
            _ = try await roost.clone("it", "long", "-A", "ramen", "--ttl", "0")
            try await eventually("the short one goes") { try await roost.clones().map(\.name) == ["kept", "long"] }
            let events = try await roost.roost("events", "-n", "50")
            #expect(events.output.contains("clone short of ramen/it was removed: it expired"), "\(events)")
            #expect(try await roost.problem("clone", "rm", "kept").status == 4, "protected")
            try await roost.roost("clone", "protect", "kept", "--off").expectSuccess()
            try await eventually("the other goes, too") { try await roost.clones().map(\.name) == ["long"] }
            #expect(kept.protected)
            let extended = try await roost.roost("clone", "extend", "long", "--ttl", "1h", "--json")
            let info = try JSON.decode(CloneInfo.self, from: Data(extended.output.utf8))
            #expect((info.expiresAt ?? .distantPast) > Date().addingTimeInterval(3000))
        }
    }

    @Test func goesWhenNobodyWasConnectedForLong() async throws {
        try await withRoost(mounts: .own) { roost in
            try await roost.makePool()
            _ = try await roost.serve(Self.redis)
            let clone = try await roost.clone("it", "idle", "-A", "ramen", "--idle", "10s")
            #expect(clone.idleSeconds == 10)
            let session = try Ledger(Self.redis, at: clone.url, in: roost.folder)
            let begun = Date()
            while Date().timeIntervalSince(begun) < 12 { try await session.waitForMore() }
            #expect(try session.end() == "", "it stays while somebody is connected")
            try await eventually("it goes") { try await roost.clones().isEmpty }
            let events = try await roost.roost("events", "-n", "50")
            #expect(events.output.contains("no client was connected for 10 s"), "\(events)")
        }
    }

    // MARK: with

    @Test func aCommandRunsWithACopyThatIsGoneAfterIt() async throws {
        try await withRoost(mounts: .own) { roost in
            try await roost.makePool()
            let service = try await roost.serve(Self.redis)
            _ = try await roost.ask(Self.redis, service, "put", "day", "first")
            let words = ["with", "it", "-A", "ramen", "--", "sh", "-c", "redis-cli -u $REDIS_URL get day; exit 7"]
            try await withThrowingTaskGroup(of: Outcome.self) { group in
                for _ in 0..<4 { group.addTask { try await roost.roost(words) } }
                for try await outcome in group {
                    #expect(outcome.status == 7 && outcome.output == "first\n", "\(outcome)")
                }
            }
            let missing = try await roost.roost("with", "it", "-A", "ramen", "--", "no-such-command")
            #expect(missing.status == 127, "\(missing)")
            let unknown = try await roost.roost("with", "nothing", "-A", "ramen", "--", "true")
            #expect(unknown.status == 125 && unknown.errors.contains("no template or service 'nothing'"), "\(unknown)")
            try await eventually("no copy is left") { try await roost.clones().isEmpty }
        }
    }

    // MARK: Wrong input

    @Test func refusesWhatItCannotDo() async throws {
        try await withRoost { roost in
            _ = try await roost.serve(Self.redis)
            #expect(try await roost.problem("clone", "nothing").error.code == "source_not_found")
            #expect(
                try await roost.problem("clone", "it", "copy", "-A", "ramen", "--at", "x").error.code
                    == "snapshot_not_found")
            #expect(
                try await roost.problem("clone", "it", "copy", "-A", "ramen", "--memory", "1M").error.code
                    == "memory_too_small")
            #expect(try await roost.problem("clone", "it", "Copy", "-A", "ramen").status == 2)
            #expect(
                try await roost.problem("snapshot", "rm", "it", "x", "-A", "ramen", "--yes").error.code
                    == "snapshot_not_found")
            #expect(try await roost.problem("storage", "grow", "--size", "1G").status == 3)
            #expect(try await roost.problem("storage", "init", "--size", "10M").status != 0)
            #expect(try await roost.storage().pool == nil, "nothing was half made")
            #expect(try await roost.clones().isEmpty)
        }
    }
}
