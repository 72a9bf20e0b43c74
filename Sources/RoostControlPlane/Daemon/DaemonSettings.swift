import RoostModel

/// The settings that `roostd` was started with.
package struct DaemonSettings: Sendable {
    package let home: String
    /// Ports at the router: endpoints and instances.
    package let ports: PortRange
    /// The servers' own ports on loopback.
    package let internalPorts: PortRange
    /// The listener for myaas scripts. Nil if there is none.
    package let myaas: MyaasSettings?
    package let quotas: Quotas
    /// Addresses that get the events of all applications and of the machine.
    package let notify: [WebhookURL]
    package let version: String

    package init(
        home: String, ports: PortRange, internalPorts: PortRange, myaas: MyaasSettings? = nil,
        quotas: Quotas = Quotas(), notify: [WebhookURL] = [], version: String
    ) {
        self.home = home
        self.ports = ports
        self.internalPorts = internalPorts
        self.myaas = myaas
        self.quotas = quotas
        self.notify = notify
        self.version = version
    }

    package var paths: StatePaths { StatePaths(home: home) }
}
