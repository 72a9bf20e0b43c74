import RoostModel

/// The first call to an agent: each side says which version of the protocol it speaks.
package struct Hello: AgentCall, Equatable {
    package static let name = "hello"
    /// Grows when a call changes its meaning. New calls and new optional fields do not count.
    package static let version = 1

    /// Of the control plane.
    package let version: Int

    package init(version: Int = Self.version) { self.version = version }

    package struct Answer: Codable, Equatable, Sendable {
        /// Of the agent.
        package let version: Int
        package let machine: MachineFacts

        package init(version: Int = Hello.version, machine: MachineFacts) {
            self.version = version
            self.machine = machine
        }
    }
}

/// What stays true of a machine for as long as its agent runs.
package struct MachineFacts: Codable, Equatable, Sendable {
    /// Changes with every boot.
    package let boot: String
    /// Whether memory and cpu limits are in force.
    package let enforcesLimits: Bool
    /// How clients reach exposed services.
    package let publicHost: String
    /// The certificate that clients on the machine know its servers by.
    package let authorityFile: String
    /// The user that all servers run as where the agent is not root. Nil: each application has its own.
    package let onlyUser: ServerUser?
    /// Where the pool is, or would be.
    package let poolPath: String
    package let routerSocket: String
    package let routerLog: String
    /// The engines that the agent knows, without their builds, which come and go; see `DescribeEngines`.
    package let engines: EngineInventory

    package init(
        boot: String, enforcesLimits: Bool, publicHost: String, authorityFile: String, onlyUser: ServerUser?,
        poolPath: String, routerSocket: String, routerLog: String, engines: EngineInventory
    ) {
        self.boot = boot
        self.enforcesLimits = enforcesLimits
        self.publicHost = publicHost
        self.authorityFile = authorityFile
        self.onlyUser = onlyUser
        self.poolPath = poolPath
        self.routerSocket = routerSocket
        self.routerLog = routerLog
        self.engines = engines
    }
}

extension Agent {
    /// Throws where the agent speaks another version.
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
