import RoostModel
import RoostSupervise

/// What runs for a custom service, as files for its supervisor: the environment, the commands, and where they start. Pure.
package struct CustomProgram: Sendable {
    package let instance: InstanceID
    package let settings: CustomSettings
    /// The home folder that its scripts and processes see.
    package let home: String
    package let userName: String
    package let ports: [ServicePort]

    package init(
        instance: InstanceID, settings: CustomSettings, home: String, userName: String, ports: [ServicePort]
    ) {
        self.instance = instance
        self.settings = settings
        self.home = home
        self.userName = userName
        self.ports = ports
    }

    /// Where the source lies in a home folder, and where everything starts.
    package static let sourceFolder = "code"
    /// What stays over pushes, in a home folder.
    package static let dataFolder = "data"

    private var source: String { "\(home)/\(Self.sourceFolder)" }

    /// Names as dotCloud has them; what the build file says comes last, and its names cannot be Roost's.
    package var environment: [String: String] {
        let service = instance.service
        var variables = [
            "HOME": home, "USER": userName, "LOGNAME": userName, "SHELL": "/bin/sh", "LANG": "C.UTF-8",
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "SERVICE_NAME": "\(service.service)", "SERVICE_ID": "\(instance.index)", "SERVICE_APPROOT": source,
            "DOTCLOUD_PROJECT": "\(service.application)", "DOTCLOUD_SERVICE_NAME": "\(service.service)",
            "DOTCLOUD_SERVICE_ID": "\(instance.index)", "DOTCLOUD_ENVIRONMENT": "default",
        ]
        for port in ports { variables["PORT_\(port.name.rawValue.uppercased())"] = "\(port.internalPort)" }
        return variables.merging(settings.environment) { _, stated in stated }
    }

    /// The application's addresses as dotCloud names them, in a home folder: lines for a shell. They change while the
    /// program runs, so each command reads them at its start.
    package static let variablesFile = "environment.sh"

    private func withVariables(_ command: String) -> String {
        guard settings.hasDotcloudVariables == true else { return command }
        // A build has none.
        let file = "\"$HOME/\(Self.variablesFile)\""
        return "[ ! -r \(file) ] || . \(file); \(command)"
    }

    /// The processes, for `roost-supervise supervise`.
    package func processes(socket: String) -> ProgramFile {
        ProgramFile(
            directory: source, environment: environment, socket: socket,
            ports: ports.map { ProgramFile.Port(name: "\($0.name)", number: $0.internalPort.rawValue) },
            processes: settings.processes.map {
                ProgramFile.Process(name: "\($0.name)", command: withVariables($0.command))
            })
    }

    /// A script that ends by itself, for `roost-supervise run`.
    package func script(_ command: String) -> ProgramFile {
        ProgramFile(
            directory: source, environment: environment,
            processes: [ProgramFile.Process(name: "script", command: withVariables(command))])
    }

    /// What a running supervisor was started with, by name, to be compared with what is wanted.
    var effective: [String: String] {
        var values = ["image": settings.image?.rawValue ?? ""]
        for process in settings.processes { values["processes.\(process.name)"] = process.command }
        for port in ports { values["ports.\(port.name)"] = "\(port.internalPort)" }
        for (name, value) in settings.environment { values["environment.\(name)"] = value }
        return values
    }
}

extension CustomProgram {
    /// Of a service that is placed: the plan of its server says all.
    init(_ plan: ServerPlan) {
        self.init(
            instance: plan.instance, settings: plan.settings.custom ?? CustomSettings(processes: []),
            home: plan.folders.home, userName: plan.custom?.user.name ?? "", ports: plan.custom?.ports ?? [])
    }
}
