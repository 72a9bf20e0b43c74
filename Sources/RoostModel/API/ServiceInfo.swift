import Foundation

/// List in an answer: `{"items":[…]}`.
package struct ItemList<Item: Codable & Sendable>: Codable, Sendable {
    package let items: [Item]
    package init(_ items: [Item]) { self.items = items }
}

/// `roost info SERVICE --json` and `GET /v1/applications/{a}/services/{s}`.
package struct ServiceInfo: Codable, Equatable, Sendable {
    package enum State: String, Codable, Sendable, CaseIterable { case creating, running, degraded, down, stopped }

    package struct Address: Codable, Equatable, Sendable {
        package let host: String
        package let port: PortNumber
        package init(host: String, port: PortNumber) {
            self.host = host
            self.port = port
        }
    }

    /// A named port of a custom service.
    package struct Port: Codable, Equatable, Sendable {
        package let name: String
        /// `tcp` or `http`.
        package let kind: String
        package let host: String
        package let port: PortNumber

        package init(name: String, kind: String, host: String, port: PortNumber) {
            self.name = name
            self.kind = kind
            self.host = host
            self.port = port
        }

        /// `http://127.0.0.1:21000`
        package var url: String { "\(kind)://\(host.contains(":") ? "[\(host)]" : host):\(port)" }
    }

    package struct Instance: Codable, Equatable, Sendable {
        package enum State: String, Codable, Sendable { case creating, starting, up, down, stopped }
        package let name: String
        package let role: String
        package let state: State
        package let host: String
        package let port: PortNumber
        @Nullable package var pid: Int32?
        @Nullable package var replicationLagSeconds: Double?
        /// For a replica: whether it may be the one that acknowledges a commit. Null for the primary.
        @Nullable package var synchronous: Bool?
        /// Of the members that may take over, one with the highest priority does. 0: it is never promoted.
        package let priority: Int
        /// How far the member stays behind on purpose while it is a replica. Null if it does not.
        @Nullable package var delaySeconds: Int?
        /// `shared`, or `separate`: a full copy.
        package let storage: String
        /// Why the instance is not up, or gets no new connections, a sentence.
        @Nullable package var reason: String?

        package init(
            name: String, role: String, state: State, host: String, port: PortNumber, pid: Int32?,
            replicationLagSeconds: Double? = nil, synchronous: Bool? = nil, member: MemberSettings = MemberSettings(),
            reason: String?
        ) {
            priority = member.effectivePriority
            storage = (member.storage ?? .shared).rawValue
            _delaySeconds = Nullable(wrappedValue: member.delaySeconds)
            self.name = name
            self.role = role
            self.state = state
            self.host = host
            self.port = port
            self._pid = Nullable(wrappedValue: pid)
            self._replicationLagSeconds = Nullable(wrappedValue: replicationLagSeconds)
            self._synchronous = Nullable(wrappedValue: synchronous)
            self._reason = Nullable(wrappedValue: reason)
        }
    }

    /// A comparison of the members that has ended with a result.
    package struct Comparison: Codable, Equatable, Sendable {
        package let endedAt: Date
        /// Id of the operation, which has the tables for as long as it is kept.
        package let operation: String
        /// Whether every table of every replica was compared and is equal.
        package let equal: Bool
        /// `17 tables equal on 2 members`
        package let summary: String

        package init(endedAt: Date, operation: String, equal: Bool, summary: String) {
            self.endedAt = endedAt
            self.operation = operation
            self.equal = equal
            self.summary = summary
        }
    }

    package struct Replication: Codable, Equatable, Sendable {
        package let status: String
        @Nullable package var mode: String?
        package let atRiskSeconds: Double
        /// The last comparison of the members. Null if there was none.
        @Nullable package var lastComparison: Comparison?

        package init(status: String, mode: String?, atRiskSeconds: Double, lastComparison: Comparison? = nil) {
            self._lastComparison = Nullable(wrappedValue: lastComparison)
            self.status = status
            self._mode = Nullable(wrappedValue: mode)
            self.atRiskSeconds = atRiskSeconds
        }

        package static let none = Replication(status: "none", mode: nil, atRiskSeconds: 0)
    }

    package var application: String
    package var service: String
    package var type: String
    package var engine: String
    package var state: State
    /// Address of the service; for a custom service its first port's.
    package var endpoint: Address
    package var readEndpoint: Address
    /// Ports of a custom service, in the build file's order; empty for databases.
    package var ports: [Port]
    /// Empty for a custom service, and so is `database`.
    package var user: String
    package var database: String
    @Nullable package var url: String?
    @Nullable package var password: String?
    package var memoryBytes: ByteCount
    @Nullable package var cpus: Double?
    package var durability: String
    /// For `async`: limit of the writes that a failover may lose by itself, as a time. Null: none.
    @Nullable package var maxLossSeconds: Int?
    /// Time from the end of a comparison of the members to the next one. Null: they are compared on request only.
    @Nullable package var verifyEverySeconds: Int?
    package var routing: String
    package var expose: String
    package var accounts: String
    package var config: [String: String]
    package var databases: [String]
    /// Extensions of PostgreSQL; empty for other types.
    package var extensions: [String]
    package var epoch: UInt64
    /// Whether memory and cpu limits are in force: false if cgroups cannot be written.
    package var limitsEnforced: Bool
    package var instances: [Instance]
    package var replication: Replication
    /// Null unless Roost takes no automatic step on the service.
    @Nullable package var paused: Pause?
    /// Reasons why the desired state is not reached, a sentence each; empty if it is.
    package var problems: [String]
    package var createdAt: Date

    package init(
        application: String, service: String, type: String, engine: String, state: State, endpoint: Address,
        readEndpoint: Address, ports: [Port] = [], user: String, database: String, url: String?, password: String?,
        memoryBytes: ByteCount,
        cpus: Double?, durability: String, maxLossSeconds: Int? = nil, verifyEverySeconds: Int? = nil,
        routing: String, expose: String,
        accounts: String = "open",
        config: [String: String], databases: [String], extensions: [String] = [], epoch: UInt64, limitsEnforced: Bool,
        instances: [Instance], replication: Replication = .none, paused: Pause? = nil, problems: [String],
        createdAt: Date
    ) {
        self.application = application
        self.service = service
        self.type = type
        self.engine = engine
        self.state = state
        self.endpoint = endpoint
        self.readEndpoint = readEndpoint
        self.ports = ports
        self.user = user
        self.database = database
        self._url = Nullable(wrappedValue: url)
        self._password = Nullable(wrappedValue: password)
        self.memoryBytes = memoryBytes
        self._cpus = Nullable(wrappedValue: cpus)
        self.durability = durability
        self._maxLossSeconds = Nullable(wrappedValue: maxLossSeconds)
        self._verifyEverySeconds = Nullable(wrappedValue: verifyEverySeconds)
        self.routing = routing
        self.expose = expose
        self.accounts = accounts
        self.config = config
        self.databases = databases
        self.extensions = extensions
        self.epoch = epoch
        self.limitsEnforced = limitsEnforced
        self.instances = instances
        self.replication = replication
        self._paused = Nullable(wrappedValue: paused)
        self.problems = problems
        self.createdAt = createdAt
    }
}

/// A row of `roost ls`, and `GET /v1/applications/{a}` with its services.
package struct ApplicationInfo: Codable, Equatable, Sendable {
    package let name: String
    package let createdAt: Date
    package let services: [ServiceInfo]
    /// The worst of its services' states.
    package let state: ServiceInfo.State

    package init(name: String, createdAt: Date, services: [ServiceInfo], state: ServiceInfo.State) {
        self.name = name
        self.createdAt = createdAt
        self.services = services
        self.state = state
    }
}
