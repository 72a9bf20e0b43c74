import RoostModel

/// A database server that Roost can run: one conforming type per family, each in a folder of its own. Abilities of
/// only some engines are separate capabilities (folder Capabilities).
///
/// Pure functions (sizes, configuration, launch) are synchronous. Functions that talk to a server are async, bounded
/// in time by the implementation, and never block a thread of the concurrency pool.
package protocol Engine: DataDirectories, ServerEngine {
    var family: EngineFamily { get }

    /// The releases found on this host, newest first. Looks again at each call; runs a program only if it has changed.
    func builds() -> [EngineBuild]

    /// The server's files and its command line. Pure.
    func launch(_ plan: ServerPlan, build: EngineBuild) -> Launch

    /// Asks the release itself whether it accepts the user's settings. Throws `.configRefused` with the engine's own
    /// messages.
    func check(config: [String: String], memory: ByteCount, build: EngineBuild) async throws(EngineError)

    /// The signal for a clean shutdown. The caller waits until the processes are gone.
    var stopSignal: Int32 { get }

    /// Causes that the engine's servers log right before they end, the likeliest first.
    var knownCauses: [KnownCause] { get }

    /// The command that opens this engine's own client on the caller's host, authenticated, without a secret in its
    /// arguments.
    func client(_ request: ClientRequest, build: EngineBuild?) throws(EngineError) -> ClientCommand
}

/// Facts about data directories that need no running server.
package protocol DataDirectories: Sendable {
    /// Whether a data directory is created with an identity that no second one may share: then each ready directory is
    /// initialised by itself, otherwise it may be a copy of another one.
    var identityIsInData: Bool { get }

    /// Creates a fresh data directory at `directory` (which exists, is empty and belongs to `user`), without a usable
    /// account and shut down cleanly. After an error the directory's state is undefined.
    func initialise(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError)

    /// The version that a data directory was last written by, read from its files without starting a server. Nil if it
    /// is not a data directory of this family.
    func versionOfData(at directory: String) -> EngineVersion?

    /// The files that must exist in a directory. Read from its content if they depend on its history.
    func landmarks(of directory: String) -> Landmarks

    /// The reason, for users, why a server of one version cannot take over data of another in place; nil if it can.
    /// Pure.
    func upgradeFault(from old: EngineVersion, to new: EngineVersion) -> String?
}

/// Operations of every engine on a running server.
package protocol ServerEngine: Sendable {
    /// Probes a running server through Roost's own account, over a connection that is kept. Never writes. `expected`:
    /// the desired state of an open server's accounts; nil: they are not observed.
    func probe(_ server: ServerAddress, expecting expected: AccountExpectation?) async -> Health

    /// Checks an open server over a new connection, as clients make them. Never writes.
    func visit(_ plan: ServerPlan, _ aim: VisitAim) async -> Visit

    /// Opens a server that booted closed, and creates its missing databases. The caller has checked the epoch.
    func open(_ plan: ServerPlan) async throws(EngineError)

    /// Reconciles accounts, grants and databases of a running server with the plan. Idempotent; reports nothing
    /// secret. A start does the same for accounts by itself.
    func applyAccounts(_ plan: ServerPlan) async throws(EngineError)

    /// Changes settings of a running server in place, as far as possible; nil resets to the engine's default. Returns
    /// the names of the settings that need a restart.
    func applySettings(_ changed: [String: String?], plan: ServerPlan) async throws(EngineError) -> Set<String>
}

extension Engine {
    package var knownCauses: [KnownCause] { KnownCause.everywhere }

    /// By default, a newer release of the same series is compatible with the data.
    package func upgradeFault(from old: EngineVersion, to new: EngineVersion) -> String? {
        if new < old { return "a downgrade to \(new) is not possible in place; restore a backup into a new service" }
        let length = family.seriesLength
        guard new.components.prefix(length) != old.components.prefix(length) else { return nil }
        return "\(family.name) data cannot be upgraded from \(old) to \(new) in place; "
            + "create a new service and import a dump"
    }
}

extension ServerEngine {
    /// Probes the server's health only.
    package func probe(_ server: ServerAddress) async -> Health { await probe(server, expecting: nil) }
}
