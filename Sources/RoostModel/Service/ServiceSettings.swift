/// Settings of a service from the build file and `scale`. Nil or empty means the engine's default.
package struct ServiceSettings: Codable, Equatable, Sendable {
    package enum Exposure: String, Codable, Sendable, CaseIterable { case local, network }
    package enum Durability: String, Codable, Sendable, CaseIterable { case sync, async, strict }
    package enum Routing: String, Codable, Sendable, CaseIterable { case primary, split }
    /// Rule for making a service's users: by the application user as well (open), or by `roost user add` alone
    /// (managed).
    package enum AccountRule: String, Codable, Sendable, CaseIterable { case open, managed }

    package var instances: Int
    /// Hard memory limit of each instance.
    package var memory: ByteCount
    /// Limit in cores; nil means no limit.
    package var cpus: Double?
    package var durability: Durability
    /// For `durability: async`: limit of the writes that a failover may lose by itself, as the time in which they were
    /// made. Nil means that it may lose none.
    package var maxLossSeconds: Int?
    package var routing: Routing
    /// Engine settings by name, as text.
    package var config: [String: String]
    /// Databases besides the default one, which has the service's name.
    package var databases: [String]
    /// Extensions of the server that are made in each of the databases.
    package var extensions: [String]
    package var expose: Exposure
    package var accounts: AccountRule
    /// Nil unless the service is of `type: custom`.
    package var custom: CustomSettings?
    /// Settings of single members, by index. Nil if there are none; entries of members that do not exist have no
    /// effect.
    package var members: [Int: MemberSettings]?
    /// How often the members are compared without a request. Nil: only on request.
    package var verify: VerifySettings?
    /// Addresses of webhooks that get the service's events. Nil if there are none.
    package var notify: [WebhookURL]?

    package init(
        instances: Int = 1, memory: ByteCount, cpus: Double? = nil, durability: Durability = .sync,
        maxLossSeconds: Int? = nil,
        routing: Routing = .primary, config: [String: String] = [:], databases: [String] = [],
        extensions: [String] = [], expose: Exposure = .local, accounts: AccountRule = .open,
        custom: CustomSettings? = nil, members: [Int: MemberSettings]? = nil, verify: VerifySettings? = nil,
        notify: [WebhookURL]? = nil
    ) {
        self.instances = instances
        self.memory = memory
        self.cpus = cpus
        self.durability = durability
        self.maxLossSeconds = maxLossSeconds
        self.routing = routing
        self.config = config
        self.databases = databases
        self.extensions = extensions
        self.expose = expose
        self.accounts = accounts
        self.custom = custom
        self.members = members
        self.verify = verify
        self.notify = notify
    }

    package func member(_ index: Int) -> MemberSettings { members?[index] ?? MemberSettings() }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        instances = try container.decode(Int.self, forKey: .instances)
        memory = try container.decode(ByteCount.self, forKey: .memory)
        cpus = try container.decodeIfPresent(Double.self, forKey: .cpus)
        durability = try container.decode(Durability.self, forKey: .durability)
        maxLossSeconds = try container.decodeIfPresent(Int.self, forKey: .maxLossSeconds)
        routing = try container.decode(Routing.self, forKey: .routing)
        config = try container.decode([String: String].self, forKey: .config)
        databases = try container.decode([String].self, forKey: .databases)
        // Documents from before extensions were introduced lack the key.
        extensions = try container.decodeIfPresent([String].self, forKey: .extensions) ?? []
        expose = try container.decode(Exposure.self, forKey: .expose)
        // Documents from before account rules were introduced lack the key.
        accounts = try container.decodeIfPresent(AccountRule.self, forKey: .accounts) ?? .open
        custom = try container.decodeIfPresent(CustomSettings.self, forKey: .custom)
        members = try container.decodeIfPresent([Int: MemberSettings].self, forKey: .members)
        verify = try container.decodeIfPresent(VerifySettings.self, forKey: .verify)
        notify = try container.decodeIfPresent([WebhookURL].self, forKey: .notify)
    }
}
