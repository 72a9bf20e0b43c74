import RoostModel

/// A database server that Roost can run: one conforming type a family, one folder each. What only some engines can is a
/// capability beside it (folder Capabilities).
///
/// What is pure (sizes, configuration, launch) is synchronous; what talks to a server is async, bounded in time by the
/// implementation, and never blocks a thread of the concurrency pool.
package protocol Engine: DataDirectories, ServerEngine {
    var family: EngineFamily { get }

    /// The builds found on this machine, newest first. Looks again at each call; runs a program only where that changed.
    func builds() -> [EngineBuild]

    /// The files a server starts from, and its command line. Pure.
    func launch(_ plan: ServerPlan, build: EngineBuild) -> Launch

    /// Asks the build itself whether it takes the user's settings. Throws `.configRefused` with the engine's own words.
    func check(config: [String: String], memory: ByteCount, build: EngineBuild) async throws(EngineError)

    /// Asks the server to end cleanly. The caller waits for the processes to be gone.
    var stopSignal: Int32 { get }

    /// What its servers name in their log right before they end, the likeliest first.
    var knownCauses: [KnownCause] { get }

    /// How the caller's machine opens this engine's own client, authenticated, without a secret in its arguments.
    func client(_ request: ClientRequest, build: EngineBuild?) throws(EngineError) -> ClientCommand
}

/// What an engine knows of data directories without starting a server.
package protocol DataDirectories: Sendable {
    /// Whether a data directory is born with an identity that no second one may share: then ready directories are each
    /// initialised, else they may be copies of one.
    var identityIsInData: Bool { get }

    /// Makes a fresh data directory at `directory` (which exists, is empty and belongs to `user`): no account in it that
    /// anybody could use, shut down cleanly. After an error nothing is promised of the directory.
    func initialise(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError)

    /// Which version a data directory was last written by, read from its files without starting a server.
    /// Nil: not a data directory of this family.
    func versionOfData(at directory: String) -> EngineVersion?

    /// What must stand in such a directory. Read from its files, where it depends on what was done to it.
    func landmarks(of directory: String) -> Landmarks

    /// Why data of one version cannot be taken over in place by a server of another, for the person who asked; nil: they
    /// can. Pure.
    func upgradeFault(from old: EngineVersion, to new: EngineVersion) -> String?
}

/// What every engine does with a server that runs.
package protocol ServerEngine: Sendable {
    /// One look at a running server through Roost's own account, over a connection that is kept. Never writes.
    /// `expected`: what an open server's accounts are compared with; nil: they are not looked at.
    func probe(_ server: ServerAddress, expecting expected: AccountExpectation?) async -> Health

    /// A look at an open server by a new connection, as clients make them. Never writes.
    func visit(_ plan: ServerPlan, _ aim: VisitAim) async -> Visit

    /// Opens a server that booted closed, and makes its databases that are missing. The caller has checked the epoch.
    func open(_ plan: ServerPlan) async throws(EngineError)

    /// Makes accounts, grants and databases of a running server as the plan says; idempotent; reports nothing secret.
    /// A start does the same for accounts by itself.
    func applyAccounts(_ plan: ServerPlan) async throws(EngineError)

    /// Changes settings of a running server in place, as far as it can; nil: back to the engine's default.
    /// Returns the names of those that need a restart.
    func applySettings(_ changed: [String: String?], plan: ServerPlan) async throws(EngineError) -> Set<String>
}

extension Engine {
    package var knownCauses: [KnownCause] { KnownCause.everywhere }

    /// A newer release of the same series, which every server here takes as it is.
    package func upgradeFault(from old: EngineVersion, to new: EngineVersion) -> String? {
        if new < old { return "a downgrade to \(new) is not possible in place; restore a backup into a new service" }
        let length = family.seriesLength
        guard new.components.prefix(length) != old.components.prefix(length) else { return nil }
        return "\(family.name) cannot take over data of \(old) with \(new) in place; "
            + "make a new service and import a dump"
    }
}

extension ServerEngine {
    /// A look at the server's health alone.
    package func probe(_ server: ServerAddress) async -> Health { await probe(server, expecting: nil) }
}
