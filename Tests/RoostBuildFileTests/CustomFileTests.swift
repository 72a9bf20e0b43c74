import RoostModel
import Testing

@testable import RoostBuildFile

/// The keys of `type: custom`.
@Suite struct CustomFileTests {
    private static let rules = [
        TypeRule(type: .custom, keys: ServiceKey.custom, minimumMemory: .mebibytes(16), versions: []),
        TypeRule(type: .mysql, minimumMemory: .mebibytes(128), versions: []),
    ]

    private func read(_ text: String) -> Result<BuildFile, BuildFileInvalid> {
        BuildFileReader.read(text, fileName: "roost.yml", rules: Self.rules)
    }

    @Test func readsEveryKey() throws {
        let file = try read(
            """
            web:
              type: custom
              approot: ./app//web/
              buildscript: builder
              systempackages: [libaio1, "libstdc++6"]
              postinstall: ./postinstall --once
              processes:
                web: exec ./web
                worker: "while true; do sleep 1; done"
              ports: {www: http, admin: tcp}
              environment:
                LEVEL: "1"
                EMPTY: ""
              memory: 64M
              cpus: 0.5
              instances: 1
            """
        ).get()
        let custom = try #require(file.services.first?.custom)
        #expect(file.services.first?.memory == .mebibytes(64))
        #expect(custom.approot == "app/web")
        #expect(custom.buildscript == "builder")
        #expect(custom.systemPackages == ["libaio1", "libstdc++6"])
        #expect(custom.postinstall == "./postinstall --once")
        #expect(custom.processes.map { "\($0.name)" } == ["web", "worker"])
        #expect(custom.processes.first?.command == "exec ./web")
        #expect(custom.ports.map { "\($0.name) \($0.kind)" } == ["www http", "admin tcp"])
        #expect(custom.environment == ["LEVEL": "1", "EMPTY": ""])
        #expect(custom.image == nil, "the file knows no source")
    }

    @Test func oneProcessNeedsNoName() throws {
        let file = try read("web: {type: custom, process: ./run}").get()
        let custom = try #require(file.services.first?.custom)
        #expect(custom.processes == [.init(name: PartName(checked: "main"), command: "./run")])
        #expect(custom.approot == ".")
    }

