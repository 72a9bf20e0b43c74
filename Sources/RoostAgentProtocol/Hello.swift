import RoostModel

/// The first call to an agent: each side says which version of the protocol it speaks.
package struct Hello: AgentCall, Equatable {
    package static let name = "hello"
    /// Grows when a call changes its meaning. New calls and new optional fields do not count.
    package static let version = 2

    /// Version of the control plane.
    package let version: Int

    package init(version: Int = Self.version) { self.version = version }

    package struct Answer: Codable, Equatable, Sendable {
        /// Version of the agent.
        package let version: Int
        package let machine: MachineFacts

        package init(version: Int = Hello.version, machine: MachineFacts) {
            self.version = version
            self.machine = machine
        }
    }
}

/// Facts about a machine that stay true for as long as its agent runs.
package struct MachineFacts: Codable, Equatable, Sendable {
    /// Id of the machine's boot; it changes with every boot.
    package let boot: String
    /// Whether memory and cpu limits are in force.
    package let enforcesLimits: Bool
    /// The address under which clients reach exposed services.
    package let publicHost: String
    /// Path of the certificate by which clients on the machine verify its servers.
    package let authorityFile: String
    /// The user that all servers run as where the agent is not root. Nil: each application has its own.
    package let onlyUser: ServerUser?
    /// Path of the pool, which need not exist.
    package let poolPath: String
    package let routerLog: String
    /// The engines that the agent knows, without their builds, which come and go; see `DescribeEngines`.
    package let engines: EngineInventory

    package init(
        boot: String, enforcesLimits: Bool, publicHost: String, authorityFile: String, onlyUser: ServerUser?,
        poolPath: String, routerLog: String, engines: EngineInventory
    ) {
        self.boot = boot
        self.enforcesLimits = enforcesLimits
        self.publicHost = publicHost
        self.authorityFile = authorityFile
        self.onlyUser = onlyUser
        self.poolPath = poolPath
        self.routerLog = routerLog
        self.engines = engines
    }
}

extension Agent {
    /// Throws if the agent speaks another version.
    package func hello() async throws(Problem) -> MachineFacts {
        let answer = try await call(Hello())
        guard answer.version == Hello.version else {
            throw Problem(
                .failed,
                "the machine's agent speaks version \(answer.version) of the protocol, and roostd \(Hello.version)",
                next: ["install the same version of Roost on every machine"])
        }
        return answer.machine
    }
}
