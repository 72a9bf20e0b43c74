import RoostModel
import RoostSupervise
import Testing

@testable import RoostEngines

/// The environment of a custom service's processes, and the meaning of their supervisor's answer.
@Suite struct CustomTests {
    private static func port(_ number: Int) -> PortNumber {
        guard let port = PortNumber(number) else { preconditionFailure("\(number) is no port") }
        return port
    }

    private var program: CustomProgram {
        CustomProgram(
            instance: InstanceID(ServiceID(ApplicationName(checked: "shop"), ServiceName(checked: "web")), 0),
            settings: CustomSettings(
                processes: [.init(name: PartName(checked: "main"), command: "exec ./run")],
                environment: ["LEVEL": "info", "PATH": "/opt/bin"]),
            home: "/h", userName: "roost07",
            ports: [
                ServicePort(
                    name: PartName(checked: "www"), kind: .http, endpoint: Self.port(20_000),
                    internalPort: Self.port(30_000))
            ])
    }

    @Test func theEnvironmentHasDotCloudsNames() {
        let variables = program.environment
        let expected = [
            "HOME": "/h", "USER": "roost07", "PORT_WWW": "30000", "SERVICE_NAME": "web", "SERVICE_ID": "0",
            "SERVICE_APPROOT": "/h/code", "DOTCLOUD_PROJECT": "shop", "DOTCLOUD_SERVICE_NAME": "web",
            "LEVEL": "info", "PATH": "/opt/bin",
        ]
        for (name, value) in expected { #expect(variables[name] == value, "\(name)") }
    }

    @Test func processesStartInTheSourceAndKnowTheirPorts() {
        let file = program.processes(socket: "/run/s")
        #expect(file.directory == "/h/code")
        #expect(file.ports == [ProgramFile.Port(name: "www", number: 30_000)])
        #expect(file.processes == [ProgramFile.Process(name: "main", command: "exec ./run")])
    }

    private static func process(_ seconds: Int?, failures: Int = 0) -> SupervisorStatus.Process {
        .init(name: "web", runningFor: seconds.map { .seconds($0) }, failures: failures, lastEnd: "exit status 1")
    }

    private static func status(_ process: SupervisorStatus.Process, served: Bool? = nil) -> SupervisorStatus {
        SupervisorStatus(processes: [process], ports: served.map { [.init(name: "www", isServed: $0)] } ?? [])
    }

    enum Verdict: Sendable { case healthy, starting, unhealthy }

    @Test(arguments: [
        (status(process(0), served: true), Verdict.healthy),
        (status(process(5), served: true), .healthy),
        (status(process(0)), .starting),
        (status(process(1)), .healthy),
        (status(process(nil)), .starting),
        (status(process(nil, failures: 2)), .starting),
        (status(process(nil, failures: 3)), .unhealthy),
        (status(process(2, failures: 3), served: true), .unhealthy),
        (status(process(10, failures: 3), served: true), .healthy),
        (status(process(0, failures: 1), served: true), .starting),
        (status(process(1, failures: 1), served: true), .healthy),
        (status(process(20), served: false), .starting),
        (status(process(200), served: false), .unhealthy),
    ])
    func healthIsThatOfEachProcessAndPort(status: SupervisorStatus, expected: Verdict) {
        let found: Verdict? =
            switch Health(status) {
            case .healthy: .healthy
            case .starting: .starting
            case .unhealthy: .unhealthy
            case .closed, .crowded, .unknown, .drifted, .lockedOut: nil
            }
        #expect(found == expected, "\(Health(status))")
    }

    @Test func packagesThatAreHalfInstalledAreMissing() {
        let output = "installed libaio1\nconfig-files redis-server\nnot-installed x\n"
        #expect(SystemPackages.installed(output) == ["libaio1"])
    }

    // MARK: Packages

    @Test func theListsSayWhichPackagesCanBeInstalled() {
        let output = """
            libaio1:
              Installed: (none)
              Candidate: 0.3.113-4
              Version table:
                 0.3.113-4 500
            mysql-client:
              Installed: (none)
              Candidate: (none)
              Version table:
            libstdc++6:
              Installed: 12.2.0
              Candidate: 12.2.0
            """
        #expect(SystemPackages.installable(output) == ["libaio1", "libstdc++6"])
        #expect(SystemPackages.installable("") == [])
    }

    // MARK: Variables

    /// The variables change while the program runs, so each command reads them itself.
    @Test func aServiceInDotcloudsFormReadsItsVariables() throws {
        var settings = CustomSettings(processes: [.init(name: PartName(checked: "main"), command: "./run")])
        let commands = { (settings: CustomSettings) in
            let program = CustomProgram(
                instance: InstanceID(
                    ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: "web")), 0), settings: settings,
                home: "/home/web", userName: "roost01", ports: [])
            return program.processes(socket: "/run/s.sock").processes.map(\.command)
        }
        #expect(commands(settings) == ["./run"])
        settings.hasDotcloudVariables = true
        #expect(commands(settings) == [#"[ ! -r "$HOME/environment.sh" ] || . "$HOME/environment.sh"; ./run"#])
    }
}
