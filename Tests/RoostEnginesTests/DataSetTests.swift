import Testing

@testable import RoostEngines

// Data sets of the shapes that people begin with, into a service and into a template of each SQL engine.
extension MySQLFamilyDumps {
    static func loadDataSets(on server: TestServer, in folder: String) async throws {
        try await server.engine.open(server.plan)
        for set in DataSet.ofMySQL {
            try await set.dumpCase.run(on: server, in: folder) { question, _ in try server.administration(question) }
        }
    }
}

extension MariaDBServerTests {
    @Test(arguments: [ServerProfile.service, .building])
    func publicDataSetsLoadWhole(_ profile: ServerProfile) async throws {
        try await CopyFolder.with { folder in
            try await TestServer.with(profile: profile) { server in
                try await MySQLFamilyDumps.loadDataSets(on: server, in: folder)
            }
        }
    }
}

extension MySQLTests.ServerTests {
    @Test(arguments: [ServerProfile.service, .building])
    func publicDataSetsLoadWhole(_ profile: ServerProfile) async throws {
        try await CopyFolder.with { folder in
            try await TestServer.with(engine, profile: profile) { server in
                try await MySQLFamilyDumps.loadDataSets(on: server, in: folder)
            }
        }
    }
}

extension PostgreSQLServerTests {
    @Test(arguments: [ServerProfile.service, .building])
    func publicDataSetsLoadWhole(_ profile: ServerProfile) async throws {
        try await CopyFolder.with { folder in
            try await TestServer.with(engine, profile: profile) { server in
                try await engine.open(server.plan)
                for set in DataSet.ofPostgreSQL {
                    try server.sql(
                        "DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION pg_database_owner",
                        database: "data")
                    try await set.dumpCase.run(on: server, in: folder) { try server.sql($0, database: $1) }
                }
            }
        }
    }
}
