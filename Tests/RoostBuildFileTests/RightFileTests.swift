import RoostBuildFile
import RoostModel
import Testing

/// Files that are accepted, and the values read from them.
struct RightFileTests {
    @Test func readsEveryKey() throws {
        let file = try read(
            """
            services:
              data:
                type: mysql
                version: "10.11"
                instances: 1
                memory: 512M
                cpus: 1.5
                durability: sync
                routing: primary
                config:
                  max_connections: 200
                  innodb-flush-method: O_DIRECT
                databases: [wordpress, "2024-archive"]
                expose: network
            """)
        let service = try #require(file.services.first)
        #expect(file.form == .roost)
        #expect(file.services.count == 1)
        #expect(service.name.rawValue == "data")
        #expect(service.line == 2)
        #expect(service.type == .mysql)
        #expect(service.version == EngineVersion("10.11"))
        #expect(service.instances == 1)
        #expect(service.memory == .mebibytes(512))
        #expect(service.cpus == 1.5)
        #expect(service.durability == .sync)
        #expect(service.routing == .primary)
        #expect(service.config == ["max_connections": "200", "innodb-flush-method": "O_DIRECT"])
        #expect(service.databases == ["wordpress", "2024-archive"])
        #expect(service.expose == .network)
        #expect(service.keyLines["memory"] == 6)
        #expect(service.keyLines["config.innodb-flush-method"] == 12)
    }

    @Test(arguments: ["sync", "async", "strict"]) func everyDurabilityIsRead(word: String) throws {
        let file = try read("services:\n  data:\n    type: mysql\n    durability: \(word)\n")
        #expect(file.services.first?.durability?.rawValue == word)
    }

    @Test(arguments: [("0s", 0), ("5s", 5), ("10s", 10), ("5m", 300), ("24h", 86_400), ("86400s", 86_400)])
    func aLimitOfLossIsRead(text: String, seconds: Int) throws {
        let file = try read("services:\n  data:\n    type: mysql\n    durability: async\n    max_loss: \(text)\n")
        #expect(file.services.first?.maxLossSeconds == seconds)
    }

    @Test func aKeyThatIsLeftOutSaysNothing() throws {
        let service = try #require(try read("services:\n  data:\n    type: mariadb\n").services.first)
        #expect(service == DeclaredService(name: service.name, line: 2, type: .mariadb, keyLines: ["type": 3]))
    }

    @Test func emptyConfigAndDatabasesAreStated() throws {
        let service = try #require(
            try read("services: {data: {type: mysql, config: {}, databases: []}}").services.first)
        #expect(service.config == [:])
        #expect(service.databases == [])
    }

    @Test func readsDotCloudsFormWithServicesInTheirOrder() throws {
        let file = try read("zeta:\n  type: mysql\nalpha:\n  type: mariadb\n  memory: 1G\n", fileName: "dotcloud.yml")
        #expect(file.form == .dotcloud)
        #expect(file.services.map(\.name.rawValue) == ["zeta", "alpha"])
        #expect(file.services.map(\.line) == [1, 3])
    }

    @Test func diagnosticsNameTheKeyWhereItStands() throws {
        let roost = try read("services:\n  data:\n    type: mysql\n")
        let dotcloud = try read("data:\n  type: mysql\n", fileName: "dotcloud.yml")
        let service = try #require(roost.services.first)
        #expect(roost.diagnostic(service, key: "type", "no").description == "roost.yml:3: services.data.type: no")
        #expect(roost.diagnostic(service, key: "memory", "no").description == "roost.yml:2: services.data: no")
        let other = try #require(dotcloud.services.first)
        #expect(dotcloud.diagnostic(other, key: "type", "no").description == "dotcloud.yml:2: data.type: no")
    }

    /// Yams' own reading would make 10.1, 8, 10 and true of these.
    @Test(arguments: ["10.10", "0x8", "1_0", "yes", "0o10", "1e3", "12:30:45", "2024-01-01", ".inf", "0.10"])
    func scalarsStayAsTheyAreWritten(_ text: String) throws {
        let service = try #require(
            try read("services: {data: {type: mysql, config: {name: \(text)}}}").services.first)
        #expect(service.config == ["name": text])
    }

    @Test func aVersionKeepsItsZero() throws {
        let rules = [
            TypeRule(type: .mysql, minimumMemory: .mebibytes(1), versions: [try #require(EngineVersion("10.10.3"))])
        ]
        let text = "services: {data: {type: mysql, version: 10.10}}"
        let file = try BuildFileReader.read(text, fileName: "roost.yml", rules: rules).get()
        #expect(file.services.first?.version?.description == "10.10")
    }

    @Test(arguments: [
        ("\u{FEFF}services: {data: {type: mysql}}\n", "a byte order mark"),
        ("services:\r\n  data:\r\n    type: mysql\r\n", "line ends of Windows"),
        ("services:\r  data:\r    type: mysql\r", "line ends of old"),
        ("---\nservices:\n  data:\n    type: mysql\n...\n", "marks of a document"),
        ("%YAML 1.2\n---\nservices: {data: {type: mysql}}\n", "a directive"),
        (#"{"services": {"data": {"type": "mysql"}}}"#, "JSON"),
        ("services:\n  data:\n    type:\tmysql # a *note* & more\n", "a comment with a star"),
        ("services:\n  data:\n    type: 'mysql'\n    config: {}", "no newline at its end"),
    ])
    func readsAFileWith(_ text: String, _ what: String) throws {
        #expect(try read(text).services.map(\.type) == [.mysql], "\(what)")
    }

    @Test func starsAreTextInsideQuotesAndWords() throws {
        let service = try #require(
            try read("services: {data: {type: mysql, config: {a: \"*b*c\", d: e*f, g: '2 *h'}}}").services.first)
        #expect(service.config == ["a": "*b*c", "d": "e*f", "g": "2 *h"])
    }

    @Test func aServiceMayBeCalledService() throws {
        #expect(try read("service: {type: mysql}").services.map(\.name.rawValue) == ["service"])
    }

    @Test(
        arguments: [("128M", 128 << 20), ("1g", 1 << 30), ("0.5GiB", 512 << 20), ("134217728", 128 << 20)]
            as [(String, Int64)])
    func memoryTakesEveryUnit(_ text: String, _ bytes: Int64) throws {
        let service = try #require(try read("services: {data: {type: mysql, memory: \(text)}}").services.first)
        #expect(service.memory == ByteCount(bytes: bytes))
    }

    @Test(arguments: ["mariadb", "mysql"])
    func aTypeReadsItsOwnRule(_ type: String) throws {
        #expect(try read("services: {data: {type: \(type)}}").services.first?.type.rawValue == type)
    }
}
