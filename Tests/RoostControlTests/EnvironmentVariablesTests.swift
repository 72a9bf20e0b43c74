import RoostControl
import RoostModel
import Testing

/// The names and values that applications read.
struct EnvironmentVariablesTests {
    @Test func aServiceHasTheNamesOfTheContract() throws {
        let variables = EnvironmentVariables.make(services: [try connection("data")], view: EnvironmentView())
        #expect(
            variables.map { "\($0.name)=\($0.value)" } == [
                "DATA_MYSQL_HOST=127.0.0.1",
                "DATA_MYSQL_PORT=21000",
                "DATA_MYSQL_LOGIN=root",
                "DATA_MYSQL_PASSWORD=pw",
                "DATA_MYSQL_DATABASE=data",
                "DATA_MYSQL_URL=mysql://root:pw@127.0.0.1:21000/data",
                "DATA_MYSQL_READ_URL=mysql://root:pw@127.0.0.1:21001/data",
                "DATA_MYSQL_REPLICA_ADDRESSES=",
                "DATA_URL=mysql://root:pw@127.0.0.1:21000/data",
                "DATABASE_URL=mysql://root:pw@127.0.0.1:21000/data",
            ])
    }

    @Test func replicasAreListedWithTheirPorts() throws {
        let addresses = [("127.0.0.1", 22001), ("::1", 22002)]
        let variables = try byName([connection("data", replicas: addresses)])
        #expect(variables["DATA_MYSQL_REPLICA_ADDRESSES"] == "127.0.0.1:22001,[::1]:22002")
    }

    @Test func anInstanceOfItHasAnotherPortAlone() throws {
        let whole = try connection("data", requiresTLS: true)
        let one = whole.at(try port(22002))
        #expect(one.endpoint == (try port(22002)) && one.authorityFile == "/srv/roost/ca/ca.pem")
        #expect(one.requiresTLS && one.host == whole.host)
    }

    @Test func theDatabaseURLIsOfTheFirstSQLServiceInTheFilesOrder() throws {
        let cache = try connection("cache", infix: "REDIS", scheme: "redis", isSQL: false)
        let variables = try byName([cache, connection("zeta"), connection("alpha")])
        #expect(variables["DATABASE_URL"] == variables["ZETA_URL"])
        #expect(variables["REDIS_URL"] == variables["CACHE_URL"])
        #expect(variables["MONGODB_URL"] == nil)
    }

    @Test func addingAServiceWithdrawsNoName() throws {
        let few = try byName([connection("data")])
        let more = try byName([
            connection("data"), connection("data_mysql"), connection("database"), connection("redis"),
        ])
        for (name, value) in few { #expect(more[name] == value, "\(name)") }
    }

    @Test func aServiceCannotTakeTheNamesOfTheApplication() throws {
        // The service's own URL is there under its longer name.
        let redis = try connection("redis")
        let variables = try byName([connection("data"), connection("database"), redis])
        #expect(variables["DATABASE_URL"] == variables["DATA_URL"])
        #expect(variables["REDIS_URL"] == nil)
        #expect(variables["REDIS_MYSQL_URL"] == redis.url)
    }

    @Test func noNameIsGivenTwice() throws {
        let names = ["a", "a_mysql", "a_mysql_read", "database", "redis", "mongodb", "mysql"]
        let services = try names.map { try connection($0) }
        for style in EnvironmentView.Style.allCases {
            let given = EnvironmentVariables.make(services: services, view: EnvironmentView(style: style)).map(\.name)
            #expect(Set(given).count == given.count)
        }
    }

    @Test func thePrefixGivesDotCloudsNames() throws {
        let view = EnvironmentView(prefix: "DOTCLOUD_")
        let names = EnvironmentVariables.make(services: [try connection("data")], view: view).map(\.name)
        #expect(names.allSatisfy { $0.hasPrefix("DOTCLOUD_") })
        #expect(names.contains("DOTCLOUD_DATA_MYSQL_LOGIN"))
    }

    @Test(arguments: ["DOTCLOUD_", "", "_", "my1_"])
    func aShellTakesThePrefix(_ prefix: String) {
        #expect(EnvironmentView(prefix: prefix).problem == nil)
    }

    @Test(arguments: ["1_", "MY-", "A=1; rm -rf ", "é", "$(x)", String(repeating: "A", count: 65)])
    func aShellWouldNotTakeThePrefix(_ prefix: String) {
        #expect(EnvironmentView(prefix: prefix).problem?.code == .usage)
    }

    @Test func cloud66HasItsOwnNames() throws {
        let view = EnvironmentView(style: .cloud66)
        let services = [
            try connection("data", replicas: [("127.0.0.1", 22001), ("127.0.0.1", 22002)]), try connection("more"),
        ]
        let variables = EnvironmentVariables.make(services: services, view: view)
        #expect(
            variables.map { "\($0.name)=\($0.value)" } == [
                "MYSQL_ADDRESS=127.0.0.1",
                "MYSQL_ADDRESS_INT=127.0.0.1",
                "MYSQL_ADDRESS_EXT=",
                "MYSQL_PORT=21000",
                "MYSQL_USERNAME=root",
                "MYSQL_PASSWORD=pw",
                "MYSQL_DATABASE=data",
                "MYSQL_URL=mysql://root:pw@127.0.0.1:21000/data",
                "MYSQL_URL_INT=mysql://root:pw@127.0.0.1:21000/data",
                "MYSQL_URL_EXT=",
                "MYSQL_SLAVE_ADDRESSES=127.0.0.1:22001,127.0.0.1:22002",
                "MYSQL_SLAVE_ADDRESSES_INT=127.0.0.1:22001,127.0.0.1:22002",
                "MYSQL_SLAVE_ADDRESSES_EXT=",
            ])
    }

    @Test func cloud66NamesAnExposedServiceFromOutside() throws {
        let exposed = try connection("data", host: "db.example.com", requiresTLS: true)
        let variables = byName([exposed], EnvironmentView(style: .cloud66))
        #expect(variables["MYSQL_ADDRESS_EXT"] == "db.example.com")
        #expect(variables["MYSQL_URL_EXT"] == exposed.url)
    }

    @Test func cloud66CallsARedisThatRequiresTLSByItsName() throws {
        let exposed = try connection("cache", infix: "REDIS", scheme: "rediss", isSQL: false, requiresTLS: true)
        #expect(byName([exposed], EnvironmentView(style: .cloud66))["REDIS_URL"] == exposed.url)
    }

    @Test func addressesEscapeWhatIsNoPlainText() throws {
        let odd = Connection(
            service: try ServiceName("data"), infix: "MYSQL", urlScheme: "mysql", urlQuery: "", isSQL: true,
            host: "fe80::1", endpoint: try port(21000), readEndpoint: try port(21001), user: "a@b:c",
            password: "p/?#[]%\n é",
            database: "x y", replicaAddresses: [], requiresTLS: false)
        #expect(odd.url == "mysql://a%40b%3Ac:p%2F%3F%23%5B%5D%25%0A%20%C3%A9@[fe80::1]:21000/x%20y")
    }

    @Test func anAddressEndsInWhatTheEngineAdds() throws {
        let exposed = try connection("data", query: "?sslmode=require", requiresTLS: true)
        #expect(exposed.url == "mysql://root:pw@127.0.0.1:21000/data?sslmode=require")
        #expect(exposed.readURL == "mysql://root:pw@127.0.0.1:21001/data?sslmode=require")
    }

    /// Clients of an engine that elects its primary find it among the members.
    @Test func anAddressNamesAllMembersOfAGroupThatElects() throws {
        let group = Connection(
            service: try ServiceName("data"), infix: "MONGODB", urlScheme: "mongodb", urlQuery: "?replicaSet=r.data",
            isSQL: false, host: "127.0.0.1", endpoint: try port(21000), readEndpoint: try port(21001), user: "root",
            password: "pw", database: "data", replicaAddresses: [],
            memberPorts: [try port(21002), try port(21003), try port(21004)], requiresTLS: false)
        let all = "mongodb://root:pw@127.0.0.1:21002,127.0.0.1:21003,127.0.0.1:21004/data?replicaSet=r.data"
        #expect(group.url == all)
        #expect(group.readURL == "\(all)&readPreference=secondaryPreferred")
        #expect(
            group.at(try port(21003)).url
                == "mongodb://root:pw@127.0.0.1:21003/data?replicaSet=r.data&directConnection=true")
    }

    @Test func exposedServicesNameTheCertificateOfTheirAuthority() throws {
        let exposed = try byName([connection("data", requiresTLS: true)])
        #expect(exposed["DATA_MYSQL_CA_FILE"] == "/srv/roost/ca/ca.pem")
        #expect(try byName([connection("data")])["DATA_MYSQL_CA_FILE"] == nil)
    }

    // MARK: Helpers

    private func byName(_ services: [Connection], _ view: EnvironmentView = EnvironmentView()) -> [String: String] {
        let variables = EnvironmentVariables.make(services: services, view: view)
        return Dictionary(variables.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    private func port(_ number: Int) throws -> PortNumber { try #require(PortNumber(number)) }

    private func connection(
        _ name: String, infix: String = "MYSQL", scheme: String = "mysql", query: String = "", isSQL: Bool = true,
        host: String = "127.0.0.1", replicas: [(String, Int)] = [], requiresTLS: Bool = false
    ) throws -> Connection {
        Connection(
            service: try ServiceName(name), infix: infix, urlScheme: scheme, urlQuery: query, isSQL: isSQL, host: host,
            endpoint: try port(21000), readEndpoint: try port(21001), user: "root", password: "pw", database: name,
            replicaAddresses: try replicas.map { ServiceInfo.Address(host: $0.0, port: try port($0.1)) },
            requiresTLS: requiresTLS, authorityFile: requiresTLS ? "/srv/roost/ca/ca.pem" : nil)
    }

    private func named(_ name: String, _ infix: String, _ ports: [String]? = nil) throws
        -> EnvironmentVariables.NamedService
    {
        EnvironmentVariables.NamedService(name: try ServiceName(name), infix: infix, ports: ports)
    }

    @Test func servicesWhoseVariablesWouldBeTheSameAreToldApart() throws {
        let data = try named("data", "MYSQL")
        #expect(
            EnvironmentVariables.clash(of: try named("data_mysql", "MYSQL"), among: [data])?.variable
                == "DATA_MYSQL_URL")
        #expect(
            EnvironmentVariables.clash(of: data, among: [try named("data_mysql", "REDIS")])?.variable
                == "DATA_MYSQL_URL")
        #expect(EnvironmentVariables.clash(of: try named("data_sql", "MYSQL"), among: [data]) == nil)
        #expect(
            EnvironmentVariables.clash(of: try named("a_b", "", ["c"]), among: [try named("a", "", ["b_c"])]) != nil)
        // A name for the first of several services is no clash.
        #expect(EnvironmentVariables.clash(of: try named("redis", "REDIS"), among: [try named("a", "REDIS")]) == nil)
    }
}
