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
            "services.web.approot: '../up' is no folder below the build file's own; write it without / and .."
        ),
        (
            "approot: /etc",
            "services.web.approot: '/etc' is no folder below the build file's own; write it without / and .."
        ),
        ("buildscript: ''", "services.web.buildscript: is empty; write a command, or leave the key out"),
        (#"postinstall: "a\nb""#, "services.web.postinstall: is one line, without control characters"),
        ("ports: {www: udp}", "services.web.ports.www: expected one of tcp, http; found 'udp'"),
        (
            "ports: {W: tcp}",
            "services.web.ports.W: 'W' is no name of a port or process: use 1 to 16 of a-z, 0-9 and _, starting with a letter"
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
            "services.web.environment.1A: '1A' is no name of a variable; use letters, digits and _, and no digit first"
        ),
        (
            "systempackages: [--purge]",
            "services.web.systempackages.0: is no name of a Debian package; use a-z, 0-9, +, - and ., such as libaio1"
        ),
        (
            "systempackages: [apt-]",
            "services.web.systempackages.0: is no name of a Debian package; use a-z, 0-9, +, - and ., such as libaio1"
        ),
        (
            "systempackages: libaio1",
            "services.web.systempackages: expected a list of Debian packages, such as [libaio1]; found text"
        ),
        ("memory: 8M", "services.web.memory: 8M is too little for type 'custom', which needs at least 16M"),
        ("instances: 2", "services.web.instances: more than 1 instance is not built yet; write 1"),
        ("expose: network", "services.web.expose: services of type 'custom' take no such key"),
        ("version: '1'", "services.web.version: services of type 'custom' take no such key"),
        ("config: {}", "services.web.config: services of type 'custom' take no such key"),
        ("processes: {a: b}", "services.web.processes: stands beside 'process'; write one of them"),
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

    @Test func aServiceWithoutProcessesIsRefused() {
        let expected = Diagnostic(
            file: "roost.yml", line: 1, key: "web",
            message: "a custom service needs 'process' (or 'processes'), such as process: ./run")
        #expect(read("web: {type: custom}") == .failure(BuildFileInvalid(diagnostics: [expected])))
    }

    @Test func itsKeysAreNoOthers() {
        guard case .failure(let error) = read("data: {type: mysql, ports: {a: tcp}}") else {
            Issue.record("was read")
            return
        }
        #expect(error.diagnostics.map(\.message) == ["is a key of type 'custom'"])
    }
}