    @Test(arguments: [
        (
            "approot: ../up",
            "services.web.approot: '../up' is not a folder below the build file; use a relative path without .."
        ),
        (
            "approot: /etc",
            "services.web.approot: '/etc' is not a folder below the build file; use a relative path without .."
        ),
        ("buildscript: ''", "services.web.buildscript: is empty; write a command or leave out the key"),
        (#"postinstall: "a\nb""#, "services.web.postinstall: must be one line without control characters"),
        ("ports: {www: udp}", "services.web.ports.www: expected one of tcp, http; found 'udp'"),
        (
            "ports: {W: tcp}",
            "services.web.ports.W: 'W' is not a valid name of a port or process: use 1 to 16 of a-z, 0-9 and _, starting with a letter"
        ),
        ("ports: [www]", "services.web.ports: expected ports by name, such as {www: http}; found a list"),
        (
            "environment: {PORT_WWW: 1}",
            "services.web.environment.PORT_WWW: is a variable that Roost sets (PORT_…); choose another name"
        ),
        (
            "environment: {HOME: /}",
            "services.web.environment.HOME: is a variable that Roost sets (HOME); choose another name"
        ),
        (
            "environment: {1A: x}",
            "services.web.environment.1A: '1A' is not a valid variable name; use letters, digits and _, not starting with a digit"
        ),
        (
            "systempackages: [--purge]",
            "services.web.systempackages.0: is not a valid Debian package name; use a-z, 0-9, +, - and ., such as libaio1"
        ),
        (
            "systempackages: [apt-]",
            "services.web.systempackages.0: is not a valid Debian package name; use a-z, 0-9, +, - and ., such as libaio1"
        ),
        (
            "systempackages: libaio1",
            "services.web.systempackages: expected a list of Debian packages, such as [libaio1]; found text"
        ),
        (
            #"environment: {A: "a\u0007"}"#,
            "services.web.environment.A: contains control characters other than line breaks and tabs"
        ),
        ("memory: 8M", "services.web.memory: 8M is too little for type 'custom', which needs at least 16M"),
        ("instances: 2", "services.web.instances: more than 1 instance of type 'custom' is not supported yet; use 1"),
        ("expose: network", "services.web.expose: is not valid for services of type 'custom'"),
        ("version: '1'", "services.web.version: is not valid for services of type 'custom'"),
        ("config: {}", "services.web.config: is not valid for services of type 'custom'"),
        ("processes: {a: b}", "services.web.processes: cannot be combined with 'process'; use one of them"),
    ])
    func aWrongKeyIsToldExactly(line: String, message: String) throws {
        let result = read("services:\n  web:\n    type: custom\n    process: ./run\n    \(line)\n")
        guard case .failure(let error) = result else {
            Issue.record("was read")
            return
        }
        #expect(error.diagnostics.map { "\($0.key): \($0.message)" } == [message])
        #expect(error.diagnostics.first?.line == 5)
    }

    @Test(arguments: ["web: {type: custom}", "services: {web: {type: custom}}"])
    func withoutAProcessItIsTheProgramRun(text: String) throws {
        let custom = try #require(try read(text).get().services.first?.custom)
        #expect(custom.processes == [.init(name: PartName(checked: "main"), command: "./run")])
    }

    @Test func aProcessThatIsEmptyIsRefused() {
        for line in ["process: ''", "processes: {}"] {
            guard case .failure = read("web:\n  type: custom\n  \(line)\n") else {
                Issue.record("\(line) was read")
                continue
            }
        }
    }

    /// The community's recipe for one master and many slaves, as it was written for dotCloud.
    @Test func theRecipeForManySlavesIsRead() throws {
        let file = try read(
            """
            master:
              type: mysql
              config:
                mysql_serverid: 1
                mysql_masterslave: false
            slave1:
              type: mysql
              config:
                mysql-serverid: 11
                mysql_serverid: 2
                mysql_masterslave: false
                max_connections: 50
            startsync:
              type: custom
              buildscript: builder
              systempackages: [mysql-client]
              environment:
                SLAVES: "slave1"
                KEY: |
                  -----BEGIN RSA PRIVATE KEY-----
                  abc\tdef\\n

                  -----END RSA PRIVATE KEY-----
                FOLDED: >-
                  one
                  line
            """
        ).get()
        #expect(file.form == .dotcloud)
        #expect(file.services.map(\.config) == [[:], ["mysql-serverid": "11", "max_connections": "50"], nil])
        #expect(file.notes.count == 4)
        #expect(
            file.notes.first
                == "roost.yml:4: master.config.mysql_serverid: Roost assigns a unique id to each server; "
                + "the key has no effect")
        let custom = try #require(file.services.last?.custom)
        #expect(custom.processes.map(\.command) == ["./run"])
        #expect(custom.hasDotcloudVariables == true)
        #expect(
            custom.environment["KEY"]
                == "-----BEGIN RSA PRIVATE KEY-----\nabc\tdef\\n\n\n-----END RSA PRIVATE KEY-----\n")
        #expect(custom.environment["FOLDED"] == "one line")
    }

    @Test func onlyDotcloudsFormHasItsVariables() throws {
        let file = try read("services: {web: {type: custom}}").get()
        #expect(file.services.first?.custom?.hasDotcloudVariables == nil)
    }

    @Test func othersThanMySQLHaveNoSuchSettings() {
        let rules = [TypeRule(type: ServiceType(rawValue: "redis"), minimumMemory: .mebibytes(16), versions: [])]
        let result = BuildFileReader.read(
            "data: {type: redis, config: {mysql_serverid: 1}}", fileName: "roost.yml", rules: rules)
        #expect((try? result.get())?.notes == [])
        #expect((try? result.get())?.services.first?.config == ["mysql_serverid": "1"])
    }

    @Test func itsKeysAreNoOthers() {
        guard case .failure(let error) = read("data: {type: mysql, ports: {a: tcp}}") else {
            Issue.record("was read")
            return
        }
        #expect(error.diagnostics.map(\.message) == ["is only valid for type 'custom'"])
    }
}
