/// How a router runs.
package struct RouterConfiguration: Sendable {
    package var home: RouterHome
    /// Event loops. A session lives on one of them from its beginning to its end.
    package var threads: Int
    package var sessions: SessionMachine.Policy
    /// How long a router that was taken over lets its sessions go on; at the end of it they are closed.
    package var drain: Duration = .seconds(24 * 3600)
    /// How long sessions have for their last bytes when the router is stopped.
    package var shutdownLimit: Duration = .seconds(4)
    /// How often what could not be opened is tried again.
    package var tick: Duration = .seconds(1)

    package init(home: String, threads: Int = 1, sessions: SessionMachine.Policy = .init()) {
        self.home = RouterHome(home: home)
        self.threads = threads
        self.sessions = sessions
    }
}
