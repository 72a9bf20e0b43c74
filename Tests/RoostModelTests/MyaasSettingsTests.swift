import RoostModel
import Testing

/// The `MYAAS_*` variables.
@Suite struct MyaasSettingsTests {
    private func read(_ variables: [String: String]) throws(Problem) -> MyaasSettings {
        try MyaasSettings.read(from: variables, listen: ("127.0.0.1", 5001))
    }

    @Test(arguments: [
        [:], ["MYAAS_HOSTNAME": "", "MYAAS_MEMORY_LIMIT": "", "MYAAS_BACKEND": "", "MYAAS_DB_PASSWORD": ""],
        ["PATH": "/bin", "MYAAS_CPU_MAP": "2,14:4,16"],
    ])
    func whatIsMissingOrEmptyIsAsMyaasHasIt(variables: [String: String]) throws {
        let settings = try read(variables)
        #expect(settings == MyaasSettings(host: "127.0.0.1", port: 5001))
        #expect(settings.memory == .gibibytes(2) && settings.cpus == 2 && settings.timeToLive == nil)
        #expect(settings.username == "myaas" && settings.password == "myaas" && settings.database == "myaas")
        #expect(settings.type == .mysql && settings.hostname == "localhost" && !settings.isExposed)
    }

    @Test func everyVariableIsRead() throws {
        let settings = try read([
            "MYAAS_HOSTNAME": "db.example.org", "MYAAS_MEMORY_LIMIT": "512m", "MYAAS_CPU_PINNING_CORES": "4",
            "MYAAS_DEBUG": "True", "MYAAS_PREFIX": "dev-", "MYAAS_DOCKER_HOST": "unix:///var/run/docker.sock",
            "MYAAS_CONTAINER_TTL": "86400", "MYAAS_MYSQL_IMAGE": "mysql:5", "MYAAS_POSTGRES_IMAGE": "postgres:9.4",
            "MYAAS_DB_USERNAME": "dev", "MYAAS_DB_PASSWORD": "pa$$:w@rd", "MYAAS_DB_DATABASE": "shop",
            "MYAAS_BACKEND": "myaas.backends.postgres",
        ])
        #expect(
            settings
                == MyaasSettings(
                    host: "127.0.0.1", port: 5001, hostname: "db.example.org", memory: .mebibytes(512), cpus: 4,
                    timeToLive: 86400, username: "dev", password: "pa$$:w@rd", database: "shop",
                    type: ServiceType(rawValue: "postgresql")))
        #expect(settings.isExposed)
    }

    @Test func zeroMeansOff() throws {
        let settings = try read(["MYAAS_CPU_PINNING_CORES": "0", "MYAAS_CONTAINER_TTL": "0"])
        #expect(settings.cpus == nil && settings.timeToLive == nil)
    }

    @Test(arguments: [
        ("MYAAS_HOSTNAME", "http://db"), ("MYAAS_MEMORY_LIMIT", "lots"), ("MYAAS_MEMORY_LIMIT", "-1g"),
        ("MYAAS_MEMORY_LIMIT", "0"), ("MYAAS_CPU_PINNING_CORES", "two"), ("MYAAS_CPU_PINNING_CORES", "-1"),
        ("MYAAS_CPU_PINNING_CORES", "1.5"), ("MYAAS_CONTAINER_TTL", "1h"), ("MYAAS_CONTAINER_TTL", "999999999999"),
        ("MYAAS_DB_USERNAME", "a b"), ("MYAAS_DB_USERNAME", String(repeating: "a", count: 33)),
        ("MYAAS_DB_DATABASE", "a`b"), ("MYAAS_DB_DATABASE", "a/b"), ("MYAAS_BACKEND", "myaas.backends.mongo"),
    ])
    func aBadValueIsAnErrorThatNamesItsVariable(name: String, value: String) {
        let problem = #expect(throws: Problem.self) { try read([name: value]) }
        #expect(problem?.code == .usage)
        #expect(problem?.message.hasPrefix("\(name) must be ") == true)
        #expect(problem?.message.contains(value.prefix(80)) == true)
    }

    @Test func theBackendsThatThereAreAreNamed() {
        let problem = #expect(throws: Problem.self) { try read(["MYAAS_BACKEND": "mysql"]) }
        #expect(problem?.message.contains("myaas.backends.mysql or myaas.backends.postgres") == true)
    }

    @Test(arguments: ["two words", "quo'te", "back\\slash", "ünïcode", "new\nline"])
    func aPasswordThatIsRefusedIsNotShown(password: String) {
        let problem = #expect(throws: Problem.self) { try read(["MYAAS_DB_PASSWORD": password]) }
        #expect(problem?.message.contains("MYAAS_DB_PASSWORD") == true)
        #expect(problem?.message.contains(password) == false)
    }

    @Test(arguments: ["localhost", "127.0.0.1", "::1"])
    func loopbackNamesExposeNothing(hostname: String) throws {
        #expect(try !read(["MYAAS_HOSTNAME": hostname]).isExposed)
    }
}
