import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// `run` and `with`: a command reaches the database that was named, whatever its caller's environment says.
struct ClientVariablesTests {
    struct Row: Sendable {
        let engine: any Engine
        /// The caller's variables, as a shell profile exports them for a live database.
        let callers: [String: String]
        /// The variables that the command finds instead; nil: the variable is unset.
        let found: [String: String?]
    }

    static let rows: [Row] = [
        Row(
            engine: PostgreSQL(addedBuilds: "/nonexistent"),
            callers: [
                "PGHOST": "live", "PGPORT": "5432", "PGUSER": "admin", "PGPASSWORD": "theirs", "PGDATABASE": "live",
                "PGHOSTADDR": "10.0.0.1", "PGSERVICE": "live", "PGSERVICEFILE": "/live.conf", "PGPASSFILE": "/live",
                "PGOPTIONS": "-c search_path=live", "PGSSLMODE": "require", "PGCHANNELBINDING": "require",
                "PGTARGETSESSIONATTRS": "read-only", "PGREQUIREAUTH": "none", "PGSSLROOTCERT": "/live.pem",
                "PGCLIENTENCODING": "LATIN1", "PGAPPNAME": "mine",
            ],
            found: [
                "PGHOST": "127.0.0.1", "PGPORT": "21000", "PGUSER": "u", "PGPASSWORD": "p", "PGDATABASE": "d",
                "PGHOSTADDR": nil, "PGSERVICE": nil, "PGSERVICEFILE": nil, "PGPASSFILE": nil, "PGOPTIONS": nil,
                "PGSSLMODE": "disable", "PGCHANNELBINDING": nil, "PGTARGETSESSIONATTRS": nil, "PGREQUIREAUTH": nil,
                "PGSSLROOTCERT": nil,
                // Variables that set habits, not places, are kept.
                "PGCLIENTENCODING": "LATIN1", "PGAPPNAME": "mine",
            ]),
        mysql(MariaDB(addedBuilds: "/nonexistent")), mysql(MySQL(addedBuilds: "/nonexistent")),
        redis(.redis), redis(.valkey),
        Row(
            engine: MongoDB(addedBuilds: "/nonexistent"),
            callers: [
                "MONGODB_URL": "mongodb://live", "MONGODB_URI": "mongodb://live", "MONGODB_CA_FILE": "/live.pem",
            ],
            found: [
                "MONGODB_URL": "mongodb://u:p@127.0.0.1:21000/d?authSource=admin&directConnection=true",
                "MONGODB_URI": "mongodb://u:p@127.0.0.1:21000/d?authSource=admin&directConnection=true",
                "MONGODB_CA_FILE": nil,
            ]),
    ]

    private static func mysql(_ engine: any Engine) -> Row {
        Row(
            engine: engine,
            callers: [
                "MYSQL_HOST": "live", "MYSQL_TCP_PORT": "3306", "MYSQL_PWD": "theirs", "MYSQL_HOME": "/live",
                "MARIADB_HOME": "/live", "MYSQL_UNIX_PORT": "/live.sock", "MARIADB_UNIX_PORT": "/live.sock",
                "MYSQL_GROUP_SUFFIX": "_live", "MYSQL_TEST_LOGIN_FILE": "/live.mylogin", "LIBMYSQL_PLUGINS": "x",
                "MYSQL_PS1": "> ",
            ],
            found: [
                "MYSQL_HOST": "127.0.0.1", "MYSQL_TCP_PORT": "21000", "MYSQL_PWD": "p", "MYSQL_HOME": "/f",
                "MARIADB_HOME": "/f", "MYSQL_UNIX_PORT": nil, "MARIADB_UNIX_PORT": nil, "MYSQL_GROUP_SUFFIX": nil,
                "MYSQL_TEST_LOGIN_FILE": "/f/mylogin.cnf", "LIBMYSQL_PLUGINS": nil, "MYSQL_PS1": "> ",
            ])
    }

    private static func redis(_ flavour: Redis.Flavour) -> Row {
        Row(
            engine: Redis(flavour, addedBuilds: "/nonexistent"),
            callers: [
                "REDISCLI_AUTH": "theirs", "VALKEYCLI_AUTH": "theirs", "REDIS_URL": "redis://live",
                "REDIS_TLS_URL": "rediss://live", "REDIS_HOST": "live",
            ],
            found: [
                "REDISCLI_AUTH": "p", "VALKEYCLI_AUTH": "p", "REDIS_URL": "redis://u:p@127.0.0.1:21000/0",
                "REDIS_TLS_URL": nil, "REDIS_HOST": "127.0.0.1",
            ])
    }

