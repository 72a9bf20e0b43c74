import RoostModel

/// What `roostd` was told at its start.
package struct DaemonSettings: Sendable {
    package let home: String
    /// Ports at the router: endpoints and instances.
    package let ports: PortRange
    /// The servers' own ports on loopback.
    package let internalPorts: PortRange
    /// The `roost-router` program.
    package let routerProgram: String
    /// The `roost-guard` program.
    package let guardProgram: String
    /// How many directories are kept ready for each engine build.
    package let readyDirectories: Int
    /// The name or address under which clients reach this machine's exposed services; nil: found out.
    package let advertisedHost: String?
    /// The watched folder of dumps; nil: the home's own.
    package let dumps: String?
    /// Nil: no listener for myaas scripts.
    package let myaas: MyaasSettings?
    package let quotas: Quotas
    package let version: String

    package init(
        home: String, ports: PortRange, internalPorts: PortRange, routerProgram: String, guardProgram: String,
        readyDirectories: Int,
        advertisedHost: String?, dumps: String? = nil, myaas: MyaasSettings? = nil, quotas: Quotas = Quotas(),
        version: String
    ) {
        self.home = home
        self.ports = ports
        self.internalPorts = internalPorts
        self.routerProgram = routerProgram
        self.guardProgram = guardProgram
        self.readyDirectories = readyDirectories
        self.advertisedHost = advertisedHost
        self.dumps = dumps
        self.myaas = myaas
        self.quotas = quotas
        self.version = version
    }

    package var paths: HomePaths { HomePaths(home: home) }
}
