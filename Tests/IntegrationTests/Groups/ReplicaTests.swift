import Foundation
import RoostAPI
import RoostModel
import Testing

/// Services of several instances, for the engines that support them.
@Suite
struct ReplicaTests {
    static let rows = EngineRow.here.filter { ["redis", "valkey"].contains($0.type) }

    /// A replica is made of a running service, is read from, takes over on request, and is removed again; earlier
    /// writes are there at each step.
    @Test(arguments: rows)
    func aReplicaIsSeededFollowsAndTakesOver(_ row: EngineRow) async throws {
        try await withRoost { roost in
            let service = try await roost.serve(row)
            _ = try await roost.ask(row, service, "put", "a", "before")
            let added: UserInfo = try await roost.json(UserInfo.self, "user", "add", "it", "reader", "-A", "ramen")
            try await roost.scale(to: 2)
            let group = try await roost.info("it", showPassword: true)
            #expect(group.replication.status == "online" && group.state == .running, "\(group)")
            try await roost.roost("replication", "it", "-A", "ramen").expectSuccess()
            let id = ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: "it"))
            let watched = try await roost.api("GET", ServiceEndpoints.replication.path(id))
            #expect(watched.status == 200, "as a monitor asks")
            #expect(try await roost.ask(row, at: group.url(ofInstance: 1), "get", "a") == "before")
            await #expect(throws: (any Error).self, "a replica takes no writes") {
                try await roost.ask(row, at: group.url(ofInstance: 1), "put", "a", "lost")
            }
            #expect(try await roost.ask(row, at: group.url(port: group.readEndpoint.port), "get", "a") == "before")

            try await roost.roost("promote", "it", "-A", "ramen").expectSuccess()
            #expect(try await roost.roles() == ["replica", "primary"])
            _ = try await roost.ask(row, service, "put", "b", "behind it")
            try await roost.eventuallyReads(row, "b", "behind it", at: group.url(ofInstance: 0))
            let reader = group.url(user: "reader", password: try #require(added.password))
            #expect(try await roost.ask(row, at: reader, "get", "a") == "before")

            // The primary restarts in place: its own data are the ones that hold everything.
            let old = try #require(try await roost.info("it").instances.last?.pid)
            kill(old, SIGKILL)
            #expect(try await roost.ask(row, service, "get", "b") == "behind it")
            #expect(try await roost.roles() == ["replica", "primary"])

            let refused = try await roost.roost("snapshot", "restore", "it", "-A", "ramen", "--yes")
            #expect(refused.status != 0, "\(refused)")
            try await roost.roost("wait", "it", "-A", "ramen").expectSuccess()
            try await roost.roost("restart", "it.0", "-A", "ramen").expectSuccess()
            try await roost.roost("promote", "it.0", "-A", "ramen").expectSuccess()
            try await roost.roost("user", "rm", "it", "reader", "-A", "ramen", "--yes").expectSuccess()
            try await roost.scale(to: 3)
            try await roost.scale(to: 1)
            #expect(try await roost.roles() == ["primary"])
            #expect(try await roost.ask(row, service, "get", "b") == "behind it")
            let kept = try await roost.snapshots().filter { $0.reason != "seed" }
            #expect(kept.map(\.reason) == ["replica", "replica"], "the data of those that left are kept: \(kept)")

            try await roost.scale(to: 2)
            try await roost.roost("destroy", "it", "-A", "ramen", "--yes").expectSuccess()
            try await roost.roost("snapshot", "restore", "it", "-A", "ramen").expectSuccess()
            #expect(try await roost.ask(row, service, "get", "b") == "behind it")
            #expect(try await roost.roles() == ["primary", "replica"])
        }
    }

    /// The next daemon goes on with whatever a killed daemon was doing.
    @Test func aKilledDaemonGoesOnWithGroups() async throws {
        let row = try #require(Self.rows.first)
        try await withRoost { roost in
            let service = try await roost.serve(row)
            for round in 0..<6 {
                _ = try await roost.ask(row, service, "put", "round", "\(round)")
                let count = [2, 3][round % 2]
                _ = try await roost.roost("scale", "it:instances=\(count)", "-A", "ramen", "--yes", "--no-wait")
                if round > 1 { _ = try await roost.roost("promote", "it", "-A", "ramen", "--no-wait") }
                await roost.killDaemon()
                try await roost.start()
                try await roost.roost("wait", "it", "-A", "ramen").expectSuccess()
                let roles = try await roost.roles()
                #expect(roles.filter { $0 == "primary" }.count == 1, "\(roles)")
                #expect(try await roost.ask(row, service, "get", "round") == "\(round)")
            }
        }
    }

    @Test func moreThanThereMayBeIsRefused() async throws {
        let row = try #require(Self.rows.first)
        try await withRoost { roost in
            _ = try await roost.serve(row)
            for (count, words) in [("0", "a whole number of at least 1"), ("100", "at most 9 instances")] {
                let refused = try await roost.roost("scale", "it:instances=\(count)", "-A", "ramen")
                #expect(refused.status == 2 && refused.errors.contains(words), "\(refused)")
            }
            let alone = try await roost.roost("promote", "it", "-A", "ramen")
            #expect(alone.status == 1 && alone.errors.contains("roost scale it:instances=2"), "\(alone)")
        }
    }
}

extension Roost {
    fileprivate func scale(to count: Int) async throws {
        try await roost("scale", "it:instances=\(count)", "-A", "ramen", "--yes").expectSuccess()
        #expect(try await info("it").instances.count == count)
    }

    fileprivate func roles() async throws -> [String] { try await info("it").instances.map(\.role) }

    fileprivate func eventuallyReads(
        _ row: EngineRow, _ key: String, _ value: String, at url: String?
    ) async throws {
        try await eventually("\(key) is \(value)") { try await ask(row, at: url, "get", key) == value }
    }
}

extension ServiceInfo {
    /// The service's URL with another port.
    fileprivate func url(port: PortNumber) -> String? {
        url?.replacing(":\(endpoint.port)/", with: ":\(port)/")
    }

    fileprivate func url(ofInstance index: Int) -> String? {
        instances.first { $0.name == "\(service).\(index)" }.flatMap { url(port: $0.port) }
    }

    fileprivate func url(user: String, password: String) -> String? {
        "redis://\(user):\(password)@\(endpoint.host):\(endpoint.port)/0"
    }
}
