/// Settings of a router.
package struct RouterConfiguration: Sendable {
    package var home: RouterHome
    /// Number of event loops. A session stays on one of them from its beginning to its end.
    package var threads: Int
    package var sessions: SessionMachine.Policy
    /// Time for which a replaced router lets its sessions go on; after it they are closed.
    package var drain: Duration = .seconds(24 * 3600)
    /// Time limit for the sessions' last bytes when the router is stopped.
    package var shutdownLimit: Duration = .seconds(4)
    /// Interval of retries for listeners that could not be opened.
    package var tick: Duration = .seconds(1)

    package init(home: String, threads: Int = 1, sessions: SessionMachine.Policy = .init()) {
        self.home = RouterHome(home: home)
        self.threads = threads
        self.sessions = sessions
    }
}
