import RoostModel

/// All inputs for configuring one server. Holds opened secrets: never log or store it.
package struct ServerPlan: Sendable {
    package let instance: InstanceID
    package let settings: ServiceSettings
    package let folders: ServerFolders
    package let internalPort: PortNumber
    /// The address at which clients reach this instance. A server must advertise this address, never its internal
    /// port.
    package let routerAddress: RouterAddress
    package let serverID: UInt32
    /// A small number that is unique for a service in its home (MariaDB's replication domain).
    package let domainID: UInt32
    package let applicationUser: String
    package let applicationPassword: String
    /// Also accepted, until the grace period of a rotation ends.
    package let previousPassword: String?
    package let administrationPassword: String
    /// The default database, then those of the build file.
    package let databases: [String]
    /// Users who may read the server's changes (`replication: [cdc]`). One that does not exist is not made. Empty for
    /// copies, which keep no log of changes that anybody could read.
    package let changeReaders: [String]
    /// Nil unless the service is exposed to the network: then TLS is required of the application user.
    package let certificate: ServerCertificate?
    /// Nil unless the service is of `type: custom`.
    package let custom: CustomPlace?
    /// Nil if the service has one instance.
    package let group: GroupPlan?
    package let profile: ServerProfile

    package init(
        instance: InstanceID, settings: ServiceSettings, folders: ServerFolders, internalPort: PortNumber,
        routerAddress: RouterAddress, serverID: UInt32, domainID: UInt32, applicationUser: String,
        applicationPassword: String,
        previousPassword: String?,
        administrationPassword: String, databases: [String], changeReaders: [String] = [],
        certificate: ServerCertificate?,
        custom: CustomPlace? = nil, group: GroupPlan? = nil, profile: ServerProfile = .service
    ) {
        self.instance = instance
        self.settings = settings
        self.folders = folders
        self.internalPort = internalPort
        self.routerAddress = routerAddress
        self.serverID = serverID
        self.domainID = domainID
        self.applicationUser = applicationUser
        self.applicationPassword = applicationPassword
        self.previousPassword = previousPassword
        self.administrationPassword = administrationPassword
        self.databases = databases
        self.changeReaders = changeReaders
        self.certificate = certificate
        self.custom = custom
        self.group = group
        self.profile = profile
    }

    /// Address and credentials for Roost itself.
    package var address: ServerAddress {
        ServerAddress(
            instance: instance, data: folders.data, socket: folders.socket, port: internalPort,
            administrationPassword: administrationPassword)
    }
}

/// An instance's stable address at the router.
package struct RouterAddress: Equatable, Sendable {
    package let host: String
    package let port: PortNumber

    package init(host: String, port: PortNumber) {
        self.host = host
        self.port = port
    }
}

/// The folders of one server.
package struct ServerFolders: Codable, Equatable, Sendable {
    /// Belongs to the server's user.
    package let data: String
    /// Generated files; belongs to root, readable by the server's group.
    package let configuration: String
    /// Short path for sockets and pid files; belongs to the server's user.
    package let run: String
    /// Log files; belongs to the server's user.
    package let logs: String

    package init(data: String, configuration: String, run: String, logs: String) {
        self.data = data
        self.configuration = configuration
        self.run = run
        self.logs = logs
    }

    /// A folder beside the data for a custom service's artifact.
    package var home: String { data[..<(data.lastIndex(of: "/") ?? data.startIndex)] + "/home" }

    /// The server's private socket.
    package var socket: String { "\(run)/server.sock" }
}

/// PEM texts of a server's certificate, its key and the CA that signed it.
package struct ServerCertificate: Sendable {
    package let certificate: String
    package let key: String
    package let authority: String

    package init(certificate: String, key: String, authority: String) {
        self.certificate = certificate
        self.key = key
        self.authority = authority
    }
}

/// A server's private socket and Roost's own account on it. Holds an opened secret.
package struct ServerAddress: Sendable {
    package let instance: InstanceID
    /// The server's data directory.
    package let data: String
    package let socket: String
    package let port: PortNumber
    package let administrationPassword: String

    package init(
        instance: InstanceID, data: String, socket: String, port: PortNumber, administrationPassword: String
    ) {
        self.instance = instance
        self.data = data
        self.socket = socket
        self.port = port
        self.administrationPassword = administrationPassword
    }
}
