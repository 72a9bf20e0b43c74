import Foundation
import RoostModel
import Testing

@testable import RoostEngines

extension RedisServerTests {
    static let refused: [(config: [String: String], words: [String])] = [
        (["maxmemory-policy": "bogus"], ["maxmemory-policy: argument(s) must be one of the following"]),
        (["nonsense": "1"], ["nonsense: Bad directive or wrong number of arguments"]),
        (["timeout": "soon"], ["timeout: argument couldn't be parsed into an integer"]),
        (["hz": "1 2"], ["hz: "]),
        (["client-output-buffer-limit": "normal 1"], ["client-output-buffer-limit: "]),
        (
            ["timeout": "soon", "nonsense": "1", "maxmemory-policy": "bogus", "hz": "20"],
            ["maxmemory-policy: ", "nonsense: ", "timeout: "]
        ),
        (["appendonly": "no", "dir": "/tmp"], ["appendonly: written data", "dir: Roost sets"]),
        (["maxmemory": "1gb"], ["maxmemory: with 64M of memory it may be 1 to 28M"]),
        (["maxmemory": "0"], ["maxmemory: with 64M"]),
        (["maxclients": "99999999"], ["maxclients: "]),
        (["loglevel": "verbose\ninclude /etc/passwd"], ["loglevel: the value contains a line break"]),
        (["timeout\nport": "1"], ["timeout?port: not a setting name"]),
    ]

    @Test(arguments: RedisServers.flavours)
    func wrongSettingsAreRefusedInTheServersOwnWordsAllAtOnce(_ flavour: Redis.Flavour) async throws {
        let engine = Redis(flavour, addedBuilds: EachRelease.engines)
        let build = try #require(engine.builds().first, "\(flavour) is not installed")
        for (config, words) in Self.refused {
            do throws(EngineError) {
                try await engine.check(config: config, memory: .mebibytes(64), build: build)
                Issue.record("taken: \(config)")
            } catch {
                guard case .configRefused(let found) = error else {
                    Issue.record("\(error)")
                    continue
                }
                #expect(found.count == words.count, "\(found)")
                for (found, words) in zip(found.sorted(), words.sorted()) {
                    #expect(found.hasPrefix(words), "\(found)")
                }
            }
        }
    }

    static let taken: [[String: String]] = [
        [:], ["maxmemory-policy": "allkeys-lru", "maxmemory": "10mb"], ["notify-keyspace-events": "KEA"],
        ["client-output-buffer-limit": "pubsub 1mb 1mb 10"], ["latency-tracking-info-percentiles": "50 99"],
        ["list-max-listpack-size": "-2", "timeout": "300"],
    ]

    @Test(arguments: RedisServers.flavours)
    func rightSettingsAreTakenAndInForceAfterAStart(_ flavour: Redis.Flavour) async throws {
        let engine = Redis(flavour, addedBuilds: EachRelease.engines)
        let build = try #require(engine.builds().first, "\(flavour) is not installed")
        for config in Self.taken { try await engine.check(config: config, memory: .mebibytes(64), build: build) }
        let config = ["maxmemory-policy": "allkeys-lru", "maxmemory": "10mb", "notify-keyspace-events": "KEA"]
        try await RedisServers.with(flavour, config: config) { server in
            let names = ["maxmemory-policy", "maxmemory", "appendfsync", "appendonly", "bind"]
            let values = try names.map { try Self.value($0, server) }
            #expect(values == ["allkeys-lru", "\(10 << 20)", "always", "yes", "127.0.0.1"])
        }
    }

    @Test(arguments: RedisServers.flavours)
    func settingsChangeInPlaceAndGoBackToTheBuildsDefaults(_ flavour: Redis.Flavour) async throws {
        try await RedisServers.with(flavour) { server in
            let engine = try #require(server.engine as? Redis)
            try await engine.open(server.plan)
            let usual = try Self.value("slowlog-max-len", server)
            let left = try await engine.applySettings(
                [
                    "slowlog-max-len": "7", "maxmemory-policy": "allkeys-lfu", "appendfsync": "everysec",
                    "tcp-backlog": "100", "port": "1", "tls-port": nil,
                ], plan: server.plan)
            // The first setting is fixed at the start; the others belong together.
            #expect(left == ["tcp-backlog", "port", "tls-port"])
            #expect(try Self.value("slowlog-max-len", server) == "7")
            #expect(try Self.value("maxmemory-policy", server) == "allkeys-lfu")
            #expect(try Self.value("appendfsync", server) == "everysec")

            let back = try await engine.applySettings(
                ["slowlog-max-len": nil, "maxmemory-policy": "noeviction", "tcp-backlog": nil], plan: server.plan)
            #expect(back == ["tcp-backlog"])
            #expect(try Self.value("slowlog-max-len", server) == usual)
        }
    }

    private static func value(_ name: String, _ server: TestServer) throws -> String? {
        try server.administrate("CONFIG", "GET", name)[name]?.text
    }
}
