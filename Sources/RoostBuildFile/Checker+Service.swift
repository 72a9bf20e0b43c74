import RoostModel

extension Checker {
    /// Reads a service. Nil if its name or type is wrong; keys with errors are left out.
    mutating func service(_ entry: Entry, path: [String]) -> DeclaredService? {
        let name = serviceName(entry, path)
        guard case .map(let keys) = entry.value.content else {
            return mismatch(entry.value, line: entry.line, path, expected: "the service's keys, such as {type: mysql}")
        }
        let rule: TypeRule?
        switch type(keys, service: entry, path) {
        // The keys of a type that is not built yet are unknown, so they are not checked.
        case .notBuilt: return nil
        case .unknown: rule = nil
        case .known(let found): rule = found
        }
        var service = DeclaredService(name: name ?? .unknown, line: entry.line, type: rule?.type ?? .unknown)
        if rule?.type == .custom { service.custom = CustomSettings(processes: []) }
        for entry in keys {
            let path = path + [entry.key]
            guard let key = key(entry, path, rule: rule) else { continue }
            service.keyLines[entry.key] = entry.line
            set(key, entry, path, rule, &service)
        }
        if service.custom != nil { checkCustom(&service, path) }
        return name == nil || rule == nil ? nil : service
    }

    private mutating func serviceName(_ entry: Entry, _ path: [String]) -> ServiceName? {
        do {
            return try ServiceName(entry.key)
        } catch {
            return refuse(entry.line, path, "'\(error.text.printable)' is not a valid \(error.kind): \(error.allowed)")
        }
    }

    private enum FoundType {
        case known(TypeRule)
        case notBuilt
        case unknown
    }

    private mutating func type(_ keys: [Entry], service: Entry, _ path: [String]) -> FoundType {
        guard let entry = keys.first(where: { $0.key == ServiceKey.type.rawValue }) else {
            findings.add(service.line, path, "'type' is missing; supported types: \(builtTypes)")
            return .unknown
        }
        let path = path + [entry.key]
        guard case .text(let text, _) = entry.value.content else {
            return mismatch(entry.value, line: entry.line, path, expected: "one of \(builtTypes)") ?? .unknown
        }
        let rule = rules.first { $0.type.rawValue == text }
        if let rule, rule.isBuilt { return .known(rule) }
        if rule != nil || TypeRule.comingTypes.contains(text) {
            findings.add(entry.line, path, "type '\(text)' is not supported yet; supported types: \(builtTypes)")
            return .notBuilt
        }
        let near = near(text, rules.map(\.type.rawValue) + TypeRule.comingTypes)
        findings.add(entry.line, path, "unknown type '\(text.printable)'\(near); supported types: \(builtTypes)")
        return .unknown
    }

    /// The key; nil after an error: unknown, of another type, or not built yet.
    private mutating func key(_ entry: Entry, _ path: [String], rule: TypeRule?) -> ServiceKey? {
        let allowed = rule?.keys ?? ServiceKey.sql
        guard let key = ServiceKey(rawValue: entry.key) else {
            let near = near(entry.key, allowed.map(\.rawValue))
            let known = ServiceKey.allCases.filter { $0.isBuilt && allowed.contains($0) }.map(\.rawValue)
            return refuse(entry.line, path, "unknown key\(near); known keys: \(known.joined(separator: ", "))")
        }
        if allowed.contains(key) { return key }
        if let only = key.onlyType, only != rule?.type.rawValue {
            let isBuilt = rules.contains { $0.isBuilt && $0.type.rawValue == only }
            return refuse(
                entry.line, path, "is only valid for type '\(only)'\(isBuilt ? "" : ", which is not supported yet")")
        }
        return refuse(entry.line, path, "is not valid for services of type '\(rule?.type.rawValue ?? "")'")
    }

    private mutating func set(
        _ key: ServiceKey, _ entry: Entry, _ path: [String], _ rule: TypeRule?, _ service: inout DeclaredService
    ) {
        switch key {
        case .type: break
        case .version: service.version = version(entry, path, rule)
        case .instances: service.instances = instances(entry, path, rule)
        case .memory: service.memory = memory(entry, path, rule)
        case .cpus: service.cpus = cpus(entry, path)
        case .durability: service.durability = durability(entry, path)
        case .maxLoss: service.maxLossSeconds = maxLoss(entry, path)
        case .routing: service.routing = routing(entry, path)
        case .expose: service.expose = choice(entry, path)
        case .accounts: service.accounts = choice(entry, path)
        case .config:
            let config = config(entry, path, rule)
            service.config = config?.values
            service.keyLines.merge(config?.lines ?? [:]) { first, _ in first }
        case .databases: service.databases = databases(entry, path, rule)
        case .extensions: service.extensions = extensions(entry, path)
        case .members:
            let members = members(entry, path, rule)
            service.members = members?.values
            service.keyLines.merge(members?.lines ?? [:]) { first, _ in first }
        case .verify: service.verify = verify(entry, path)
        case .notify: service.notify = notify(entry, path)
        case .backups: findings.add(entry.line, path, "is not supported yet; remove it")
        case .approot, .builder, .buildscript, .environment, .ports, .postbuild, .postinstall, .prebuild, .process,
            .processes, .requirements, .systempackages:
            guard var custom = service.custom else { return }
            setCustom(key, entry, path, &custom)
            service.custom = custom
        }
    }
}

// Placeholders while the other keys of a service with a wrong name or type are checked; such a service is never
// returned.
extension ServiceName {
    fileprivate static let unknown = ServiceName(checked: "unknown")
}

extension ServiceType {
    fileprivate static let unknown = ServiceType(rawValue: "unknown")
}
