import RoostModel
import Testing

@testable import RoostEngines

// Checksums of tables, by which members are compared. The members' files are the same: rows that differ can only come from
// files that were changed or damaged, so the tests compare two states of the primary instead.
extension PostgreSQLReplicationTests {
    @Test func tablesOfAPairAreEqualAndAChangeIsSeen() async throws {
        try await Members.withPair { primary, replica in
            for number in 0..<50 { try primary.addNote("\(number)") }
            try primary.sql(
                "CREATE UNLOGGED TABLE public.passing (n int); CREATE TABLE public.pairs (roost_row text, j json, f float4); "
                    + "INSERT INTO public.pairs VALUES ('a', '{}', 0.1), ('a', '{}', 0.1), (NULL, NULL, NULL)",
                database: "data")
            let (primaryAt, replicaAt) = (primary.plan.address, replica.plan.address)
            let tables = try await engine.comparableTables(primaryAt).filter { $0.database == "data" }
            let reasons = Dictionary(uniqueKeysWithValues: tables.map { ($0.name, $0.leftOut) })
            #expect(reasons["data.public.note"] == .some(nil) && reasons["data.public.pairs"] == .some(nil))
            #expect(reasons["data.public.passing"] == "it is unlogged")
            #expect(reasons["data.public.note_n_seq"] == "it is a sequence")
            let point = try await engine.comparisonPoint(primaryAt)
            let wanted = try #require(point.position)
            #expect(point.role == .primary && !point.commitsWait)
            try await Members.eventually("the replica is there") {
                try await engine.comparisonPoint(replicaAt).position?.standing(against: wanted).holdsAll ?? false
            }
            for table in tables where table.leftOut == nil {
                let shape = try #require(try await engine.shape(of: table, primaryAt))
                #expect(try await engine.chunkEnd(of: shape, after: nil, primaryAt) == .last)
                let sum = try await engine.sum(of: TableChunk(shape), primaryAt)
                #expect(sum.isState && sum != .absent, "\(table): \(sum)")
                #expect(try await engine.sum(of: TableChunk(shape), replicaAt) == sum, "\(table)")
            }
            let note = try #require(tables.first { $0.table == "note" })
            let shape = try #require(try await engine.shape(of: note, primaryAt))
            let before = try await engine.sum(of: TableChunk(shape), primaryAt)
            try primary.sql("UPDATE public.note SET words = 'other' WHERE n = 1", database: "data")
            #expect(try await engine.sum(of: TableChunk(shape), primaryAt) != before)
            try primary.sql("DROP TABLE public.note", database: "data")
            #expect(try await engine.sum(of: TableChunk(shape), primaryAt) == .absent)
            #expect(try await engine.shape(of: note, primaryAt) == nil)
        }
    }

    /// A cast of the table's owner must not run as Roost.
    @Test func castsOfUsersAreNotUsed() async throws {
        try await Members.withPrimary { primary in
            try primary.addNote("one")
            try primary.sql(
                "CREATE FUNCTION public.evil(public.note) RETURNS text LANGUAGE plpgsql AS "
                    + "$$BEGIN RAISE EXCEPTION 'evil'; END$$; "
                    + "CREATE CAST (public.note AS text) WITH FUNCTION public.evil(public.note) AS IMPLICIT",
                database: "data")
            let table = ComparableTable(database: "data", schema: "public", table: "note")
            let shape = try #require(try await engine.shape(of: table, primary.plan.address))
            let sum = try await engine.sum(of: TableChunk(shape), primary.plan.address)
            #expect(sum.isState && sum != .absent, "\(sum)")
        }
    }
}
