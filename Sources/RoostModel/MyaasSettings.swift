/// Settings of the listener for scripts written for myaas, read from the `MYAAS_*` variables.
package struct MyaasSettings: Equatable, Sendable {
    /// Address that the listener binds.
    package var host: String
    package var port: Int
    /// `MYAAS_HOSTNAME`: the host that clients are told to connect to. With any host but this machine's loopback, the
    /// clones' ports are open to the network without TLS, as in myaas.
    package var hostname: String
    /// `MYAAS_MEMORY_LIMIT`.
    package var memory: ByteCount
    /// `MYAAS_CPU_PINNING_CORES`, as a limit of cores; nil means no limit.
    package var cpus: Double?
    /// `MYAAS_CONTAINER_TTL`, in seconds; nil means that clones stay until they are removed, unless a request says
    /// otherwise.
    package var timeToLive: Double?
    /// `MYAAS_DB_USERNAME`, `MYAAS_DB_PASSWORD`, `MYAAS_DB_DATABASE`: the same for every clone.
    package var username: String
    package var password: String
    package var database: String
    /// `MYAAS_BACKEND`: the type of the dumps that are directly in the watched folder.
    package var type: ServiceType

    package init(
        host: String, port: Int, hostname: String = "localhost", memory: ByteCount = .gibibytes(2), cpus: Double? = 2,
        timeToLive: Double? = nil, username: String = "myaas", password: String = "myaas", database: String = "myaas",
        type: ServiceType = .mysql
    ) {
        self.host = host
        self.port = port
        self.hostname = hostname
        self.memory = memory
        self.cpus = cpus
        self.timeToLive = timeToLive
        self.username = username
        self.password = password
        self.database = database
        self.type = type
    }

    package var isExposed: Bool { !["localhost", "127.0.0.1", "::1"].contains(hostname) }
}

/// Clone properties that only the myaas listener may request.
package struct MyaasTerms: Equatable, Sendable {
    /// The name that the script gave, any text.
    package let label: String
    package let password: String
    package let isExposed: Bool

    package init(label: String, password: String, isExposed: Bool) {
        self.label = label
        self.password = password
        self.isExposed = isExposed
    }
}
