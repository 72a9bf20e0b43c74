import RoostModel

/// Human-readable `roost info`: the layout of `dotcloud info`, keys in alphabetical order, lists under their keys.
struct InfoLayout {
    private let service: ServiceInfo

    init(_ service: ServiceInfo) { self.service = service }

    func text(_ style: Style) -> String {
        var lines = [style.bold("== \(service.service) ==")]
        if !isCustom { lines.append("accounts: \(service.accounts)") }
        lines += config
        lines.append("created_at: \(Timestamp.format(service.createdAt))")
        if !isCustom {
            lines.append("databases: \(([service.database] + service.databases).unique.joined(separator: ", "))")
        }
        lines.append("engine: \(service.engine)")
        lines.append("expose: \(service.expose)")
        if !service.extensions.isEmpty { lines.append("extensions: \(service.extensions.joined(separator: ", "))") }
        lines.append("instances:")
        for instance in service.instances { lines += self.instance(instance) }
        if let paused = service.paused { lines.append("paused: until \(Self.text(paused))") }
        lines += ports
        if !service.problems.isEmpty {
            lines.append("problems:")
            lines += service.problems.map { style.paint("-   \($0.printable)", .yellow) }
        }
        lines += replication
        lines.append("state: \(service.state.rawValue)")
        lines.append("type: \(service.type)")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func text(_ pause: ServiceInfo.Pause) -> String {
        Timestamp.format(pause.until) + (pause.reason.map { " (\($0.printable))" } ?? "")
    }

    private var config: [String] {
        var values = service.config
        let limits = service.limitsEnforced ? "" : " (not enforced: cgroups are not writable)"
        values["memory"] = service.memoryBytes.description + limits
        values["cpus"] = service.cpus.map { $0.formatted(places: $0 == $0.rounded() ? 0 : 2) + limits }
        if !isCustom {
            values["durability"] = service.durability
            values["max_loss"] = service.maxLossSeconds.map { "\($0)s" }
            values["verify"] = service.verifyEverySeconds.map { "every \(TimeText.text($0))" }
            values["routing"] = service.routing
            values["\(scheme)_password"] = service.password
        }
        return ["config:"]
            + values.sorted { $0.key < $1.key }.map { "    \($0.key): \($0.value.printable)" }
    }

    private func instance(_ instance: ServiceInfo.Instance) -> [String] {
        var lines = ["    \(instance.name):", "        role: \(instance.role)"]
        lines.append("        state: \(instance.state.rawValue)" + (instance.reason.map { " (\($0.printable))" } ?? ""))
        lines.append("        host: \(instance.host)")
        lines.append("        port: \(instance.port)")
        if let pid = instance.pid { lines.append("        pid: \(pid)") }
        if let lag = instance.replicationLagSeconds {
            lines.append("        replication_lag: \(lag.formatted(places: 1)) s")
        }
        if let isSynchronous = instance.synchronous {
            lines.append("        synchronous: \(isSynchronous ? "yes" : "no")")
        }
        if instance.priority != MemberSettings.defaultPriority {
            lines.append("        priority: \(instance.priority)" + (instance.priority == 0 ? " (never promoted)" : ""))
        }
        if let delay = instance.delaySeconds { lines.append("        delay: \(TimeText.text(delay))") }
        if instance.storage != MemberSettings.Storage.shared.rawValue {
            lines.append("        storage: \(instance.storage)")
        }
        return lines
    }

    private var isCustom: Bool { service.type == "custom" }

    private var ports: [String] {
        if isCustom {
            return ["ports:"] + service.ports.flatMap { ["-   name: \($0.name)", "    url: \($0.url)"] }
        }
        let password = service.password.map { ":\($0)" } ?? ""
        let url = { (address: ServiceInfo.Address) in
            "\(scheme)://\(service.user)\(password)@\(address.host):\(address.port)/\(service.database)"
        }
        return [
            "ports:", "-   name: \(scheme)", "    url: \(service.url ?? url(service.endpoint))",
            "-   name: \(scheme)-read", "    url: \(url(service.readEndpoint))",
        ]
    }

    private var replication: [String] {
        let replication = service.replication
        var lines = ["replication:", "    status: \(replication.status)"]
        if let mode = replication.mode {
            lines += [
                "    mode: \(mode)", "    at_risk: \(replication.atRiskSeconds.formatted(places: 1)) s",
            ]
        }
        if let last = replication.lastComparison {
            lines.append("    compared: \(Timestamp.format(last.endedAt)) (\(last.summary.printable))")
        }
        return lines
    }

    /// The URL scheme of the type: compatible servers share their protocol's scheme.
    private var scheme: String {
        switch service.type {
        case "mariadb": "mysql"
        case "valkey": "redis"
        default: service.type
        }
    }
}

extension [String] {
    /// The elements without repetitions, in order.
    fileprivate var unique: [String] { reduce(into: []) { if !$0.contains($1) { $0.append($1) } } }
}
