import Foundation
import RoostAPI
import RoostModel
import Testing

/// `engine add`, `ls` and `rm` through the built programs, with a real MariaDB made from this machine's own packages.
@Suite(.serialized) struct EngineAddTests {
    /// An archive of another version than the system's would need another build. An added engine of the same version
    /// takes precedence over the system's, which shows as well that services run on it.
    private func makeArchive(in folder: String) async throws -> String {
        let script = """
            mkdir -p m/bin m/sbin m/lib/mysql m/share && cd m
            cp -a /usr/sbin/mariadbd sbin/
            for name in mariadb mariadb-install-db mariadb-dump mariadb-tzinfo-to-sql my_print_defaults resolveip; do
              cp -a /usr/bin/$name bin/
            done
            cp -a /usr/lib/mysql/plugin lib/mysql/ 2>/dev/null || mkdir -p lib/mysql/plugin
            for name in mysql mariadb; do [ ! -e /usr/share/$name ] || cp -aL /usr/share/$name share/; done
            mkdir mysql-test; echo x > mysql-test/x.test
            cd .. && tar -cf - m | zstd -q -o m.tar.zst
            """
        let made = try await Command.run("/bin/sh", ["-ec", script], in: folder)
        try #require(made.status == 0, "\(made)")
        return "\(folder)/m.tar.zst"
    }

    private func engines(_ roost: Roost) async throws -> [EngineInfo] {
        try await roost.json(ItemList<EngineInfo>.self, "engine", "ls").items
    }

    @Test func anAddedBuildServesAndGoesWhenNothingNeedsIt() async throws {
        try await withRoost { roost in
            let archive = try await makeArchive(in: roost.folder)
            let added = try await roost.roost("engine", "add", "mariadb", "m.tar.zst", in: roost.folder)
            try #require(added.status == 0, "\(added)")
            let name = added.output.trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(name.hasPrefix("mariadb@"))
            #expect(added.errors.contains("slim ") && added.errors.contains("test suites: 1"), "\(added)")
            let engine = try #require(try await engines(roost).first { $0.engine == name })
            #expect(engine.origin == "added from m.tar.zst" && engine.addedAt != nil)
            #expect((engine.sizeBytes?.bytes ?? 0) > 10 << 20 && engine.usedBy.isEmpty)

            // Idempotent: adding the same archive again is done at once, and makes no second engine.
            let again = try await roost.roost("engine", "add", "mariadb", archive)
            #expect(again.status == 0 && again.output == added.output, "\(again)")

            try await roost.push("services: {data: {type: mariadb}}")
            let info = try await roost.info()
            #expect(info.engine == name)
            let program = try FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/\(try await roost.pid())/exe")
            #expect(program.hasPrefix("\(roost.home)/engines/\(name)/"), "\(program)")

            let inUse = try await roost.problem("engine", "rm", name, "--yes")
            #expect(inUse.status == 1 && inUse.error.code == "conflict")
            #expect(inUse.error.message.contains("ramen/data"), "\(inUse.error)")
            let destroyed = try await roost.roost("destroy", "-A", "ramen", "--yes")
            try #require(destroyed.status == 0, "\(destroyed)")
            let kept = try await roost.problem("engine", "rm", name, "--yes")
            #expect(kept.error.message.contains("kept snapshots"), "\(kept.error)")
        }
    }

    @Test func removingAsksAndRefusesWhatIsTheSystems() async throws {
        try await withRoost { roost in
            let system = try #require(try await engines(roost).first?.engine)
            let packaged = try await roost.problem("engine", "rm", system, "--yes")
            #expect(packaged.error.message.contains("is a system package"), "\(packaged.error)")
            #expect(try await roost.problem("engine", "rm", "mariadb@1.2.3", "--yes").status == 3)

            let archive = try await makeArchive(in: roost.folder)
            let added = try await roost.roost("engine", "add", "mysql", archive, "--version", "10")
            try #require(added.status == 0, "\(added)")
            let name = added.output.trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(try await roost.problem("engine", "rm", name).status == 4)
            #expect(try await roost.roost("engine", "rm", name, "--dry-run").status == 0)
            #expect(try await engines(roost).contains { $0.engine == name && $0.addedAt != nil })
            let removed = try await roost.roost("engine", "rm", name, "--yes")
            #expect(removed.status == 0, "\(removed)")
            #expect(try await !engines(roost).contains { $0.addedAt != nil })
            #expect(!FileManager.default.fileExists(atPath: "\(roost.home)/engines/\(name)"))
        }
    }

