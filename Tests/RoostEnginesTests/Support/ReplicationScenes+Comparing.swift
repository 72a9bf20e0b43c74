import RoostModel
import Testing

@testable import RoostEngines

// Checksums of tables, by which members are compared.
extension ReplicationScenes {
    private func comparing() throws -> any Comparing { try #require(engine as? any Comparing) }

    /// The checksum of a whole table, after the replica has applied what the primary had.
    private func sums(
        _ shape: TableShape, _ primary: TestServer, _ replica: TestServer
    ) async throws -> [ChunkSum] {
        try await members.catchUp(primary, replica)
        var sums: [ChunkSum] = []
        for server in [primary, replica] {
            sums.append(try await comparing().sum(of: TableChunk(shape), server.plan.address))
        }
        return sums
    }

    func aChangeBehindAReplicasBackIsFound() async throws {
        try await members.withPrimary { primary in
            let types =
                "n TINYINT, f FLOAT, d DOUBLE, m DECIMAL(20,5), t TIMESTAMP NULL, dt DATETIME(6), y YEAR, b BIT(9), "
                + "j JSON, x BLOB, e ENUM('a','b'), l VARCHAR(20) CHARACTER SET latin1, g GEOMETRY"
            try primary.administration("CREATE TABLE data.every (id INT PRIMARY KEY, \(types))")
            try primary.administration(
                "INSERT INTO data.every VALUES (1, 1, 0.1, 0.1, 1.5, NOW(), NOW(6), 2026, b'101', '{\"a\":1}', "
                    + "x'00ff', 'b', '\u{e9}', ST_GeomFromText('POINT(1 2)')), "
                    + "(2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)")
            try primary.administration("CREATE TABLE data.passing (n INT) ENGINE = MEMORY")
            try primary.note("before")
            try await members.withReplica(of: primary) { replica in
                let engine = try comparing()
                let tables = try await engine.comparableTables(primary.plan.address)
                #expect(tables.map(\.name) == ["data.every", "data.note", "data.passing"])
                #expect(tables.map(\.leftOut) == [nil, nil, "it is kept in memory"])
                #expect(try await engine.comparableTables(replica.plan.address) == tables)
                let point = try await engine.comparisonPoint(primary.plan.address)
                #expect(point.role == .primary && point.position != nil && !point.commitsWait)
                for table in tables.prefix(2) {
                    let shape = try #require(try await engine.shape(of: table, primary.plan.address))
                    let found = try await sums(shape, primary, replica)
                    #expect(found[0] == found[1] && found[0].isState, "\(table): \(found)")
                    #expect(found[0] != .absent && found[0] != .rows(count: 0, digest: "0"), "\(table): \(found)")
                }
                let shape = try #require(try await engine.shape(of: tables[1], primary.plan.address))
                try members.write(replica, "UPDATE data.note SET words = 'other' WHERE id = 1")
                let found = try await sums(shape, primary, replica)
                #expect(found[0] != found[1], "\(found)")
                try members.write(replica, "UPDATE data.note SET words = 'before' WHERE id = 1")
                let again = try await sums(shape, primary, replica)
                #expect(again[0] == again[1])
                try members.write(replica, "ALTER TABLE data.note ADD COLUMN more INT")
                let altered = try #require(try await engine.shape(of: tables[1], replica.plan.address))
                #expect(altered.definition != shape.definition && altered.definition.hasSuffix(" InnoDB"))
                try members.write(replica, "DROP TABLE data.every")
                let gone = try #require(try await engine.shape(of: tables[0], primary.plan.address))
                #expect(try await engine.sum(of: TableChunk(gone), replica.plan.address) == .absent)
            }
        }
    }

    /// What a versioned table keeps of its old rows is the same on a replica.
    func oldRowsAreCompared() async throws {
        try await members.withPrimary { primary in
            try primary.administration(
                "CREATE TABLE data.history (id INT PRIMARY KEY, words VARCHAR(20)) WITH SYSTEM VERSIONING")
            try await members.withReplica(of: primary) { replica in
                for statement in [
                    "INSERT INTO data.history VALUES (1, 'a'), (2, 'b')", "UPDATE data.history SET words = 'c'",
                    "DELETE FROM data.history WHERE id = 2", "UPDATE data.history SET words = 'd' WHERE id = 1",
                ] { try primary.administration(statement) }
                let engine = try comparing()
                let tables = try await engine.comparableTables(primary.plan.address)
                let table = try #require(tables.first { $0.table == "history" })
                let shape = try #require(try await engine.shape(of: table, primary.plan.address))
                let found = try await sums(shape, primary, replica)
                #expect(found[0] == found[1] && found[0].isState, "\(found)")
                guard case .rows(5, _) = found[0] else {
                    Issue.record("rows of before were not read: \(found)")
                    return
                }
                try members.write(replica, "DELETE HISTORY FROM data.history")
                let other = try await sums(shape, primary, replica)
                #expect(other[0] != other[1])
            }
        }
    }

    /// Nothing is held up: writers go on while checksums are taken, and some attempt finds the servers equal.
    func aBusyTableIsEqualAtSomePosition() async throws {
        try await members.withPrimary { primary in
            try await members.withReplica(of: primary) { replica in
                let (engine, primaryAt, replicaAt) = (try comparing(), primary.plan.address, replica.plan.address)
                let table = try #require(try await engine.comparableTables(primaryAt).first { $0.table == "note" })
                let shape = try #require(try await engine.shape(of: table, primaryAt))
                // The part below a key that exists is no longer written to.
                _ = try await underLoad(primary) {
                    let part = TableChunk(shape, upper: 20)
                    try await MySQLMembers.eventually("the part is equal") {
                        let before = try await engine.sum(of: part, primaryAt)
                        let point = try await engine.comparisonPoint(primaryAt)
                        let wanted = try #require(point.position)
                        try await MySQLMembers.eventually("the replica is there") {
                            try await engine.comparisonPoint(replicaAt).position?.standing(against: wanted).holdsAll
                                ?? false
                        }
                        return try await engine.sum(of: part, replicaAt) == before
                    }
                }
                let whole = try await sums(shape, primary, replica)
                #expect(whole[0] == whole[1])
                #expect(try await engine.chunkEnd(of: shape, after: nil, primaryAt) == .last)
            }
        }
    }
}
