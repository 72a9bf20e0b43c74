import RoostControl
import RoostEngines
import RoostModel
import Synchronization
import Testing

@testable import RoostAgent

/// Comparisons of members, over servers that are values.
@Suite struct MemberComparisonTests {
    @Test func membersWithTheSameRowsAreEqual() async throws {
        let group = Group([["a": "1", "b": "2"], ["a": "1", "b": "2"], ["a": "1", "b": "2"]])
        let found = try await group.compare()
        #expect(found.summary == "2 tables equal on 2 members" && found.primary == "data.0")
        #expect(found.members.map(\.name) == ["data.1", "data.2"])
    }

    @Test func aChangedRowIsFoundOnItsMember() async throws {
        let group = Group([["a": "1", "b": "2"], ["a": "1", "b": "2"], ["a": "1", "b": "x"]])
        let found = try await group.compare()
        #expect(found.members[0].isEqual && found.hasDifference)
        #expect(found.members[1].tables == [.init("shop.b", .differs, "its rows differ")])
        #expect(found.members[1].equal == 1)
    }

    @Test func tablesThatOneServerLacksDiffer() async throws {
        let group = Group([["a": "1", "b": "2"], ["a": "1", "c": "3"]])
        let found = try await group.compare()
        #expect(Set(found.members[0].tables.map(\.name)) == ["shop.b", "shop.c"] && found.members[0].differing == 2)
    }

    /// The rows of such a table are not read: that could lock it.
    @Test func aTableOfAnotherDefinitionDiffers() async throws {
        let group = Group([["a": "1", "b": "2"], ["a": "1", "b": "2"], ["a": "1", "b": "2"]])
        group.servers.withLock { $0[2].definitions["b"] = "id int, more int InnoDB" }
        let found = try await group.compare()
        #expect(found.members[0].isEqual && found.members[1].differing == 1 && found.members[1].equal == 1)
        #expect(found.members[1].tables.first?.name == "shop.b")
        #expect(group.servers.withLock { $0[2].read } == ["a"])
    }

    @Test func aMemberThatDoesNotAnswerIsNotCompared() async throws {
        let group = Group([["a": "1"], ["a": "1"], ["a": "1"]])
        group.servers.withLock { $0[1].isSilent = true }
        let found = try await group.compare()
        #expect(found.members[0].reason == "the server cannot be reached: silent" && found.members[0].equal == 0)
        #expect(found.members[1].isEqual && !found.hasDifference && !found.isEqual)
    }

    @Test func aReplicaWhoseReplicationIsBrokenIsNotCompared() async throws {
        let group = Group([["a": "1"], ["a": "x"]])
        group.servers.withLock { $0[1].link = .broken(reason: "duplicate key") }
        let found = try await group.compare()
        #expect(found.members[0].reason == "its replication is broken: duplicate key" && !found.hasDifference)
    }

    /// The replica gets the rows when it applies the position that was taken after the primary's checksum.
    @Test func aReplicaThatIsBehindIsWaitedFor() async throws {
        let group = Group([["a": "2"], ["a": "1"]])
        group.servers.withLock {
            $0[0].position = 5
            $0[1].position = 4
            $0[1].pending = ["a": "2"]
        }
        #expect(try await group.compare().isEqual)
    }

    @Test func withoutThePrimaryThereIsNoResult() async throws {
        let silent = Group([["a": "1"], ["a": "1"]])
        silent.servers.withLock { $0[0].isSilent = true }
        await #expect(throws: EngineError.notReachable("silent")) { try await silent.compare() }
        let deposed = Group([["a": "1"], ["a": "1"]])
        deposed.servers.withLock { $0[0].role = .replica }
        await #expect(throws: HostFailure("data.0 is no longer the primary")) { try await deposed.compare() }
    }

    @Test func tablesThatAreLeftOutAreNamed() async throws {
        let group = Group([["a": "1", "memory": "1"], ["a": "1", "memory": "2"]])
        let found = try await group.compare()
        #expect(found.isEqual && found.leftOut == [.init("shop.memory", .leftOut, "it is kept in memory")])
    }
}

/// Servers of a group: the first is the primary.
private final class Group: Comparing {
    struct Server {
        var role = ReplicationReport.Role.replica
        var link = ReplicationReport.Link.up
        var position: UInt64 = 1
        var isSilent = false
        /// The content of each table.
        var tables: [String: String]
        /// What the server has once it has been asked for its position a few times.
        var pending: [String: String]?
        var looks = 0
        var definitions: [String: String] = [:]
        /// Tables whose rows were read.
        var read: Set<String> = []
    }

    let servers: Mutex<[Server]>

    init(_ contents: [[String: String]]) {
        servers = Mutex(
            contents.enumerated().map { index, tables in
                Server(role: index == 0 ? .primary : .replica, link: index == 0 ? .none : .up, tables: tables)
            })
    }

    func compare() async throws -> MembersComparison {
        let addresses = try servers.withLock { $0.indices }.map { index in
            ServerAddress(
                instance: InstanceID(ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: "data")), index),
                data: "/data", socket: "/socket", port: try #require(PortNumber(31000 + index)),
                administrationPassword: "secret")
        }
        var comparison = MemberComparison(
            engine: self, primary: addresses[0], replicas: Array(addresses.dropFirst())
        ) { _, _, _ in }
        return try await comparison.run()
    }

    private func look<Value>(
        _ server: ServerAddress, _ body: (inout Server) -> Value
    ) throws(EngineError) -> Value {
        let value: Value? = servers.withLock { servers in
            servers[server.instance.index].isSilent ? nil : body(&servers[server.instance.index])
        }
        guard let value else { throw .notReachable("silent") }
        return value
    }

    func comparisonPoint(_ server: ServerAddress) async throws(EngineError) -> ComparisonPoint {
        try look(server) { server in
            server.looks += 1
            if server.looks > 2, let pending = server.pending {
                server.tables = pending
                server.position = 5
            }
            return ComparisonPoint(
                ReplicationReport(role: server.role, link: server.link),
                position: .postgresql(timeline: 1, location: server.position))
        }
    }

    func comparableTables(_ server: ServerAddress) async throws(EngineError) -> [ComparableTable] {
        try look(server) { server in
            server.tables.keys.sorted().map { name in
                ComparableTable(
                    database: "shop", table: name, leftOut: name == "memory" ? "it is kept in memory" : nil)
            }
        }
    }

    func shape(of table: ComparableTable, _ server: ServerAddress) async throws(EngineError) -> TableShape? {
        try look(server) { server in
            server.tables[table.table] == nil
                ? nil
                : TableShape(
                    table: table, row: "",
                    definition: server.definitions[table.table, default: "id int InnoDB"])
        }
    }

    func chunkEnd(
        of shape: TableShape, after lower: Int?, _ server: ServerAddress
    ) async throws(EngineError) -> ChunkEnd { .last }

    func sum(of chunk: TableChunk, _ server: ServerAddress) async throws(EngineError) -> ChunkSum {
        try look(server) { server in
            server.read.insert(chunk.shape.table.table)
            return server.tables[chunk.shape.table.table].map { ChunkSum.rows(count: 1, digest: $0) } ?? .absent
        }
    }
}
