import RoostModel

// Keys of `type: custom`.
extension Checker {
    private static let longestCommand = 4096
    private static let longestValue = 16 << 10
    /// Limit of ports: each takes a port of the machine.
    private static let mostPorts = 16
    private static let mostProcesses = 32
    private static let mostVariables = 200
    private static let mostPackages = 100
    private static let usualProcess = "./run"

    /// Sets one key of `type: custom`. The service's other keys are common to all types.
    mutating func setCustom(_ key: ServiceKey, _ entry: Entry, _ path: [String], _ custom: inout CustomSettings) {
        switch key {
        case .approot: custom.approot = approot(entry, path) ?? "."
        case .buildscript: custom.buildscript = command(entry, path)
        case .postinstall: custom.postinstall = command(entry, path)
        case .systempackages: custom.systemPackages = packages(entry, path) ?? []
        case .ports: custom.ports = ports(entry, path) ?? []
        case .environment: custom.environment = environment(entry, path) ?? [:]
        case .process:
            guard let command = command(entry, path), let name = PartName(rawValue: "main") else { return }
            custom.processes = [CustomSettings.Process(name: name, command: command)]
        case .processes: custom.processes = processes(entry, path) ?? []
        default: findings.add(entry.line, path, "is not supported yet; remove it")
        }
    }

    /// Checks that required keys are there, and that no keys exclude each other.
    mutating func checkCustom(_ service: inout DeclaredService, _ path: [String]) {
        let one = service.keyLines[ServiceKey.process.rawValue]
        let many = service.keyLines[ServiceKey.processes.rawValue]
        if one != nil, let many {
            findings.add(many, path + ["processes"], "cannot be combined with 'process'; use one of them")
        }
        // The default program is called `run`, as on dotCloud.
        if one == nil, many == nil, let name = PartName(rawValue: "main") {
            service.custom?.processes = [CustomSettings.Process(name: name, command: Self.usualProcess)]
        }
    }

    // MARK: Single values

    /// The folder to send, without `.` and double slashes.
    private mutating func approot(_ entry: Entry, _ path: [String]) -> String? {
        guard let text = line(entry, path, expected: "a folder, such as app", atMost: 1024) else { return nil }
        let parts = text.split(separator: "/").filter { $0 != "." }
        guard !text.isEmpty, !text.hasPrefix("/"), !parts.contains("..") else {
            return refuse(
                entry.line, path,
                "'\(text.printable)' is not a folder below the build file; use a relative path without ..")
        }
        return parts.isEmpty ? "." : parts.joined(separator: "/")
    }

    private mutating func command(_ entry: Entry, _ path: [String]) -> String? {
        guard let text = line(entry, path, expected: "a command, such as ./run", atMost: Self.longestCommand) else {
            return nil
        }
        guard text.contains(where: { $0 != " " }) else {
            return refuse(entry.line, path, "is empty; write a command or leave out the key")
        }
        return text
    }

    /// A text of one line, because it becomes a line of a generated file.
    private mutating func line(_ entry: Entry, _ path: [String], expected: String, atMost limit: Int) -> String? {
        guard let (text, _) = scalar(entry, path, expected: expected) else { return nil }
        guard !text.unicodeScalars.contains(where: isControl) else {
            return refuse(entry.line, path, "must be one line without control characters")
        }
        guard text.utf8.count <= limit else {
            return refuse(entry.line, path, "can have at most \(limit) bytes; this has \(text.utf8.count)")
        }
        return text
    }

    /// A text of any number of lines, because a variable may hold a key or a whole configuration.
    private mutating func lines(_ entry: Entry, _ path: [String]) -> String? {
        guard let (text, _) = scalar(entry, path, expected: "text") else { return nil }
        guard !text.unicodeScalars.contains(where: { isControl($0) && $0 != "\n" && $0 != "\t" }) else {
            return refuse(entry.line, path, "contains control characters other than line breaks and tabs")
        }
        guard text.utf8.count <= Self.longestValue else {
            return refuse(entry.line, path, "can have at most \(Self.longestValue) bytes; this has \(text.utf8.count)")
        }
        return text
    }

    // MARK: Maps and lists

