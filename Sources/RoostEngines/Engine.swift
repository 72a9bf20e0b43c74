import RoostModel

/// A database server that Roost can run: one conforming type a family, one folder each.
///
/// What is pure (sizes, configuration, launch) is synchronous; what talks to a server is async, bounded in time by the
/// implementation, and never blocks a thread of the concurrency pool.
package protocol Engine: Sendable {
    var family: EngineFamily { get }

    /// Whether a data directory is born with an identity that no second one may share: then ready directories are each
    /// initialised, else they may be copies of one.
    var identityIsInData: Bool { get }

    /// The builds found on this machine, newest first. Looks again at each call; runs a program only where that changed.
    func builds() -> [EngineBuild]

    /// The files a server starts from, and its command line. Pure.
    func launch(_ plan: ServerPlan, build: EngineBuild) -> Launch

    /// Asks the build itself whether it takes the user's settings. Throws `.configRefused` with the engine's own words.
    func check(config: [String: String], memory: ByteCount, build: EngineBuild) async throws(EngineError)

    /// Whether the build has these extensions. Throws `.extensionsRefused`.
    func check(extensions: [String], build: EngineBuild) throws(EngineError)

    /// Makes a fresh data directory at `directory` (which exists, is empty and belongs to `user`): no account in it that
    /// anybody could use, shut down cleanly. After an error nothing is promised of the directory.
    func initialise(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError)

    /// Which version a data directory was last written by, read from its files without starting a server.
    /// Nil: not a data directory of this family.
    func versionOfData(at directory: String) -> EngineVersion?

    /// Why data of one version cannot be taken over in place by a server of another, for the person who asked; nil: they
    /// can. Pure.
    func upgradeFault(from old: EngineVersion, to new: EngineVersion) -> String?

    /// Brings the data of a server that runs, and is still closed, to its version. To be asked for twice does no harm.
    func finishUpgrade(_ plan: ServerPlan, build: EngineBuild, user: ServerUser?) async throws(EngineError)

    /// One look at a running server through Roost's own account. Never writes.
    func probe(_ server: ServerAddress) async -> Health

    /// Opens a server that booted closed, and makes its databases that are missing. The caller has checked the epoch.
    func open(_ plan: ServerPlan) async throws(EngineError)

    /// Makes accounts, grants and databases of a running server as the plan says; idempotent; reports nothing secret.
    /// A start does the same for accounts by itself.
    func applyAccounts(_ plan: ServerPlan) async throws(EngineError)

    /// Changes settings of a running server in place, as far as it can; nil: back to the engine's default.
    /// Returns the names of those that need a restart.
    func applySettings(_ changed: [String: String?], plan: ServerPlan) async throws(EngineError) -> Set<String>

    /// Removes the oldest of the server's own logs of changes until they fit, but none that a replica still reads. They
    /// expire by age besides; this bounds them where much is written in little time.
    func trimLogs(_ server: ServerAddress, keeping size: ByteCount) async throws(EngineError)

    /// Asks the server to end cleanly. The caller waits for the processes to be gone.
    var stopSignal: Int32 { get }

    /// Users besides Roost's own.
    func users(_ plan: ServerPlan) async throws(EngineError) -> [EngineUser]
    /// Adds a user with all rights on the plan's databases, and on nothing else.
    func addUser(_ name: String, password: String, plan: ServerPlan) async throws(EngineError)
    /// Removes a user and ends its sessions.
    func removeUser(_ name: String, plan: ServerPlan) async throws(EngineError)

    /// How the caller's machine opens this engine's own client, authenticated, without a secret in its arguments.
    func client(_ request: ClientRequest, build: EngineBuild?) throws(EngineError) -> ClientCommand
}

extension Engine {
    /// A newer release of the same series, which every server here takes as it is.
    package func upgradeFault(from old: EngineVersion, to new: EngineVersion) -> String? {
        if new < old { return "a downgrade to \(new) is not possible in place; restore a backup into a new service" }
        let length = family.seriesLength
        guard new.components.prefix(length) != old.components.prefix(length) else { return nil }
        return "\(family.name) cannot take over data of \(old) with \(new) in place; "
            + "make a new service and import a dump"
    }

    /// Most servers need nothing besides their start.
    package func finishUpgrade(_ plan: ServerPlan, build: EngineBuild, user: ServerUser?) async throws(EngineError) {}

    package func check(extensions: [String], build: EngineBuild) throws(EngineError) {
        if !extensions.isEmpty { throw .extensionsRefused(["\(family.name) has no extensions"]) }
    }
}
