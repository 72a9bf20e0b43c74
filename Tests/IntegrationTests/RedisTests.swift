import Foundation
import RoostModel
import Testing

/// `type: redis` and `type: valkey`, as their users see them.
@Suite
struct RedisTests {
    static let types: [String] = VendorTarball.valkey.isHere ? ["redis", "valkey"] : ["redis"]
    static func file(_ type: String, _ more: String = "") -> String {
        BuildFiles.services("cache: {type: \(type), memory: 64M\(more)}")
    }

    @Test(.enabled(if: VendorTarball.valkey.isHere, VendorTarball.valkey.absence))
    func valkeyIsTestedToo() { #expect(Self.types.contains("valkey")) }

    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: Programs.python),
            "the Python clients are not installed; scripts/setup --tests does it"),
        arguments: types)
    func redisPyWorksThroughTheEndpoint(_ type: String) async throws {
        try await withCache(type) { roost in
            let variables = try await roost.roost("env", "-A", "ramen", "--format", "json").expectSuccess().output
            let outcome = try await Command.run(
                Programs.python, ["\(Programs.checkout)/Tests/clients/redis_roundtrip.py", "cache"], input: variables)
            #expect(outcome.status == 0, "\(outcome)")
            let info = try await roost.info("cache", showPassword: true)
            #expect(info.engine.hasPrefix("\(type)@"))
            #expect(info.url == "redis://default:\(info.password ?? "")@127.0.0.1:\(info.endpoint.port)/0")
        }
    }

    @Test(.enabled(if: VendorTarball.redis.isHere, VendorTarball.redis.absence))
    func aNewerSeriesTakesOverTheDataAndNoOlderOneDoes() async throws {
        let tarball = try #require(VendorTarball.redis.path)
        try await withRoost { roost in
            try await roost.roost(["engine", "add", "redis", tarball], patience: .seconds(400)).expectSuccess()
            try await roost.push(Self.file("redis", ", version: \"7.0\""))
            let first = try await roost.info("cache", showPassword: true)
            #expect(try await roost.redis("set", "day", "first") == "OK")
            try await roost.push(Self.file("redis", ", version: \"8\""))
            let info = try await roost.info("cache", showPassword: true)
            #expect(info.engine.hasPrefix("redis@8.") && info.url == first.url && info.problems.isEmpty, "\(info)")
            #expect(try await roost.redis("get", "day") == "first")
            #expect(try await roost.redis("set", "day", "second") == "OK")
            let back = try await roost.tryPush(Self.file("redis", ", version: \"7.0\""))
            #expect(back.status == 2 && back.errors.contains("a downgrade"), "\(back)")
        }
    }

    @Test(arguments: types)
    func runOpensTheClientSignedIn(_ type: String) async throws {
        try await withCache(type) { roost in
            #expect(try await roost.redis("set", "x", "1") == "OK")
            let piped = try await roost.roost(["run", "cache", "-A", "ramen"], input: "get x\nacl whoami\n")
            #expect(piped.status == 0 && piped.lines == ["1", "default"], "\(piped)")
            let other = try await roost.roost(
                "run", "cache", "-A", "ramen", "--", "sh", "-c", "redis-cli -u \"$REDIS_URL\" get x")
            #expect(other.output == "1\n", "\(other)")
            // The application user may not read the whole server at once; an export may, and goes into a template.
            let export = try await Command.run(
                "/bin/sh",
                ["-c", "exec \"$@\" > \(roost.folder)/cache.rdb", "sh"]
                    + roost.inside([Programs.roost, "export", "cache", "-A", "ramen"], directory: roost.folder),
                environment: ["ROOST_HOME": roost.home, "HOME": roost.folder]
            ).expectSuccess()
            #expect(!export.errors.contains("NOPERM"), "\(export)")
            try await roost.roost(
                "template", "add", "cached", "--type", type, "--dump", "\(roost.folder)/cache.rdb"
            ).expectSuccess()
            let denied = try await roost.roost("run", "cache", "-A", "ramen", "--", "redis-cli", "--rdb", "-")
            #expect(denied.status != 0 && denied.errors.contains("NOPERM"), "\(denied)")
            let password = try #require(try await roost.info("cache", showPassword: true).password as String?)
            for process in roost.processes { #expect(!process.description.contains(password)) }
        }
    }

    @Test(arguments: types)
    func whatWasWrittenOutlivesEveryDeath(_ type: String) async throws {
        try await withCache(type) { roost in
            #expect(try await roost.redis("set", "x", "42") == "OK")
            let before = try await roost.info("cache", showPassword: true)

            try await roost.roost("restart", "cache", "-A", "ramen").expectSuccess()
            #expect(try await roost.redis("get", "x") == "42")

            let restarted = try await roost.pid("cache")
            kill(restarted, SIGKILL)
            try await eventually("it is back") { try await roost.redis("get", "x") == "42" }
            try await roost.waitReady("cache")
            let pid = try await roost.pid("cache")
            #expect(pid != restarted)

            await roost.killDaemon()
            try await roost.start()
            try await roost.waitReady("cache")
            #expect(try await roost.pid("cache") == pid, "adopted, not started again")
            #expect(try await roost.redis("get", "x") == "42")

            await roost.killDaemon()
            kill(pid, SIGKILL)
            try await roost.start()
            try await roost.waitReady("cache")
            #expect(try await roost.redis("get", "x") == "42")
            #expect(try await roost.info("cache", showPassword: true).url == before.url)
        }
    }

    /// An answer is an acknowledgement; the server is killed in the midst of them.
    @Test(arguments: types)
    func noAcknowledgedWriteIsLostByAKill(_ type: String) async throws {
        try await withCache(type) { roost in
            let commands = String(repeating: "incr n\n", count: 10_000)
            async let counting = roost.roost(["run", "cache", "-A", "ramen"], input: commands)
            try await eventually("it counts") { (Int(try await roost.redis("get", "n")) ?? 0) > 1000 }
            kill(try await roost.pid("cache"), SIGKILL)
            // The client may connect again after the kill and go on; then its last answer is newer, and the bounds
            // hold as well.
            let answered = try await counting.lines.compactMap { Int($0) }.max() ?? 0
            try await roost.waitReady("cache")
            let kept = Int(try await roost.redis("get", "n")) ?? 0
            #expect(answered > 1000 && kept >= answered && kept <= answered + 2, "\(answered) answered, \(kept) kept")
        }
    }

    @Test(arguments: types)
    func settingsChangeInPlaceAndWrongOnesChangeNothing(_ type: String) async throws {
        try await withCache(type) { roost in
            let pid = try await roost.pid("cache")
            func policy() async throws -> String? {
                let info = try await roost.redis("info", "memory")
                return info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("maxmemory_policy:") }.map(
                    String.init)
            }
            try await roost.push(Self.file(type, ", config: {maxmemory-policy: allkeys-lru}"))
            try await roost.waitReady("cache")
            #expect(try await policy() == "maxmemory_policy:allkeys-lru")

            let wrong = try await roost.tryPush(Self.file(type, ", config: {maxmemory-policy: bogus, nonsense: 1}"))
            #expect(wrong.status == 2, "\(wrong)")
            #expect(wrong.errors.contains("argument(s) must be one of the following: volatile-lru"), "\(wrong)")
            #expect(wrong.errors.contains("nonsense: Bad directive"), "\(wrong)")
            #expect(try await roost.tryPush(Self.file(type, ", config: {appendonly: 'no'}")).status == 2)
            #expect(try await roost.tryPush(Self.file(type, ", databases: [more]")).status == 2)

            try await roost.push(Self.file(type, ", config: {}"))
            try await roost.waitReady("cache")
            #expect(try await policy() == "maxmemory_policy:noeviction")
            #expect(try await roost.pid("cache") == pid, "all of it in place")

            try await roost.push(Self.file(type, ", config: {tcp-backlog: 100}"))
            try await roost.waitReady("cache")
            #expect(try await roost.pid("cache") != pid, "fixed at the start")
        }
    }

    /// A server that answers BUSY to everybody is shown as down with the way out, and left alone.
    @Test(arguments: types)
    func aScriptThatRunsForLongIsToldAndCanBeEnded(_ type: String) async throws {
        try await withCache(type) { roost in
            let pid = try await roost.pid("cache")
            async let script = roost.redis("eval", "while true do end", "0")
            try await eventually("the script is told") {
                let info = try await roost.info("cache")
                return info.state != .running && info.problems.contains { $0.contains("SCRIPT KILL") }
            }
            #expect(try await roost.redis("script", "kill") == "OK")
            // `redis-cli` reports on its standard error that the script was killed.
            #expect(try await script == "")
            try await roost.waitReady("cache")
            #expect(try await roost.pid("cache") == pid)
        }
    }

    /// The test writes more than fits, and then overwrites all of it while a child rewrites the log.
    @Test(arguments: types)
    func aFullServiceRefusesWritesAndIsNotKilled(_ type: String) async throws {
        try await withCache(type) { roost in
            let pid = try await roost.pid("cache")
            let filler = String(repeating: "x", count: 100_000)
            let fill = (0..<600).map { "set k\($0) \(filler)\n" }.joined()
            let filled = try await roost.roost(["run", "cache", "-A", "ramen"], input: fill)
            #expect(filled.output.contains("OOM command not allowed"), "\(filled.output.suffix(200))")
            for _ in 0..<3 {
                let again = (0..<250).map { "setrange k\($0) 0 \(filler)\n" }.joined()
                _ = try await roost.roost(["run", "cache", "-A", "ramen"], input: again)
            }
            #expect(try await roost.pid("cache") == pid)
            #expect(try await roost.redis("strlen", "k0") == "100000")
            let bound = try await roost.roost("scale", "cache:memory=128M", "-A", "ramen")
            #expect(bound.status == 0, "\(bound)")
            #expect(try await roost.redis("set", "more", filler) == "OK")
            #expect(try await roost.pid("cache") == pid, "in place")
        }
    }

    @Test(arguments: types)
    func aDestroyedServiceComesBackWithItsUsers(_ type: String) async throws {
        try await withCache(type) { roost in
            #expect(try await roost.redis("set", "x", "42") == "OK")
            let before = try await roost.info("cache", showPassword: true)
            let cook: UserInfo = try await roost.json(UserInfo.self, "user", "add", "cache", "cook", "-A", "ramen")
            try await roost.roost("destroy", "cache", "-A", "ramen", "--yes").expectSuccess()
            #expect(roost.processes.allSatisfy { !$0.description.contains("\(type)-server") })

            let kept: ItemList<SnapshotInfo> = try await roost.json(
                ItemList<SnapshotInfo>.self, "snapshot", "ls", "cache", "-A", "ramen")
            let snapshot = try #require(kept.items.first)
            try await roost.roost("snapshot", "restore", "cache", snapshot.id, "-A", "ramen", "--yes").expectSuccess()
            try await roost.waitReady("cache")
            #expect(try await roost.redis("get", "x") == "42")
            let after = try await roost.info("cache", showPassword: true)
            #expect(after.password == before.password)
            #expect(try await roost.signOn(after, user: "cook", password: cook.password ?? "") == "PONG")
        }
    }

    @Test(arguments: types)
    func anExposedServiceTakesTLSAloneAndARotatedPasswordHasItsGrace(_ type: String) async throws {
        try await withCache(type) { roost in
            #expect(try await roost.redis("set", "x", "42") == "OK")
            let local = try await roost.info("cache", showPassword: true)
            try await roost.push(Self.file(type, ", expose: network"))
            try await roost.waitReady("cache")
            #expect(try await roost.redis("get", "x") == "42")
            let exposed = try await roost.info("cache", showPassword: true)
            #expect(exposed.url?.hasPrefix("rediss://default:") == true, "\(exposed)")
            #expect(try await roost.signOn(local) != "PONG", "without TLS")

            try await roost.push(Self.file(type, ", expose: local"))
            try await roost.waitReady("cache")
            let old = try await roost.info("cache", showPassword: true)
            #expect(try await roost.signOn(old) == "PONG")
            try await roost.roost("password", "rotate", "cache", "-A", "ramen", "--grace", "1h").expectSuccess()
            let new = try await roost.info("cache", showPassword: true)
            #expect(new.password != old.password)
            #expect(try await roost.signOn(new) == "PONG")
            #expect(try await roost.signOn(old) == "PONG", "still in its grace time")
            try await roost.roost("password", "rotate", "cache", "-A", "ramen", "--grace", "0s").expectSuccess()
            #expect(try await roost.signOn(new) != "PONG")
            #expect(try await roost.redis("get", "x") == "42")
        }
    }

    private func withCache(_ type: String, _ body: (Roost) async throws -> Void) async throws {
        try await withRoost { roost in
            if type == "valkey" { try await UnpackedValkey.unpack(into: "\(roost.home)/engines/valkey") }
            try await roost.push(Self.file(type))
            try await body(roost)
        }
    }
}