    @Test(arguments: rows) func nothingOfTheCallersWins(_ row: Row) throws {
        let command = try row.engine.client(request(["sh"]), build: nil)
        let offer = ClientOffer(
            arguments: command.arguments, environment: command.variables.values, unset: command.variables.cleared,
            files: command.files, path: command.path)
        let environment = offer.environment(over: row.callers, files: "/f")
        for (name, value) in row.found { #expect(environment[name] == value, "\(name)") }
    }

    /// The client ends at the first statement on standard input that fails; the statements after it are not run.
    @Test func aClientThatReadsAFileEndsAtTheFirstError() throws {
        let postgres = PostgreSQL(addedBuilds: "/nonexistent")
        #expect(try postgres.client(request([], true), build: nil).arguments == ["psql", "-v", "ON_ERROR_STOP=1"])
        #expect(try postgres.client(request(["pg_dump"], true), build: nil).arguments == ["pg_dump"])
        #expect(
            try postgres.client(request(["pg_dumpall", "-g"]), build: nil).arguments
                == ["pg_dumpall", "--no-role-passwords", "-g"])
        #expect(
            try postgres.client(request(["pg_dumpall"]), build: nil).arguments
                == ["pg_dumpall", "--no-role-passwords"]
                + ["template1", "roost_admin", "roost_spare"].map { "--exclude-database=\($0)" })
        let redis = Redis(.redis, addedBuilds: "/nonexistent")
        for (version, stops, knows) in [("7.0.15", true, true), ("7.0.15", false, false), ("6.2.6", true, false)] {
            let build = EngineBuild(
                identity: EngineIdentity(name: "redis", version: try #require(EngineVersion(version))),
                programs: ["redis-cli": "/x/redis-cli"], origin: "test", programFolders: [])
            #expect(try redis.client(request(["redis-cli"], stops), build: build).arguments.contains("-e") == knows)
        }
        let mongo = try MongoDB(addedBuilds: "/nonexistent").client(request(["mongosh"], true), build: nil)
        #expect(mongo.arguments == ["mongosh", "--nodb", "{files}/connect.js", "/dev/stdin"])
    }

    /// A script that calls `mysql` reads ~/.my.cnf after the file in MYSQL_HOME, and a host in it would win.
    @Test func aScriptsOwnCallOfTheClientReadsNoOtherOptionFile() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "client-\(UUID().uuidString)")
        let programs = folder.appending(path: "bin"), own = folder.appending(path: "own files")
        for place in [programs, own] {
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        }
        defer { try? FileManager.default.removeItem(at: folder) }  // Left behind in the machine's own temporary folder.
        let command = try MariaDB(addedBuilds: "/nonexistent").client(request(["sh"]), build: nil)
        #expect(command.path.first == "{files}")
        for (place, text) in [
            (own, try #require(command.files["mysqldump"])), (programs, "#!/bin/sh\nprintf '%s|' \"$@\"\n"),
        ] {
            let file = place.appending(path: "mysqldump")
            try Data(text.utf8).write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: file.path)
        }
        func run(_ text: String) throws -> String {
            let shell = Process()
            shell.executableURL = URL(filePath: "/bin/sh")
            shell.arguments = ["-c", text]
            shell.environment = ["PATH": "\(own.path):\(programs.path):/usr/bin:/bin"]
            let output = Pipe()
            shell.standardOutput = output
            try shell.run()
            let data = try output.fileHandleForReading.readToEnd() ?? Data()
            shell.waitUntilExit()
            return String(decoding: data, as: UTF8.self)
        }
        #expect(try run("mysqldump --all 'a b'") == "--defaults-file=\(own.path)/my.cnf|--all|a b|")
        #expect(try run("mysqldump --no-defaults x") == "--no-defaults|x|", "somebody who names a file means it")
    }

    private func request(_ arguments: [String], _ endsAtFirstError: Bool = false) throws -> ClientRequest {
        ClientRequest(
            arguments: arguments, endsAtFirstError: endsAtFirstError, host: "127.0.0.1",
            port: try #require(PortNumber(21000)), user: "u", password: "p", database: "d", authority: nil)
    }
}
