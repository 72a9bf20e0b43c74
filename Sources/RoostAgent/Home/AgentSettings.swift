/// The settings that an agent is started with.
package struct AgentSettings: Sendable {
    package let home: String
    /// The `roost-router` program.
    package let routerProgram: String
    /// The `roost-guard` program.
    package let guardProgram: String
    /// Number of directories that are kept ready for each engine build.
    package let readyDirectories: Int
    /// The name or address under which clients reach this machine's exposed services; nil: detected.
    package let advertisedHost: String?
    /// The watched folder of dumps; nil: the home's own.
    package let dumps: String?

    package init(
        home: String, routerProgram: String, guardProgram: String, readyDirectories: Int, advertisedHost: String?,
        dumps: String? = nil
    ) {
        self.home = home
        self.routerProgram = routerProgram
        self.guardProgram = guardProgram
        self.readyDirectories = readyDirectories
        self.advertisedHost = advertisedHost
        self.dumps = dumps
    }

    package var paths: HomePaths { HomePaths(home: home) }
}
