import RoostModel

/// The data with which clients connect to one service, for environment variables and URLs. Holds a decrypted password:
/// never log it.
package struct Connection: Equatable, Sendable {
    package let service: ServiceName
    /// `MYSQL` in `DATA_MYSQL_HOST`.
    package let infix: String
    /// `mysql` in `mysql://…`.
    package let urlScheme: String
    /// Query of the URL, after the database: `?sslmode=require`. May be empty.
    package let urlQuery: String
    /// Whether `DATABASE_URL` may name this service.
    package let isSQL: Bool
    package let host: String
    /// The port at the router that leads to the primary.
    package let endpoint: PortNumber
    /// The port at the router that leads to the replicas, or to the primary if there is none.
    package let readEndpoint: PortNumber
    package let user: String
    package let password: String
    package let database: String
    /// The replicas' stable addresses at the router.
    package let replicaAddresses: [ServiceInfo.Address]
    /// Ports at the router of the members that the URL names, by index. Clients ask them which one is the primary.
    /// Empty: the URL names the endpoint.
    package let memberPorts: [PortNumber]
    /// Whether the service is exposed to the network, so that its accounts must use TLS.
    package let requiresTLS: Bool
    /// Path of the home's CA certificate on roostd's machine; nil unless TLS is required.
    package let authorityFile: String?
    /// Ports of a custom service, which has no account and no database; nil for databases.
    package let ports: [ServiceInfo.Port]?

    /// A connection to one instance instead of the endpoint: `port` is the instance's port at the router.
    package func at(_ port: PortNumber) -> Connection {
        Connection(
            service: service, infix: infix, urlScheme: urlScheme,
            urlQuery: memberPorts.isEmpty ? urlQuery : "\(urlQuery)&directConnection=true", isSQL: isSQL, host: host,
            endpoint: port, readEndpoint: readEndpoint, user: user, password: password, database: database,
            replicaAddresses: replicaAddresses, requiresTLS: requiresTLS, authorityFile: authorityFile, ports: ports)
    }

    package init(
        service: ServiceName, infix: String, urlScheme: String, urlQuery: String, isSQL: Bool, host: String,
        endpoint: PortNumber,
        readEndpoint: PortNumber, user: String, password: String, database: String,
        replicaAddresses: [ServiceInfo.Address], memberPorts: [PortNumber] = [], requiresTLS: Bool,
        authorityFile: String? = nil,
        ports: [ServiceInfo.Port]? = nil
    ) {
        self.service = service
        self.infix = infix
        self.urlScheme = urlScheme
        self.urlQuery = urlQuery
        self.isSQL = isSQL
        self.host = host
        self.endpoint = endpoint
        self.readEndpoint = readEndpoint
        self.user = user
        self.password = password
        self.database = database
        self.replicaAddresses = replicaAddresses
        self.memberPorts = memberPorts
        self.requiresTLS = requiresTLS
        self.authorityFile = authorityFile
        self.ports = ports
    }

    /// `mysql://root:secret@127.0.0.1:21000/data`
    package var url: String { url(at: memberPorts.isEmpty ? [endpoint] : memberPorts) }
    package var readURL: String {
        // Clients that know the members choose one to read from.
        memberPorts.isEmpty ? url(at: [readEndpoint]) : "\(url)&readPreference=secondaryPreferred"
    }
    /// URL of the service; for a custom service the URL of its first port, nil if it has no ports.
    package var anyURL: String? { ports.map { $0.first?.url } ?? url }

    /// `ports`: several for clients that ask each member which one is the primary.
    private func url(at ports: [PortNumber]) -> String {
        let addresses = ports.map { Self.address(host, $0) }.joined(separator: ",")
        let account = "\(user.percentEncoded):\(password.percentEncoded)"
        return "\(urlScheme)://\(account)@\(addresses)/\(database.percentEncoded)\(urlQuery)"
    }

    /// `host:port`, an IPv6 address in brackets.
    fileprivate static func address(_ host: String, _ port: PortNumber) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

/// The environment variables of an application.
package enum EnvironmentVariables {
    /// Variable names that belong to the application as a whole. So a service called `database` gets no short
    /// `DATABASE_URL` for its own URL.
    private static let shared: Set<String> = ["DATABASE_URL", "REDIS_URL", "MONGODB_URL"]

    /// Variables of all services; names are unique. `services` come in the order of the build file.
    package static func make(services: [Connection], view: EnvironmentView) -> [(name: String, value: String)] {
        let variables =
            switch view.style {
            case .roost: roost(services)
            case .cloud66: cloud66(services)
            }
        return variables.map { (view.prefix + $0.name, $0.value) }
    }

    private static func roost(_ services: [Connection]) -> [(name: String, value: String)] {
        let own = services.map { ($0, ownVariables($0)) }
        // The short URL name of service `data_mysql` could equal a longer name of service `data`: the longer form
        // keeps the name.
        let taken = shared.union(own.flatMap { $0.1.map(\.name) })
        var variables = own.flatMap { connection, variables in
            let short = "\(name(connection))_URL"
            guard let url = connection.anyURL, !taken.contains(short) else { return variables }
            return variables + [(short, url)]
        }
        if let first = services.first(where: \.isSQL) { variables.append(("DATABASE_URL", first.url)) }
        for infix in ["REDIS", "MONGODB"] {
            if let first = services.first(where: { $0.infix == infix }) {
                variables.append(("\(infix)_URL", first.url))
            }
        }
        return variables
    }

    /// The variable name that a new service would share with an existing one, and that service's name; nil if there is
    /// none. Services that are older than this check may share a name; `roost` then leaves out the short form.
    package static func clash(
        of new: NamedService, among others: [NamedService]
    ) -> (variable: String, service: ServiceName)? {
        let names = Set(new.variables)
        for other in others where other.name != new.name {
            if let found = other.variables.first(where: { names.contains($0) && !shared.contains($0) }) {
                return (found, other.name)
            }
        }
        return nil
    }

    /// The parts of a service that decide the names of its variables.
    package struct NamedService: Equatable, Sendable {
        package let name: ServiceName
        /// `MYSQL`
        package let infix: String
        /// Port names of a custom service; nil for databases.
        package let ports: [String]?

        package init(name: ServiceName, infix: String, ports: [String]?) {
            self.name = name
            self.infix = infix
            self.ports = ports
        }

        fileprivate var variables: [String] {
            let own = name.rawValue.uppercased()
            let groups =
                ports?.map { ($0.uppercased(), ["HOST", "PORT", "URL"]) } ?? [(infix, EnvironmentVariables.ends)]
            return ["\(own)_URL"] + groups.flatMap { group, ends in ends.map { "\(own)_\(group)_\($0)" } }
        }
    }

    /// The last parts of a database's variable names, as in `DATA_MYSQL_HOST`. `ownVariables` gives their values.
    private static let ends = [
        "HOST", "PORT", "LOGIN", "PASSWORD", "DATABASE", "URL", "READ_URL", "REPLICA_ADDRESSES",
    ]

    private static func ownVariables(_ connection: Connection) -> [(name: String, value: String)] {
        if let ports = connection.ports {
            return ports.flatMap { port in
                let prefix = "\(name(connection))_\(port.name.uppercased())_"
                return [("HOST", port.host), ("PORT", "\(port.port)"), ("URL", port.url)].map { (prefix + $0.0, $0.1) }
            }
        }
        let prefix = "\(name(connection))_\(connection.infix)_"
        let values = [
            ("HOST", connection.host),
            ("PORT", "\(connection.endpoint)"),
            ("LOGIN", connection.user),
            ("PASSWORD", connection.password),
            ("DATABASE", connection.database),
            ("URL", connection.url),
            ("READ_URL", connection.readURL),
            // Set without replicas as well, to an empty value, so that scripts that stop at unset variables run.
            ("REPLICA_ADDRESSES", replicas(connection)),
        ]
        let authority = connection.authorityFile.map { [("CA_FILE", $0)] } ?? []
        return (values + authority).map { (prefix + $0.0, $0.1) }
    }

    /// Variables with Cloud 66's names, for the first service of each kind: Cloud 66 has one database server of each
    /// kind.
    ///
    /// A server on Cloud 66 is alone on its machine and listens on the usual port, so an address is a host. Here the
    /// port tells servers apart: it is added to replica addresses, and `_PORT` to the names. `_INT` is the address on
    /// this machine or network; `_EXT`, the address for others, is empty unless the service is exposed.
    private static func cloud66(_ services: [Connection]) -> [(name: String, value: String)] {
        var kinds: Set<String> = []
        let databases = services.filter { $0.ports == nil }
        return databases.filter { kinds.insert(kind($0)).inserted }.flatMap { connection in
            let external = connection.requiresTLS
            let values = [
                ("ADDRESS", connection.host),
                ("ADDRESS_INT", connection.host),
                ("ADDRESS_EXT", external ? connection.host : ""),
                ("PORT", "\(connection.endpoint)"),
                ("USERNAME", connection.user),
                ("PASSWORD", connection.password),
                ("DATABASE", connection.database),
                ("URL", connection.url),
                ("URL_INT", connection.url),
                ("URL_EXT", external ? connection.url : ""),
                ("SLAVE_ADDRESSES", replicas(connection)),
                ("SLAVE_ADDRESSES_INT", replicas(connection)),
                ("SLAVE_ADDRESSES_EXT", external ? replicas(connection) : ""),
            ]
            return values.map { ("\(kind(connection))_\($0.0)", $0.1) }
        }
    }

    /// `MYSQL`, `POSTGRESQL`, `REDIS`. Not the scheme for Redis, because with TLS that is `rediss`.
    private static func kind(_ connection: Connection) -> String {
        connection.isSQL ? connection.urlScheme.uppercased() : connection.infix
    }

    private static func name(_ connection: Connection) -> String { connection.service.rawValue.uppercased() }

    private static func replicas(_ connection: Connection) -> String {
        connection.replicaAddresses.map { Connection.address($0.host, $0.port) }.joined(separator: ",")
    }
}

extension EnvironmentView {
    /// Why the prefix is refused; nil if it is valid. Shell variables take letters, digits and `_`, and no digit
    /// first.
    package var problem: Problem? {
        let isName = prefix.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard isName, prefix.first?.isNumber != true, prefix.utf8.count <= 64 else {
            return Problem(
                .usage, "invalid prefix: use up to 64 letters, digits and _, and do not begin with a digit",
                next: ["roost env --prefix DOTCLOUD_"])
        }
        return nil
    }
}
