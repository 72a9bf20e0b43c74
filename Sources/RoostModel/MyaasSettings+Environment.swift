extension MyaasSettings {
    /// Service types of myaas' backends.
    private static let backends: [(name: String, type: ServiceType)] = [
        ("myaas.backends.mysql", .mysql), ("myaas.backends.postgres", ServiceType(rawValue: "postgresql")),
    ]

    /// Reads the `MYAAS_*` variables, with myaas' own defaults; an empty variable counts as missing.
    ///
    /// `MYAAS_DEBUG`, `MYAAS_PREFIX`, `MYAAS_DOCKER_HOST`, `MYAAS_MYSQL_IMAGE` and `MYAAS_POSTGRES_IMAGE` are
    /// accepted without effect: there are no containers, and roostd sets the log's level.
    package static func read(
        from environment: [String: String], listen: (host: String, port: Int)
    ) throws(Problem) -> MyaasSettings {
        let variables = environment.filter { !$0.value.isEmpty }
        var settings = MyaasSettings(host: listen.host, port: listen.port)
        if let hostname = variables["MYAAS_HOSTNAME"] { settings.hostname = try checked(hostname: hostname) }
        if let text = variables["MYAAS_MEMORY_LIMIT"] {
            guard let memory = ByteCount(text) else { throw refused("MYAAS_MEMORY_LIMIT", text, "a size such as 2g") }
            settings.memory = memory
        }
        if let cores = try whole("MYAAS_CPU_PINNING_CORES", in: 0...4096, variables) {
            settings.cpus = cores > 0 ? Double(cores) : nil
        }
        // Ten years, the longest lifetime of any clone.
        if let seconds = try whole("MYAAS_CONTAINER_TTL", in: 0...315_360_000, variables) {
            settings.timeToLive = seconds > 0 ? Double(seconds) : nil
        }
        settings.username = try identifier("MYAAS_DB_USERNAME", longest: 32, variables) ?? settings.username
        settings.database = try identifier("MYAAS_DB_DATABASE", longest: 63, variables) ?? settings.database
        if let password = variables["MYAAS_DB_PASSWORD"] { settings.password = try checked(password: password) }
        if let name = variables["MYAAS_BACKEND"] {
            guard let backend = backends.first(where: { $0.name == name }) else {
                throw refused("MYAAS_BACKEND", name, backends.map(\.name).joined(separator: " or "))
            }
            settings.type = backend.type
        }
        return settings
    }

    private static func whole(
        _ name: String, in range: ClosedRange<Int>, _ variables: [String: String]
    ) throws(Problem) -> Int? {
        guard let text = variables[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw refused(name, text, "a whole number, 0 (off) to \(range.upperBound)")
        }
        return number
    }

    /// A name that needs no quoting: it is used in SQL and in addresses.
    private static func identifier(
        _ name: String, longest: Int, _ variables: [String: String]
    ) throws(Problem) -> String? {
        guard let text = variables[name] else { return nil }
        let isPlain = text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
        guard isPlain, text.utf8.count <= longest else {
            throw refused(name, text, "1 to \(longest) characters from a-z, A-Z, 0-9, _ and -")
        }
        return text
    }

    private static func checked(hostname: String) throws(Problem) -> String {
        let isPlain = hostname.utf8.allSatisfy { isLetterOrDigit($0) || ".:-_".utf8.contains($0) }
        guard isPlain, hostname.utf8.count <= 253 else {
            throw refused("MYAAS_HOSTNAME", hostname, "a name or an address of this machine, without a port")
        }
        return hostname
    }

    /// Printable ASCII without quotes and backslashes, which some clients' files cannot hold. Never shown.
    private static func checked(password: String) throws(Problem) -> String {
        let isPlain = password.utf8.allSatisfy { (0x21...0x7e).contains($0) && !"'\"`\\".utf8.contains($0) }
        guard isPlain, password.utf8.count <= 128 else {
            throw Problem(
                .usage,
                "MYAAS_DB_PASSWORD must be 1 to 128 printable ASCII characters without spaces, quotes or backslashes")
        }
        return password
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    private static func refused(_ name: String, _ text: String, _ allowed: String) -> Problem {
        Problem(.usage, "\(name) must be \(allowed), not '\(text.prefix(80))'")
    }
}
