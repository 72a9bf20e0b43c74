import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// Members of one replica set on this machine. Each is reached through a relay, as through the router.
final class MongoGroup {
    let engine = TestMongo.engine
    private let ports: [PortNumber]
    private(set) var servers: [TestServer] = []
    private var relays: [TestRelay] = []

    private init(_ ports: [PortNumber]) {
        self.ports = ports
    }

    /// Runs `body` with members that follow the first one. All have a vote, unless `isVoting` is false.
    ///
    /// `seeding`: runs around the making of the replicas, for writes meanwhile.
    static func with(
        _ count: Int = 3, isVoting: Bool = true,
        seeding: @escaping (TestServer, () async throws -> Void) async throws -> Void = { _, work in try await work() },
        _ body: @escaping (MongoGroup) async throws -> Void
    ) async throws {
        let group = MongoGroup(try (0..<count).map { _ in try TestServer.freePort() })
        try await TestServer.with(group.engine, reshaped: { $0.member(0, at: group.ports) }) { server in
            try group.add(server)
            defer { group.endRelays() }
            try await group.engine.open(server.plan)
            try await group.grow(seeding) {
                if isVoting { try await group.giveVotes() }
                try await body(group)
            }
        }
    }

    private func add(_ server: TestServer) throws {
        relays.append(try TestRelay(from: server.plan.routerAddress.port, to: server.plan.internalPort))
        servers.append(server)
    }

    func endRelays() {
        for relay in relays { relay.end() }
        relays = []
    }

    func startRelays() throws {
        relays = try servers.map { try TestRelay(from: $0.plan.routerAddress.port, to: $0.plan.internalPort) }
    }

    /// Adds the next replica, and calls itself until the group is complete.
    private func grow(
        _ seeding: @escaping (TestServer, () async throws -> Void) async throws -> Void,
        _ body: @escaping () async throws -> Void
    ) async throws {
        guard servers.count < ports.count else { return try await body() }
        let index = servers.count
        let image = "/tmp/roost-engine-seed-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: image) }  // Left behind: a folder below /tmp.
        try await seeding(servers[0]) {
            try await servers[0].withImage(settled: false) { copy, _ in
                try FileManager.default.moveItem(atPath: copy, toPath: image)
            }
        }
        try await engine.prepareReplica(directory: image, build: servers[0].build, user: TestUser.server)
        try await TestServer.with(engine, on: image, reshaped: { [ports] in $0.member(index, at: ports) }) { server in
            try self.add(server)
            try await self.engine.list(self.peers, self.servers[0].plan)
            try await self.engine.follow(self.servers[0].plan.internalPort, server.plan)
            try await self.grow(seeding, body)
        }
    }

    var peers: [SetPeer] {
        servers.enumerated().map { index, server in
            SetPeer(
                index: index, uid: "member-\(index)", address: server.plan.routerAddress,
                internalPort: server.plan.internalPort, serverID: server.plan.serverID)
        }
    }

    func giveVotes() async throws {
        for replica in servers.dropFirst() { try await settled(replica) }
        try await engine.play(.waits(for: Array(1..<servers.count)), servers[0].plan)
    }

    func report(_ server: TestServer) async throws -> ReplicationReport {
        try await engine.replicationReport(server.plan.address)
    }

    /// The member that the others elected, once there is one.
    func primary() async throws -> TestServer {
        var elected: TestServer?
        try await until("a member is elected") { [self] in
            for server in servers where try await report(server).role == .primary { elected = server }
            return elected != nil
        }
        return try #require(elected)
    }

    /// Waits until a replica has all that its primary has, as long as nobody writes.
    func settled(_ replica: TestServer, with primary: TestServer? = nil) async throws {
        try await until("the replica has caught up") { [self] in
            let own = try await report(replica)
            let written = try await report(primary ?? servers[0]).applied
            return own.link == .up && own.received == written
        }
    }

    /// Hands the primary's role over, as the control plane does.
    func hand(from old: TestServer, to new: TestServer) async throws {
        try await engine.close(old.plan)
        try await until("the candidate has all writes") { [self] in
            guard let received = try await report(new).received, let written = try await report(old).applied else {
                return false
            }
            return received.standing(against: written).holdsAll
        }
        try await engine.promote(new.plan)
        try await engine.open(new.plan)
    }

    /// Waits for a condition. A server that changes its state ends its connections meanwhile.
    func until(_ what: String, _ isMet: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            var trouble = "not yet"
            do { if try await isMet() { return } } catch { trouble = "\(error)" }
            try #require(ContinuousClock.now < deadline, "\(what): \(trouble)")
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}

extension ServerPlan {
    /// The plan of a member of a group, which clients and members reach at its own port of the relays.
    fileprivate func member(_ index: Int, at ports: [PortNumber]) -> ServerPlan {
        let followers = ports.indices.map { GroupPlan.Follower(index: $0, password: "unused") }
        return member(index, at: ports[index], GroupPlan(followers: followers, own: followers[index]))
    }

    /// The plan of the last member of a group.
    func alone() -> ServerPlan { member(instance.index, at: routerAddress.port, nil) }

    private func member(_ index: Int, at port: PortNumber, _ group: GroupPlan?) -> ServerPlan {
        ServerPlan(
            instance: InstanceID(instance.service, index), settings: settings, folders: folders,
            internalPort: internalPort, routerAddress: RouterAddress(host: "127.0.0.1", port: port),
            serverID: serverID + UInt32(index), domainID: domainID, applicationUser: applicationUser,
            applicationPassword: applicationPassword, previousPassword: previousPassword,
            administrationPassword: administrationPassword, databases: databases, certificate: certificate,
            group: group)
    }
}

extension TestServer {
    /// The digest of a database's content, equal on members with equal data.
    func digest(_ database: String = "data") throws -> String {
        try #require(try system(["dbHash": 1], on: database)["md5"]?.text)
    }

    func count(_ collection: String = "t") throws -> Int64 {
        try #require(try asUser(["count": .string(collection), "query": ["_id": ["$gte": 0]]])["n"]?.number)
    }

    func term() throws -> Int64 { try #require(try system(["replSetGetStatus": 1])["term"]?.number) }

    /// Inserts documents with these ids. Throws the server's refusal.
    func insert(_ ids: Range<Int64>, into collection: String = "t") throws {
        let documents = ids.map { BSONValue.document(["_id": .int($0)]) }
        try asUser(["insert": .string(collection), "documents": .array(documents)])
    }
}
