import RoostModel
import Testing

@testable import RoostEngines

/// Statements and files about users who read changes, as text.
@Suite struct ChangeReaderTextTests {
    private static func plan(_ readers: [String], config: [String: String] = [:]) throws -> ServerPlan {
        try TestServer.plan(folder: "/x", config: config).with(changeReaders: readers)
    }

    /// What a new user is granted on everything.
    static let grants: [(users: UserStatements, readers: [String], grant: String?)] = [
        (.mariadb, [], nil), (.mariadb, ["cook"], nil),
        (.mariadb, ["o'hara"], "GRANT REPLICATION SLAVE, BINLOG MONITOR, SLAVE MONITOR ON *.* TO 'o''hara'@'%'"),
        (.mysql, [], nil), (.mysql, ["cook"], nil),
        (.mysql, ["o'hara"], "GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'o''hara'@'%'"),
    ]

    @Test(arguments: grants.indices) func aReaderAloneIsGrantedTheRight(_ index: Int) throws {
        let row = Self.grants[index]
        let statements = row.users.create("o'hara", password: "p", plan: try Self.plan(row.readers))
        #expect(statements.filter { $0.contains("*.*") } == (row.grant.map { [$0] } ?? []))
        #expect(statements.filter { $0.contains("ALL PRIVILEGES") }.count == 1)
    }

    /// A user that does not exist must not keep a server from starting: MySQL ends at a failed statement.
    @Test func startFilesNameReadersWithoutNeedingThem() throws {
        let mysql = MySQLAccounts(plan: try Self.plan(["o'hara", "cook"]))
        let update =
            "UPDATE mysql.user SET Repl_slave_priv = 'Y', Repl_client_priv = 'Y' WHERE Host = '%' AND User IN "
            + "('o''hara', 'cook') AND 'N' IN (Repl_slave_priv, Repl_client_priv)"
        let statements = mysql.statements
        let place = try #require(statements.firstIndex(of: update))
        #expect(statements[place...].contains("FLUSH PRIVILEGES"))
        #expect(mysql.startFile.contains(update) && !statements.contains { $0.hasPrefix("GRANT REPLICATION") })
        let mariadb = MariaDBAccounts(plan: try Self.plan(["cook"])).statements.filter { $0.contains("cook") }
        #expect(mariadb.count == 1 && mariadb[0].hasPrefix("IF EXISTS (SELECT 1 FROM mysql.global_priv"))
        #expect(mariadb[0].contains("THEN GRANT REPLICATION SLAVE, BINLOG MONITOR, SLAVE MONITOR ON *.* TO 'cook'@'%'"))
    }

    /// The queries of services without readers are as before.
    @Test func withoutReadersNothingIsAskedOrChanged() throws {
        let plan = try Self.plan([])
        #expect(MariaDBReaders(plan).statements.isEmpty && MySQLReaders(plan).changes.isEmpty)
        #expect(PostgreSQLReaders(plan).statements.isEmpty && PostgreSQLReaders(plan).end == nil)
        for query in [
            MariaDBAccountFacts(plan: plan).expectation.query, MySQLAccountFacts(plan: plan).expectation.query,
            PostgreSQLAccountFacts(plan: plan).expectation.query,
        ] {
            #expect(!query.contains("IN ()") && !query.contains("may not read changes"))
        }
        for query in [
            MariaDBAccountFacts(plan: try Self.plan(["cook"])).expectation.query,
            MySQLAccountFacts(plan: try Self.plan(["cook"])).expectation.query,
            PostgreSQLAccountFacts(plan: try Self.plan(["cook"])).expectation.query,
        ] {
            #expect(query.contains("'cook'") && query.contains("may not read changes"))
        }
    }

    // MARK: PostgreSQL

    @Test func nobodyIsAMemberOfAReader() throws {
        func statements(_ readers: [String]) throws -> [String] {
            PostgreSQLUsers.create("cook", verifier: "v", plan: try Self.plan(readers))
        }
        let reader = try statements(["cook"])
        #expect(reader.first == "CREATE ROLE \"cook\" WITH LOGIN REPLICATION PASSWORD 'v'")
        #expect(!reader.contains { $0.hasPrefix("GRANT \"cook\" TO") })
        let user = try statements(["anna"])
        #expect(user.first == "CREATE ROLE \"cook\" WITH LOGIN PASSWORD 'v'")
        #expect(user.contains("GRANT \"cook\" TO \"root\"") && reader.last == user.last)
    }

    static let levels: [(config: [String: String], level: String, senders: String?)] = [
        ([:], "replica", nil), (["wal_level": "replica"], "replica", nil),
        (["wal_level": "logical"], "logical", "30"), (["WAL_level": "Logical"], "logical", "30"),
    ]

    @Test(arguments: levels.indices) func theLogHoldsWhatReadersNeedIfItIsAskedFor(_ index: Int) throws {
        let row = Self.levels[index]
        let plan = try Self.plan([], config: row.config)
        let configuration = PostgreSQLConfiguration(plan: plan, caller: "root")
        #expect(configuration.arguments(major: 15).contains("wal_level=\(row.level)"))
        #expect(configuration.options.last { $0.name == "max_wal_senders" }?.value == row.senders)
        let copy = PostgreSQLConfiguration(plan: plan.of(.clone(isDurable: true)), caller: "root")
        #expect(copy.arguments(major: 15).contains("wal_level=replica"), "a copy has no readers")
        #expect(PostgreSQLSettingRules.refusals(row.config, memory: .mebibytes(512)).isEmpty)
    }

    @Test(arguments: ["minimal", "archive", "on", ""]) func noOtherLevelIsTaken(_ level: String) {
        #expect(PostgreSQLSettingRules.refusals(["wal_level": level], memory: .mebibytes(512)).count == 1)
    }

    @Test(arguments: [
        ("roost_0", true), ("roost_12", true), ("roost_", false), ("debezium", false), ("roost_1x", false),
        ("roost_image_5", false),
    ])
    func roostsOwnSlotsAreKnownByName(_ name: String, _ isOwn: Bool) {
        #expect(PostgreSQLReaders.isOwn(slot: name) == isOwn)
    }
}
