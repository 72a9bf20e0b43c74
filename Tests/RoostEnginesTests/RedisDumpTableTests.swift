import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// The guide's table of the RDB files of Redis and Valkey and what becomes of them, made by loading them.
@Suite(.serialized, .timeLimit(.minutes(15)))
struct RedisDumpTableTests {
    /// A flavour in one release.
    private struct Release {
        let flavour: Redis.Flavour
        let engines: String

        var engine: Redis { Redis(flavour, addedBuilds: engines) }

        var title: String {
            get throws {
                let version = try #require(engine.builds().first).identity.version.components
                return "\(flavour.title) \(version.prefix(2).map(String.init).joined(separator: "."))"
            }
        }
    }

    /// Keys of each type that every release has, in two databases.
    private static let content = [
        "SET name Ada", "SET short 1 EX 100000", "RPUSH list 1 2", "SADD set 1 a", "ZADD sorted 1 a", "HSET hash a 1",
        "XADD stream * a 1", "PFADD counted a", "GEOADD places 13.4 52.5 Berlin",
        "FUNCTION LOAD \"#!lua name=own\\nredis.register_function('five', function() return 5 end)\"", "SELECT 3",
        "SET third 1",
    ]
    private static let files = [("redis-cli --rdb", "sent.rdb"), ("SAVE", "saved.rdb")]

    @Test(
        .enabled(
            if: ["redis", "valkey"].allSatisfy { EachRelease.tarball($0) != nil },
            "no tarball of redis or valkey; scripts/setup --tests"))
    func theTableOfTheGuideIsWhatLoads() async throws {
        let tarballs = try ["redis", "valkey"].map { try #require(EachRelease.tarball($0)) }
        let machines = Release(flavour: .redis, engines: EachRelease.engines)
        try await EachRelease.laidOut(tarballs) {
            let added = [Redis.Flavour.redis, .valkey].map { Release(flavour: $0, engines: EachRelease.engines) }
            try await compare([machines] + added)
        }
    }

    private func compare(_ releases: [Release]) async throws {
        try await CopyFolder.with { folder in
            for release in releases { try await dump(release, in: folder) }
            let titles = try releases.map { try $0.title }
            let rows = titles.flatMap { title in Self.files.map { (title, $0.0, "\(folder)/\(title)/\($0.1)") } }
            var columns: [DumpColumn] = []
            for release in releases {
                var column = DumpColumn(title: "a template of \(try release.title)", number: columns.count)
                for (_, _, path) in rows {
                    guard column.loadsNext else {
                        column.passOver()
                        continue
                    }
                    column.add(try await result(path, release.engine))
                }
                columns.append(column)
            }
            try DumpTable(
                maker: "RedisDumpTableTests", rows: rows.map { ($0.0, $0.1) }, columns: columns, notes: []
            ).compare()
        }
    }

    /// Dumps a server with its maker's defaults, where the client may send every command.
    private func dump(_ release: Release, in parent: String) async throws {
        let folder = "\(parent)/\(try release.title)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let build = try #require(release.engine.builds().first)
        let name = release.flavour.rawValue
        let programs = try ["\(name)-server", "\(name)-cli"].map { try #require(build.programs[$0]) }
        try TestProgram.run("/bin/sh", ["-c", Self.dumping, "sh", folder] + programs)
    }

    private static let dumping = """
        set -e
        cd "$1"
        "$2" --port 0 --unixsocket "$1/socket" --save '' --dbfilename saved.rdb --dir "$1" >log &
        until "$3" -s socket ping >/dev/null 2>&1; do kill -0 $!; sleep 0.02; done
        "$3" -s socket <<'END' >answers
        \(content.joined(separator: "\n"))
        END
        ! grep ERR answers >&2
        # Before the other one, during whose making it is refused.
        "$3" -s socket save >/dev/null
        "$3" -s socket --rdb sent.rdb >/dev/null
        "$3" -s socket shutdown nosave
        wait
        """

    private func result(_ path: String, _ engine: Redis) async throws -> String {
        var result = ""
        try await RedisServers.withFreshDirectory(engine) { directory in
            let build = try #require(engine.builds().first)
            do {
                let dump = try await DumpLook.dump(at: path, formats: engine.dumpFormats)
                _ = try await engine.place(dump, in: directory, build: build, user: TestUser.server)
            } catch {
                result = "refused: \("\(error)".replacing(build.identity.version.description, with: "…"))"
                return
            }
            try await TestServer.onCopy(of: directory, engine, .building) { server in
                try await server.engine.open(server.plan)
                let session = try server.session()
                let found = [
                    try session.run(["DBSIZE"]), try session.run(["FCALL", "five", "0"]),
                    try session.run(["SELECT", "3"]),
                    try session.run(["GET", "third"]),
                ]
                let wanted: [RedisAnswer] = [.number(9), .number(5), .text("OK"), .text("1")]
                result = found == wanted ? "loads" : "differs: \(found)"
            }
        }
        return result
    }
}
