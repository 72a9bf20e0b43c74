import RoostModel
import Testing

@testable import RoostEngines

@Suite struct CatalogTests {
    static let mariadb = FakeEngine("mariadb", types: [.mariadb, .mysql], versions: ["10.11.19", "10.6.9", "11.4.2"])
    static let mysql = FakeEngine("mysql", types: [.mysql], versions: ["9.1.0", "9.10.0"])

    static let choices: [(type: ServiceType, version: String?, engines: [FakeEngine], chosen: String)] = [
        (.mariadb, nil, [mariadb], "mariadb@11.4.2"),
        (.mariadb, "10", [mariadb], "mariadb@10.11.19"),
        (.mariadb, "10.6", [mariadb], "mariadb@10.6.9"),
        (.mysql, nil, [mariadb], "mariadb@11.4.2"),
        (.mysql, nil, [mariadb, mysql], "mysql@9.10.0"),
        (.mariadb, nil, [mysql, mariadb], "mariadb@11.4.2"),
        // 9.10 is no release of 9.1.
        (.mysql, "9.1", [mariadb, mysql], "mysql@9.1.0"),
        // MariaDB may serve versions that Oracle's engine here cannot.
        (.mysql, "10.11", [mariadb, mysql], "mariadb@10.11.19"),
    ]

    @Test(arguments: choices)
    func aTypeAndVersionGetTheNewestBuildThatFits(
        _ type: ServiceType, _ version: String?, _ engines: [FakeEngine], _ chosen: String
    ) throws {
        let build = try EngineCatalog(engines: engines).resolve(
            type: type, version: version.flatMap(EngineVersion.init))
        #expect("\(build.identity)" == chosen)
    }

    static let gaps: [(type: String, version: String?, engines: [FakeEngine], words: String)] = [
        ("mariadb", "11.5", [mariadb], "no engine for mariadb 11.5 is installed; available: 11.4.2, 10.11.19, 10.6.9"),
        (
            "mysql", "8.4", [mariadb, mysql],
            "no engine for mysql 8.4 is installed; available: 9.10.0, 9.1.0, mariadb@11.4.2, mariadb@10.11.19, mariadb@10.6.9"
        ),
        ("mysql", "1", [mysql], "no engine for mysql 1 is installed; available: 9.10.0, 9.1.0"),
        (
            "mariadb", nil, [FakeEngine("mariadb", types: [.mariadb], versions: [])],
            "no engine for mariadb is installed"
        ),
        (
            "oracle", nil, [mariadb],
            "unknown type 'oracle'; known types: mariadb, mysql"
        ),
    ]

    @Test(arguments: gaps)
    func anErrorNamesWhatThereIs(
        _ type: String, _ version: String?, _ engines: [FakeEngine], _ words: String
    ) throws {
        let catalog = EngineCatalog(engines: engines)
        do throws(UnresolvedEngine) {
            _ = try catalog.resolve(type: ServiceType(rawValue: type), version: version.flatMap(EngineVersion.init))
            Issue.record("resolved")
        } catch {
            #expect(error.description == words)
        }
    }

    @Test func aBuildIsFoundByItsWholeIdentityAlone() throws {
        let catalog = EngineCatalog(engines: [Self.mariadb])
        #expect(catalog.build(try #require(EngineIdentity("mariadb@10.6.9"))) != nil)
        #expect(catalog.build(try #require(EngineIdentity("mariadb@10.6"))) == nil)
        #expect(catalog.build(try #require(EngineIdentity("mysql@10.6.9"))) == nil)
    }

    /// The machine's packages take the release before away; its services go on with the one that comes, and no further.
    @Test(arguments: [
        ("mariadb@10.11.19", "mariadb@10.11.19"), ("mariadb@10.11.18", "mariadb@10.11.19"), ("mariadb@10.11.20", nil),
        ("mariadb@10.5.1", nil), ("mysql@9.1.0", nil),
    ])
    func aReleaseThatIsGoneIsFollowedByANewerOneOfItsSeries(_ pinned: String, _ successor: String?) throws {
        let identity = try #require(EngineIdentity(pinned))
        let found = EngineCatalog(engines: [Self.mariadb]).successor(of: identity)
        #expect(found.map { "\($0.identity)" } == successor)
    }

    @Test func theSystemsMariaDBIsFoundWithEverythingThatItNeeds() throws {
        let build = try #require(TestServer.mariadb.builds().first, "MariaDB's packages are not installed")
        #expect(build.identity.name == "mariadb")
        #expect(build.origin == "system package")
        #expect(build.programFolders.isEmpty, "every path has the system's programs")
        for name in ["mariadbd", "mariadb", "mariadb-install-db", "mariadb-tzinfo-to-sql"] {
            #expect(build.programs[name] != nil, "\(name)")
        }
        for name in ["basedir", "plugin_dir", "character_sets_dir"] { #expect(build.folders[name] != nil, "\(name)") }
    }

    @Test func onlyAServerThatSaysItsVersionIsABuild() {
        let facts = MariaDB.facts(
            "basedir      /opt/m/\nplugin-dir    /opt/m/lib/plugin/\nversion    11.4.2-MariaDB-log\nversion-comment  x\n"
        )
        #expect(facts?.version == EngineVersion("11.4.2"))
        #expect(facts?.folders == ["basedir": "/opt/m", "plugin_dir": "/opt/m/lib/plugin"])
        #expect(MariaDB.facts("version   8.4.0\n") == nil)
        #expect(MariaDB.facts("") == nil)
    }
}
