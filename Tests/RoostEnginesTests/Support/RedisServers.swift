import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// The Redis of the system, and the Valkey of `scripts/make-engine-tarball` where that could be made.
enum RedisServers {
    static let tarball = EachRelease.tarball("valkey")

    static let flavours: [Redis.Flavour] = tarball == nil ? [.redis] : [.redis, .valkey]

    /// Runs `body` with a server that is started and not open yet. All its files are removed afterwards.
    static func with(
        _ flavour: Redis.Flavour, config: [String: String] = [:], memory: ByteCount = .mebibytes(64),
        certificate: ServerCertificate? = nil, reshaped: (ServerPlan) -> ServerPlan = { $0 },
        _ body: (TestServer) async throws -> Void
    ) async throws {
        let seed = "/tmp/roost-engine-seed-\(UUID().uuidString.prefix(8))"
        try TestFolder.make(seed)
        defer { try? FileManager.default.removeItem(atPath: seed) }  // Left behind: an empty folder and a line.
        let engine = Redis(flavour, addedBuilds: EachRelease.engines)
        let build = try #require(engine.builds().first, "\(flavour) is not installed")
        try await engine.initialise(directory: seed, build: build, user: TestUser.server)
        try await Seed.$path.withValue(seed) {
            try await TestServer.with(
                engine, config: config, memory: memory, certificate: certificate, reshaped: reshaped, body)
        }
    }
}

extension RedisServers {
    static func eventually(_ what: String, _ isTrue: () async throws -> Bool) async throws {
        try await MySQLMembers.eventually(what, isTrue)
    }
}

// Asking a Redis server.
extension TestServer {
    /// The number of the connection over which a replica follows this server. Nil: there is none.
    func replicaConnection() throws -> String? {
        try administrate("CLIENT", "LIST", "TYPE", "replica").text?.firstMatch(of: #/\bid=(\d+)/#).map { String($0.1) }
    }

    /// Runs one command of the real client, as a user would.
    func redis(_ words: String..., user: String? = nil, password: String? = nil) throws -> String {
        try client(["redis-cli"] + words, user: user, password: password).output.trimmingCharacters(in: .newlines)
    }

    /// Runs one command as Roost's own account.
    @discardableResult
    func administrate(_ words: String...) throws -> RedisAnswer {
        try RedisConnection(plan.address, patience: .seconds(10)).run(words)
    }

    /// A lasting connection as a user.
    func session(_ user: String? = nil, _ password: String? = nil) throws -> RedisConnection {
        let connection = try RedisConnection(socket: plan.folders.socket, patience: .seconds(20))
        try connection.run(["AUTH", user ?? plan.applicationUser, password ?? plan.applicationPassword])
        return connection
    }
}

// Dumps and directories.
extension RedisServers {
    static func withFreshDirectory(_ engine: any Engine, _ body: (String) async throws -> Void) async throws {
        let directory = "/tmp/roost-engine-fresh-\(UUID().uuidString.prefix(8))"
        try TestFolder.make(directory)
        defer { try? FileManager.default.removeItem(atPath: directory) }  // Left behind: a folder below /tmp.
        let build = try #require(engine.builds().first)
        try await engine.initialise(directory: directory, build: build, user: TestUser.server)
        try await body(directory)
    }

    /// A dump of 100,000 keys and a name, which no server's user may read.
    static func withDump(
        _ flavour: Redis.Flavour, _ compression: Dump.Compression, _ body: (Redis, Dump) async throws -> Void
    ) async throws {
        let folder = try PrivateFolder()
        defer { folder.remove() }
        let path = "\(folder.path)/dump"
        try await with(flavour) { server in
            try server.administrate("SET", "name", "Ada")
            try server.administrate(
                "EVAL", "for n = 0, 99999 do redis.call('SET', 'n' .. n, 'value ' .. n) end", "0")
            try server.administrate("SAVE")
            let dump = "\(server.plan.folders.data)/dump.rdb"
            switch compression {
            case .none: try TestProgram.run("/bin/cp", [dump, path])
            case .gzip: try TestProgram.run("/bin/sh", ["-c", "gzip -c \"$1\" > \"$2\"", "sh", dump, path])
            case .zstd: try TestProgram.run("/usr/bin/zstd", ["-q", dump, "-o", path])
            case .xz: try TestProgram.run("/bin/sh", ["-c", "xz -c \"$1\" > \"$2\"", "sh", dump, path])
            case .bzip2: try TestProgram.run("/bin/sh", ["-c", "bzip2 -c \"$1\" > \"$2\"", "sh", dump, path])
            }
        }
        try await body(
            Redis(flavour, addedBuilds: EachRelease.engines), Dump(path: path, format: .rdb, compression: compression))
    }
}
