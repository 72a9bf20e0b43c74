/// Properties that all versions of an engine share.
package struct EngineFamily: Codable, Equatable, Sendable {
    /// `mariadb`: the name in `mariadb@10.11.19`.
    package let name: String
    /// Build-file types that the engine can serve, best first: `mariadb` serves `mariadb` and `mysql`.
    package let types: [ServiceType]
    /// The wire protocol at the router: `mysql`.
    package let wire: String
    /// `MYSQL` in `DATA_MYSQL_HOST`.
    package let variableInfix: String
    /// `mysql` in `mysql://…`.
    package let urlScheme: String
    /// Whether `DATABASE_URL` may name a service of this family.
    package let isSQL: Bool
    /// Query of the URL, by whether the service requires TLS: `?sslmode=require`. Only items that every client of the
    /// family knows: a client refuses the whole URL for an unknown item.
    package let urlQuery: URLQuery
    /// URL scheme if TLS is required; nil if it is the plain scheme, and the query requires TLS.
    package let tlsURLScheme: String?
    /// Name of the application user.
    package let applicationUser: String
    /// Database in the URL if the family has no databases by name: Redis's `0`. Nil if it is the service's name.
    package let fixedDatabase: String?
    /// Rules for names of databases and users. Nil if the family has no databases by name; users then follow the
    /// usual rules.
    package let names: NameRules?
    /// Number of version components that make a series: a server is started only on data of its own series.
    package let seriesLength: Int
    /// Whether an instance's own port is open from its start on, before the service's port: members of a replica set
    /// connect to each other through it.
    package let reachesItselfThroughRouter: Bool
    /// Whether an account can have two passwords for a while, as the grace time of a rotation needs.
    package let acceptsPreviousPassword: Bool
    /// Whether its servers, as services, sync to disk all data that they rely on after a crash of the machine.
    package let syncsWhatItReliesOn: Bool
    /// Whether services take `extensions:`.
    package let takesExtensions: Bool
    /// Limit of instances of a service. Nil in reports of older agents, which means one.
    private let instanceLimit: Int?
    /// Whether the servers of a group elect their primary by a majority. Nil in reports of older agents: they do not.
    private let isElecting: Bool?
    package let defaultMemory: ByteCount
    package let minimumMemory: ByteCount
    /// Approximate size of a fresh data directory on disk.
    package let freshSize: ByteCount

    package init(
        name: String, types: [ServiceType], wire: String, variableInfix: String, urlScheme: String, isSQL: Bool,
        urlQuery: URLQuery = URLQuery(),
        tlsURLScheme: String? = nil, applicationUser: String, fixedDatabase: String? = nil, names: NameRules?,
        seriesLength: Int = 2, reachesItselfThroughRouter: Bool = false, acceptsPreviousPassword: Bool = true,
        syncsWhatItReliesOn: Bool = true, takesExtensions: Bool = false, mostInstances: Int = 1,
        electsItself: Bool = false, defaultMemory: ByteCount,
        minimumMemory: ByteCount, freshSize: ByteCount = .mebibytes(8)
    ) {
        self.name = name
        self.types = types
        self.wire = wire
        self.variableInfix = variableInfix
        self.urlScheme = urlScheme
        self.isSQL = isSQL
        self.urlQuery = urlQuery
        self.tlsURLScheme = tlsURLScheme
        self.applicationUser = applicationUser
        self.fixedDatabase = fixedDatabase
        self.names = names
        self.seriesLength = seriesLength
        self.reachesItselfThroughRouter = reachesItselfThroughRouter
        self.acceptsPreviousPassword = acceptsPreviousPassword
        self.syncsWhatItReliesOn = syncsWhatItReliesOn
        self.takesExtensions = takesExtensions
        instanceLimit = mostInstances == 1 ? nil : mostInstances
        isElecting = electsItself ? true : nil
        self.defaultMemory = defaultMemory
        self.minimumMemory = minimumMemory
        self.freshSize = freshSize
    }
}

extension EngineFamily {
    /// Query of the URL, behind the database: `?sslmode=require`.
    package struct URLQuery: Codable, Equatable, Sendable {
        /// Placeholder for `application.service`.
        package static let service = "{service}"

        /// Query if TLS is not required.
        package let plain: String
        /// Query if TLS is required.
        package let secured: String

        package init(plain: String = "", secured: String = "") {
            self.plain = plain
            self.secured = secured
        }

        package func text(of service: ServiceID, requiresTLS: Bool) -> String {
            (requiresTLS ? secured : plain).replacing(Self.service, with: "\(service.application).\(service.service)")
        }
    }

    // Explicit keys: snake case must decode the keys that it encoded.
    private enum CodingKeys: String, CodingKey {
        case name, types, wire, variableInfix, urlScheme
        case isSQL = "isSql"
        case urlQuery
        case tlsURLScheme = "tlsUrlScheme"
        case applicationUser = "shownUser"
        case fixedDatabase, names, seriesLength, reachesItselfThroughRouter, acceptsPreviousPassword
        case syncsWhatItReliesOn, takesExtensions, instanceLimit, isElecting, defaultMemory, minimumMemory, freshSize
    }

    package var mostInstances: Int { instanceLimit ?? 1 }
    /// Whether the tables of a replica can be compared with the primary's.
    package var comparesMembers: Bool { isSQL && mostInstances > 1 }
    /// Whether the servers of a group elect their primary by a majority of the members. Roost asks for elections then,
    /// and records whom the group elected.
    package var electsItself: Bool { isElecting ?? false }
    /// Whether an even number of instances is refused: a majority of it survives no more losses than the odd number
    /// below.
    package var needsOddInstances: Bool { electsItself }
    /// Whether a replica can be told to apply changes later than it receives them.
    package var delaysReplicas: Bool { ["mysql", "postgresql"].contains(wire) }
    /// Whether users are part of the data, so that replicas receive them.
    package var usersReplicate: Bool { wire != "redis" }

    /// The server's own databases, in lower case; nil if it has no databases by name.
    package var systemDatabases: Set<String>? { names?.ownDatabases }

    /// Why a user cannot have the name; nil if it can.
    package func userFault(_ name: String) -> String? { (names ?? NameRules(ownDatabases: [])).userFault(name) }
}