    @Test func whatIsRefusedLeavesNothing() async throws {
        try await withRoost { roost in
            #expect(try await roost.problem("engine", "add", "mariadb", "/nonexistent").status == 3)
            #expect(try await roost.problem("engine", "add", "nosuch", "/etc").status == 2)
            #expect(try await roost.problem("engine", "add", "mariadb", "/etc/passwd").status == 2)
            let made = try await Command.run(
                "/bin/sh", ["-ec", "mkdir h; ln -s /etc h/etc; tar -czf h.tar.gz h"], in: roost.folder)
            try #require(made.status == 0, "\(made)")
            let hostile = try await roost.problem("engine", "add", "mariadb", "\(roost.folder)/h.tar.gz")
            #expect(hostile.status == 1 && hostile.error.message.contains("'h/etc' links to the absolute path"))
            let remote = try await roost.problem(
                "engine", "add", "mariadb", "h.tar.gz", "--url", "http://127.0.0.1:\(roost.ports.api)")
            #expect(remote.status == 2 && remote.error.message.contains("on the machine that runs roostd"))
            let left = try FileManager.default.contentsOfDirectory(atPath: "\(roost.home)/engines/.work")
            #expect(left.isEmpty, "\(left)")
        }
    }

    /// At whatever step the daemon is killed, the next daemon ends running work, clears up, and reports that the
    /// engine was not added.
    @Test(arguments: ["unpack", "check mariadb", "fingerprint"])
    func aKilledDaemonLeavesNothingHalfMade(step: String) async throws {
        try await withRoost { roost in
            let archive = try await makeArchive(in: roost.folder)
            let answer = try await roost.api(
                "POST", MachineEndpoints.engines.template,
                body: try JSON.encode(EngineRequest(type: "mariadb", path: archive)))
            let operation = try JSON.decode(OperationInfo.self, from: answer.body)
            try await eventually("the step '\(step)' is done") {
                let now = try await roost.api("GET", OperationEndpoints.show.path(OperationPath(operation.id)))
                return try JSON.decode(OperationInfo.self, from: now.body).steps.contains { $0.name.hasPrefix(step) }
            }
            await roost.killDaemon()
            try await roost.start()
            let now = try await roost.api("GET", OperationEndpoints.show.path(OperationPath(operation.id)))
            let ended = try JSON.decode(OperationInfo.self, from: now.body)
            #expect(ended.state == .failed && ended.error?.contains("add it again") == true, "\(ended)")
            let left = try FileManager.default.contentsOfDirectory(atPath: "\(roost.home)/engines/.work")
            #expect(left.isEmpty, "\(left)")
            #expect(try await !engines(roost).contains { $0.addedAt != nil })
            let again = try await roost.roost("engine", "add", "mariadb", archive)
            #expect(again.status == 0, "\(again)")
        }
    }

    @Test func twoAtOnceOfTheSameExcludeEachOther() async throws {
        try await withRoost { roost in
            let archive = try await makeArchive(in: roost.folder)
            let body = try JSON.encode(EngineRequest(type: "mariadb", path: archive))
            let first = try await roost.api("POST", MachineEndpoints.engines.template, body: body)
            #expect(first.status == 202)
            let second = try await roost.problem("engine", "add", "mysql", archive)
            #expect(second.error.code == "conflict" && second.error.message.contains("engine add mariadb"), "\(second)")
        }
    }

    @Test func aFullDiskIsSaidAndLeavesNothing() async throws {
        try await withRoost(mounts: .smallDisk(megabytes: 300)) { roost in
            let archive = try await makeArchive(in: roost.folder)
            let refused = try await roost.problem("engine", "add", "mariadb", archive)
            #expect(refused.status == 1 && refused.error.message.contains("the disk is full"), "\(refused)")
            #expect(try await !engines(roost).contains { $0.addedAt != nil })
        }
    }
}