extension Roost {
    /// Runs a command of the service's own client, as `roost run` opens it.
    fileprivate func redis(_ words: String...) async throws -> String {
        let outcome = try await roost(["run", "cache", "-A", "ramen", "--", "redis-cli"] + words)
        return outcome.output.trimmingCharacters(in: .newlines)
    }

    /// The answer to PING over the endpoint, without TLS.
    fileprivate func signOn(_ service: ServiceInfo, user: String? = nil, password: String? = nil) async throws -> String
    {
        try await Command.run(
            "/usr/bin/redis-cli",
            ["-h", service.endpoint.host, "-p", "\(service.endpoint.port)", "--user", user ?? service.user, "ping"],
            environment: ["REDISCLI_AUTH": password ?? service.password ?? ""]
        ).output.trimmingCharacters(in: .newlines)
    }
}

/// The tarball's Valkey with programs that start through its own loader.
enum UnpackedValkey {
    static func unpack(into root: String) async throws {
        let script = """
            set -e; umask 022; mkdir -p "$2"; tar -xf "$1" -C "$2" --strip-components=1; mv "$2/bin" "$2/libexec"
            mkdir "$2/bin"
            for program in valkey-server valkey-cli; do
                printf '#!/bin/sh\\nexec %s --library-path %s %s "$@"\\n' "$2"/lib/ld-linux*.so.* "$2/lib" \
                    "$2/libexec/$program" > "$2/bin/$program"
                chmod 755 "$2/bin/$program"
            done
            """
        let outcome = try await Command.run(
            "/bin/sh", ["-c", script, "sh", try #require(VendorTarball.valkey.path), root])
        try #require(outcome.status == 0, "\(outcome)")
    }
}
