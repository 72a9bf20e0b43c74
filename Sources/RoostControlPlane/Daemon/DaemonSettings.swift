import RoostModel

/// What `roostd` was told at its start.
package struct DaemonSettings: Sendable {
    package let home: String
    /// Ports at the router: endpoints and instances.
    package let ports: PortRange
    /// The servers' own ports on loopback.
    package let internalPorts: PortRange
    /// Nil: no listener for myaas scripts.
    package let myaas: MyaasSettings?
    package let quotas: Quotas
    package let version: String

    package init(
        home: String, ports: PortRange, internalPorts: PortRange, myaas: MyaasSettings? = nil,
        quotas: Quotas = Quotas(), version: String
    ) {
        self.home = home
        self.ports = ports
        self.internalPorts = internalPorts
        self.myaas = myaas
        self.quotas = quotas
        self.version = version
    }

    package var paths: StatePaths { StatePaths(home: home) }
}
