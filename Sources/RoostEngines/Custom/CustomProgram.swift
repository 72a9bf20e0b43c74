import RoostModel
import RoostSupervise

/// The environment, commands and start folder of a custom service, as files for its supervisor. Pure.
package struct CustomProgram: Sendable {
    package let instance: InstanceID
    package let settings: CustomSettings
    /// The home folder as its scripts and processes see it.
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

    /// The folder of the source code in a home folder, and the working directory of all commands.
    package static let sourceFolder = "code"
    /// The folder in a home folder that survives pushes.
    package static let dataFolder = "data"

    private var source: String { "\(home)/\(Self.sourceFolder)" }

    /// Variables with dotCloud's names. Those of the build file are merged last, and their names cannot be Roost's.
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

    /// The file with the application's addresses under dotCloud's names, in a home folder: lines for a shell. The
    /// addresses change while the program runs, so each command reads the file at its start.
    package static let variablesFile = "environment.sh"

    private func withVariables(_ command: String) -> String {
        guard settings.hasDotcloudVariables == true else { return command }
        // The file does not exist during a build.
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

    /// Values that a running supervisor was started with, by name, for comparison with the desired ones.
    var effective: [String: String] {
        var values = ["image": settings.image?.rawValue ?? ""]
        for process in settings.processes { values["processes.\(process.name)"] = process.command }
        for port in ports { values["ports.\(port.name)"] = "\(port.internalPort)" }
        for (name, value) in settings.environment { values["environment.\(name)"] = value }
        return values
    }
}

extension CustomProgram {
    /// The program of a placed service: the plan of its server has all the facts.
    init(_ plan: ServerPlan) {
        self.init(
            instance: plan.instance, settings: plan.settings.custom ?? CustomSettings(processes: []),
            home: plan.folders.home, userName: plan.custom?.user.name ?? "", ports: plan.custom?.ports ?? [])
    }
}
