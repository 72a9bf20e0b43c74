import RoostModel
import Testing

@testable import RoostEngines

/// The queries for checksums of tables, and what their answers mean.
@Suite struct TableSumsTextTests {
    static let orders = ComparableTable(database: "shop", table: "or`ders")

    // MARK: MySQL family

    @Test func rowsAreTextsWithoutAmbiguity() throws {
        let columns: [[String?]] = [
            ["id", "bigint", "auto_increment", "1"], ["words", "varchar", "", nil], ["price", "float", "", nil],
            ["flags", "bit", "", nil], ["double", "int", "VIRTUAL GENERATED", nil], ["at", "timestamp", "", nil],
        ].map { $0 + ["InnoDB"] }
        let shape = try #require(TableSums.shape(of: Self.orders, columns))
        #expect(
            shape.row
                == "CONCAT_WS(',', IFNULL(`id`, 'N'), IFNULL(SHA2(`words`, 256), 'N'), IFNULL(`price` + 0e0, 'N'), "
                + "IFNULL(`flags` + 0, 'N'), IFNULL(`at`, 'N'))")
        #expect(shape.key == TableShape.Key(column: "`id`", label: "rows with id"))
        #expect(
            shape.definition
                == "id bigint, words varchar, price float, flags bit, double int, at timestamp InnoDB")
        #expect(
            TableSums.sum(of: TableChunk(shape, lower: 5, upper: 9)).hasSuffix(
                "FROM `shop`.`or``ders` WHERE `id` > 5 AND `id` <= 9"))
        #expect(TableChunk(shape, lower: 5, upper: 9).text == "rows with id above 5 and up to 9")
        #expect(TableChunk(shape).text == "" && TableChunk(shape, upper: 9).text == "rows with id up to 9")
    }

    @Test(
        arguments: [
            [["a", "varchar", "", "1", "InnoDB"]], [["a", "int", "", nil, "InnoDB"]],
            [["a", "varchar", "", "1", "InnoDB"], ["b", "int", "", "2", "InnoDB"]],
        ] as [[[String?]]])
    func withoutAnIntegerAtTheHeadOfItsKeyATableIsOnePart(_ columns: [[String?]]) throws {
        #expect(try #require(TableSums.shape(of: Self.orders, columns)).key == nil)
    }

    @Test func oldRowsOfAVersionedTableAreRead() throws {
        let table = try #require(TableSums.table(["shop", "t", "SYSTEM VERSIONED", "InnoDB"]))
        let shape = try #require(TableSums.shape(of: table, [["id", "int", "", "1", "InnoDB"]]))
        #expect(
            TableSums.sum(of: TableChunk(shape, upper: 9)).hasSuffix(
                "FROM `shop`.`t` FOR SYSTEM_TIME ALL WHERE `id` <= 9"))
    }

    @Test func aTableWithoutColumnsIsGone() { #expect(TableSums.shape(of: Self.orders, []) == nil) }

    static let kinds: [(kind: String, engine: String?, reason: String?)] = [
        ("BASE TABLE", "InnoDB", nil), ("SYSTEM VERSIONED", "InnoDB", nil),
        ("BASE TABLE", "MEMORY", "it is kept in memory"),
        ("BASE TABLE", "MyISAM", "its storage engine is MyISAM"), ("SEQUENCE", "InnoDB", "it is a sequence"),
        ("BASE TABLE", nil, "its storage engine is unknown"),
    ]

    @Test(arguments: kinds) func onlyInnoDBIsCompared(kind: String, engine: String?, reason: String?) throws {
        #expect(try #require(TableSums.table(["shop", "t", kind, engine])).leftOut == reason)
    }

    @Test func errorsAreAnswers() {
        #expect(TableSums.sum(ClientFault(code: 1146, message: "")) == .absent)
        #expect(TableSums.sum(ClientFault(code: 1969, message: "")) == .unreadable("a query took longer than 5 s"))
        #expect(TableSums.sum(ClientFault(code: 3024, message: "")) == .unreadable("a query took longer than 5 s"))
        #expect(TableSums.sum(ClientFault(code: 1205, message: "wait")) == .interrupted("error 1205: wait"))
        #expect(TableSums.sum(ClientFault(code: 2013, message: "lost")) == nil)
        #expect(TableSums.sum(["3", nil]) == .rows(count: 3, digest: "0"))
        #expect(TableSums.sum(nil).isState == false)
    }

    @Test(arguments: [
        ("Waiting for semi-sync ACK from slave", "1", true), ("Waiting for semi-sync ACK from replica", "7", true),
        ("Waiting for semi-sync ACK from replica", "0", false), ("Sending data", "7", false),
    ])
    func aCommitWaitsIfItHasForASecond(state: String, time: String, waits: Bool) {
        #expect(TableSums.isLongWait(["State": state, "Time": time]) == waits)
    }

    // MARK: PostgreSQL

    @Test func partsAreRangesOfPages() {
        let table = ComparableTable(database: "data", schema: "public", table: "no\"te")
        let shape = PostgreSQLTableSums.shape(of: table, accessMethod: "heap")
        let text = PostgreSQLTableSums.sum(of: TableChunk(shape, lower: 4095, upper: 8191))
        #expect(
            text.hasSuffix(
                "FROM ONLY \"public\".\"no\"\"te\" AS roost_row "
                    + "WHERE roost_row.ctid >= '(4096,0)'::tid AND roost_row.ctid < '(8192,0)'::tid"))
        #expect(PostgreSQLTableSums.shape(of: table, accessMethod: "columnar").key == nil)
        #expect(table.name == "data.public.no\"te")
    }

    @Test(
        arguments: [
            (nil, 0, .last), (nil, 4096, .last), (nil, 4097, .at(4095)), (4095, 8192, .last), (4095, 8193, .at(8191)),
        ] as [(Int?, Int, ChunkEnd)])
    func theLastPartHasNoEnd(lower: Int?, pages: Int, end: ChunkEnd) {
        #expect(PostgreSQLTableSums.end(after: lower, pages: pages) == end)
    }

    static let relations: [(row: [String?], reason: String?)] = [
        (["public", "t", "r", "p", "t"], nil), (["public", "t", "m", "p", "t"], nil),
        (["public", "t", "m", "p", "f"], "it is a materialized view without data"),
        (["public", "t", "r", "u", "t"], "it is unlogged"), (["public", "t", "f", "p", "t"], "it is a foreign table"),
        (["public", "t", "S", "p", "t"], "it is a sequence"),
    ]

    @Test(arguments: relations) func whatHasNoComparableRowsIsLeftOut(row: [String?], reason: String?) throws {
        #expect(try #require(PostgreSQLTableSums.table(row, in: "data")).leftOut == reason)
    }

    @Test func statesAreAnswers() {
        #expect(PostgreSQLTableSums.sum(state: "42P01", "") == .absent)
        #expect(PostgreSQLTableSums.sum(state: "40001", "x") == .interrupted("error 40001: x"))
        #expect(PostgreSQLTableSums.sum(state: "57014", "x") == .unreadable("a query took longer than 5 s"))
        #expect(PostgreSQLTableSums.sum(state: "42501", "x") == .unreadable("error 42501: x"))
    }

    /// The place of the next record on a new page is behind the page's header.
    @Test func thePositionIsTheEndOfTheLastRecord() {
        #expect(PostgreSQLTableSums.end(of: 0x200_0018) == 0x200_0000)
        #expect(PostgreSQLTableSums.end(of: 0x200_0028) == 0x200_0000)
        #expect(PostgreSQLTableSums.end(of: 0x200_0030) == 0x200_0030)
    }
}