    private mutating func processes(_ entry: Entry, _ path: [String]) -> [CustomSettings.Process]? {
        guard let entries = map(entry, path, "commands by name, such as {web: ./web}", atMost: Self.mostProcesses)
        else {
            return nil
        }
        guard !entries.isEmpty else { return refuse(entry.line, path, "has no processes") }
        var processes: [CustomSettings.Process] = []
        for entry in entries {
            let path = path + [entry.key]
            guard let name = partName(entry, path), let command = command(entry, path) else { continue }
            processes.append(CustomSettings.Process(name: name, command: command))
        }
        return processes
    }

    private mutating func ports(_ entry: Entry, _ path: [String]) -> [CustomSettings.Port]? {
        guard let entries = map(entry, path, "ports by name, such as {www: http}", atMost: Self.mostPorts) else {
            return nil
        }
        var ports: [CustomSettings.Port] = []
        for entry in entries {
            let path = path + [entry.key]
            guard let name = partName(entry, path), let kind: CustomSettings.PortKind = choice(entry, path) else {
                continue
            }
            ports.append(CustomSettings.Port(name: name, kind: kind))
        }
        return ports
    }

    private mutating func partName(_ entry: Entry, _ path: [String]) -> PartName? {
        if let name = PartName(rawValue: entry.key) { return name }
        return refuse(entry.line, path, "'\(entry.key.printable)' is not a valid \(PartName.kind): \(PartName.allowed)")
    }

    private mutating func environment(_ entry: Entry, _ path: [String]) -> [String: String]? {
        guard let entries = map(entry, path, "values by name, such as {LANG: C}", atMost: Self.mostVariables) else {
            return nil
        }
        var variables: [String: String] = [:]
        for entry in entries {
            let path = path + [entry.key]
            guard entry.key.utf8.allSatisfy(isWord), entry.key.first?.isNumber == false, entry.key.utf8.count <= 128
            else {
                findings.add(
                    entry.line, path,
                    "'\(entry.key.printable)' is not a valid variable name; use letters, digits and _, not starting with a digit"
                )
                continue
            }
            if let owner = Self.owner(ofVariable: entry.key) {
                findings.add(entry.line, path, "is a variable that Roost sets (\(owner)); choose another name")
                continue
            }
            variables[entry.key] = lines(entry, path)
        }
        return variables
    }

    private static func owner(ofVariable name: String) -> String? {
        if ["HOME", "USER", "LOGNAME"].contains(name) { return name }
        return ["PORT_", "SERVICE_", "DOTCLOUD_"].first { name.hasPrefix($0) }.map { "\($0)…" }
    }

    private mutating func packages(_ entry: Entry, _ path: [String]) -> [String]? {
        guard case .list(let items) = entry.value.content else {
            return mismatch(
                entry.value, line: entry.line, path, expected: "a list of Debian packages, such as [libaio1]")
        }
        guard items.count <= Self.mostPackages else {
            return refuse(entry.line, path, "\(items.count) packages; the limit is \(Self.mostPackages)")
        }
        var names: [String] = []
        for (index, item) in items.enumerated() {
            guard case .text(let name, _) = item.content, Self.isPackage(name) else {
                findings.add(
                    item.line, path + ["\(index)"],
                    "is not a valid Debian package name; use a-z, 0-9, +, - and ., such as libaio1")
                continue
            }
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// Whether the text is a package name (Debian policy, section 5.6.1). Names become arguments of apt: none may
    /// begin with `-`, or end in it, which apt would read as "remove".
    private static func isPackage(_ name: String) -> Bool {
        let isAlphanumeric = { (byte: UInt8) in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard (2...128).contains(name.utf8.count), let first = name.utf8.first, isAlphanumeric(first) else {
            return false
        }
        // `libstdc++6` is a name; in `foo+` and `foo-` apt reads the suffix as install and remove.
        guard let last = name.utf8.last, isAlphanumeric(last) || name.hasSuffix("++") else { return false }
        return name.utf8.allSatisfy { isAlphanumeric($0) || "+-.".utf8.contains($0) }
    }

    private mutating func map(_ entry: Entry, _ path: [String], _ expected: String, atMost limit: Int) -> [Entry]? {
        guard case .map(let entries) = entry.value.content else {
            return mismatch(entry.value, line: entry.line, path, expected: expected)
        }
        guard entries.count <= limit else {
            return refuse(entry.line, path, "\(entries.count) entries; the limit is \(limit)")
        }
        return entries
    }
}
