/// What is the same for every version of an engine.
package struct EngineFamily: Codable, Equatable, Sendable {
    /// `mariadb`: the name in `mariadb@10.11.19`.
    package let name: String
    /// The build-file types it can serve, best first: `mariadb` serves `mariadb` and `mysql`.
    package let types: [ServiceType]
    /// The wire protocol at the router: `mysql`.
    package let wire: String
    /// `MYSQL` in `DATA_MYSQL_HOST`.
    package let variableInfix: String
    /// `mysql` in `mysql://…`.
    package let urlScheme: String
    /// Whether `DATABASE_URL` may name a service of this family.
    package let isSQL: Bool
    /// What follows a URL's database, by whether the service requires TLS: `?sslmode=require`. Only what every client of
    /// the family takes: one that does not know an item refuses the whole URL.
    package let urlQuery: URLQuery
    /// The scheme where TLS is required; nil: the plain one, and the query says it.
    package let tlsURLScheme: String?
    /// The shown account's name.
    package let shownUser: String
    /// What clients find in the URL where the family has no databases by name: Redis's `0`. Nil: the service's name.
    package let fixedDatabase: String?
    /// Names of databases and users. Nil: it has no databases by name, and users are as everywhere.
    package let names: NameRules?
    /// How many components of a version make a series: a server is started on data of its own series alone.
    package let seriesLength: Int
    /// Whether an instance's own port is open from its start on, before the service's: members of a replica set find
    /// themselves through it.
    package let reachesItselfThroughRouter: Bool
    /// Whether an account can have two passwords for a while, as the grace time of a rotation needs.
    package let acceptsPreviousPassword: Bool
    /// Whether its servers, as services, wait for the disk with all that they rely on after a crash of the machine.
    package let syncsWhatItReliesOn: Bool
    /// Whether services take `extensions:`.
    package let takesExtensions: Bool
    /// How many instances a service may have. Nil in what older agents tell: one.
    private let instanceLimit: Int?
    package let defaultMemory: ByteCount
    package let minimumMemory: ByteCount
    /// About what a fresh data directory takes on the disk.
    package let freshSize: ByteCount

    package init(
        name: String, types: [ServiceType], wire: String, variableInfix: String, urlScheme: String, isSQL: Bool,
        urlQuery: URLQuery = URLQuery(),
        tlsURLScheme: String? = nil, shownUser: String, fixedDatabase: String? = nil, names: NameRules?,
        seriesLength: Int = 2, reachesItselfThroughRouter: Bool = false, acceptsPreviousPassword: Bool = true,
        syncsWhatItReliesOn: Bool = true, takesExtensions: Bool = false, mostInstances: Int = 1,
        defaultMemory: ByteCount,
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
        self.shownUser = shownUser
        self.fixedDatabase = fixedDatabase
        self.names = names
        self.seriesLength = seriesLength
        self.reachesItselfThroughRouter = reachesItselfThroughRouter
        self.acceptsPreviousPassword = acceptsPreviousPassword
        self.syncsWhatItReliesOn = syncsWhatItReliesOn
        self.takesExtensions = takesExtensions
        instanceLimit = mostInstances == 1 ? nil : mostInstances
        self.defaultMemory = defaultMemory
        self.minimumMemory = minimumMemory
        self.freshSize = freshSize
    }
}

extension EngineFamily {
    /// What follows a URL's database: `?sslmode=require`.
    package struct URLQuery: Codable, Equatable, Sendable {
        /// Stands for `application.service`.
        package static let service = "{service}"

        /// Without TLS.
        package let plain: String
        /// Where TLS is required.
        package let secured: String

        package init(plain: String = "", secured: String = "") {
            self.plain = plain
            self.secured = secured
        }

        package func text(of service: ServiceID, requiresTLS: Bool) -> String {
            (requiresTLS ? secured : plain).replacing(Self.service, with: "\(service.application).\(service.service)")
        }
    }

    // Snake case must read back what it wrote.
    private enum CodingKeys: String, CodingKey {
        case name, types, wire, variableInfix, urlScheme
        case isSQL = "isSql"
        case urlQuery
        case tlsURLScheme = "tlsUrlScheme"
        case shownUser, fixedDatabase, names, seriesLength, reachesItselfThroughRouter, acceptsPreviousPassword
        case syncsWhatItReliesOn, takesExtensions, instanceLimit, defaultMemory, minimumMemory, freshSize
    }

    package var mostInstances: Int { instanceLimit ?? 1 }
    /// Whether users are data, which replicas receive.
    package var usersReplicate: Bool { wire != "redis" }

    /// The server's own databases, in lower case; nil: it has no databases by name.
    package var systemDatabases: Set<String>? { names?.ownDatabases }

    /// Why a user cannot have the name; nil: it can.
    package func userFault(_ name: String) -> String? { (names ?? NameRules(ownDatabases: [])).userFault(name) }
}
