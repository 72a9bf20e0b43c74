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

    /// What must stand in such a directory. Read from its files, where it depends on what was done to it.
    func landmarks(of directory: String) -> Landmarks

    /// Why data of one version cannot be taken over in place by a server of another, for the person who asked; nil: they
    /// can. Pure.
    func upgradeFault(from old: EngineVersion, to new: EngineVersion) -> String?

    /// Brings the data of a server that runs, and is still closed, to its version. To be asked for twice does no harm.
    func finishUpgrade(_ plan: ServerPlan, build: EngineBuild, user: ServerUser?) async throws(EngineError)

    /// What `probe` compares an open server with. Pure; may take milliseconds.
    func expectation(_ plan: ServerPlan) -> AccountExpectation?

    /// One look at a running server through Roost's own account, over a connection that is kept. Never writes.
    /// `expected`: what an open server's accounts are compared with; nil: they are not looked at.
    func probe(_ server: ServerAddress, expecting expected: AccountExpectation?) async -> Health

    /// A look at an open server by a new connection, as clients make them. Never writes.
    func visit(_ plan: ServerPlan, _ aim: VisitAim) async -> Visit

    /// Brings the accounts and switches of an open server back to what the plan says, and ends the sessions that gained by
    /// the drift. Idempotent. Works over the connection that is kept where a new one is refused. The caller looks again.
    func mendAccounts(_ drift: [AccountDrift], _ plan: ServerPlan) async throws(EngineError)

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

    /// What its servers name in their log right before they end, the likeliest first.
    var knownCauses: [KnownCause] { get }

    // MARK: Images, templates and clones

    /// Lets a running server write out what an image of its directory would otherwise have to recover; called right before
    /// one is taken. Does nothing where that is not worth its time.
    func settle(_ server: ServerAddress) async throws(EngineError)

    /// Has the directory of a running server copied while the server says what belongs together, for an engine that needs
    /// no freeze for a consistent image (PostgreSQL's backup mode). `copy` copies the data directory file by file, while
    /// they change, and returns the copy's path; what the engine says must be in it is written before this returns.
    /// False: the engine has no such mode, and nothing was done.
    func image(
        _ server: ServerAddress, copy: @Sendable () async throws -> String
    ) async throws(EngineError) -> Bool

    /// Makes a copy of a running server's data by the engine's own online means, where the storage has no reflinks or a
    /// freeze would take too long. `target` is not there yet; the folder around it is the server's user's to write to.
    /// Returns the name of the means (`mariadb-backup`); nil: there is none on this machine, and nothing was done.
    func backUp(
        _ plan: ServerPlan, to target: String, build: EngineBuild, user: ServerUser?
    ) async throws(EngineError) -> String?

    /// Makes the image of another server's directory, crash-consistent or clean, into one that a server of its own can be
    /// started on: whatever makes it act as the original goes, and what keeps a second server from starting on it. No
    /// server runs on it. To be asked for twice does no harm. The last step of a template, too, after `slim`: where it
    /// takes time, a copy of a detached directory is known as one and takes none.
    func detach(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError)

    /// The formats that `load` takes, best known first.
    var dumpFormats: [Dump.Format] { get }

    /// Puts a dump into a directory before a server is started on it, for formats that are files of the engine's own.
    /// False: the dump is for `load`, and nothing was done.
    func place(_ dump: Dump, in directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError)
        -> Bool

    /// Whether `load` keeps to the one database that its terms name.
    var loadsIntoNamedDatabase: Bool { get }

    /// Loads a dump into a running, opened server of any profile, as Roost. The first statement that fails ends it: the
    /// error names the statement and its line. A dump that holds nothing, and one that is cut off, is an error too.
    /// Accounts that the dump brings or needs cannot sign on; Roost's own and the shown one are as the plan says
    /// afterwards. `progress` is called a few times a second. Ends soon when its task is cancelled.
    func load(
        _ dump: Dump, into plan: ServerPlan, _ terms: LoadTerms, build: EngineBuild, user: ServerUser?,
        progress: @escaping @Sendable (LoadProgress) -> Void
    ) async throws(EngineError) -> LoadReport

    /// Runs a script in the engine's own language (SQL, Redis commands one a line, JavaScript) against the first of the
    /// plan's databases of a running server, as Roost. The first statement that fails ends it, with its line.
    func run(script: String, _ plan: ServerPlan, build: EngineBuild, user: ServerUser?) async throws(EngineError)

    /// The databases of users that hold anything, sorted. For a family without databases by name: none.
    func filledDatabases(_ plan: ServerPlan) async throws(EngineError) -> [String]

    /// Whether a running server holds anything of people's: what a dump that was loaded must have brought.
    func holdsData(_ plan: ServerPlan) async throws(EngineError) -> Bool

    /// Accounts besides Roost's own and the shown one can no longer sign on. They stay, because objects belong to them. For
    /// the copy of a live server, once, before it is opened for the first time: those that its owner makes later are his.
    func secludeAccounts(_ plan: ServerPlan) async throws(EngineError)

    /// The last words to a server whose directory becomes a template: statistics are gathered, and accounts besides Roost's
    /// own and the shown one can no longer sign on (they stay, because objects belong to them).
    func finalise(_ plan: ServerPlan) async throws(EngineError)

    /// Takes out of a cleanly stopped directory what a clone would not need or has to have of its own.
    func slim(directory: String) throws(EngineError)

    /// What `exportCommand` writes, the usual one first.
    var exportFormats: [ExportFormat] { get }

    /// The program, with its arguments, that writes a database to standard output: as of one moment, and without a lock that
    /// others would wait for. It is opened as `client` opens any other. Pure.
    func exportCommand(_ format: ExportFormat, database: String, build: EngineBuild?) -> [String]

    /// The account that an export signs on as; nil: the application user's.
    func exportAccount(_ plan: ServerPlan) async throws(EngineError) -> ExportAccount?

    /// How the caller's machine opens this engine's own client, authenticated, without a secret in its arguments.
    func client(_ request: ClientRequest, build: EngineBuild?) throws(EngineError) -> ClientCommand
}

extension Engine {
    /// A look at the server's health alone.
    package func probe(_ server: ServerAddress) async -> Health { await probe(server, expecting: nil) }

    package func expectation(_ plan: ServerPlan) -> AccountExpectation? { nil }

    /// Where nothing is expected.
    package func mendAccounts(_ drift: [AccountDrift], _ plan: ServerPlan) async throws(EngineError) {}

    /// A newer release of the same series, which every server here takes as it is.
    package func upgradeFault(from old: EngineVersion, to new: EngineVersion) -> String? {
        if new < old { return "a downgrade to \(new) is not possible in place; restore a backup into a new service" }
        let length = family.seriesLength
        guard new.components.prefix(length) != old.components.prefix(length) else { return nil }
        return "\(family.name) cannot take over data of \(old) with \(new) in place; "
            + "make a new service and import a dump"
    }

    package var knownCauses: [KnownCause] { KnownCause.everywhere }

    /// Most servers need nothing besides their start.
    package func finishUpgrade(_ plan: ServerPlan, build: EngineBuild, user: ServerUser?) async throws(EngineError) {}

    package func settle(_ server: ServerAddress) async throws(EngineError) {}

    package func image(
        _ server: ServerAddress, copy: @Sendable () async throws -> String
    ) async throws(EngineError) -> Bool { false }

    package func backUp(
        _ plan: ServerPlan, to target: String, build: EngineBuild, user: ServerUser?
    ) async throws(EngineError) -> String? { nil }

    package func place(
        _ dump: Dump, in directory: String, build: EngineBuild, user: ServerUser
    ) async throws(EngineError) -> Bool { false }

    package func slim(directory: String) throws(EngineError) {}

    /// Where `detach` takes them out already.
    package func secludeAccounts(_ plan: ServerPlan) async throws(EngineError) {}

    package func check(extensions: [String], build: EngineBuild) throws(EngineError) {
        if !extensions.isEmpty { throw .extensionsRefused(["\(family.name) has no extensions"]) }
    }
}

// MARK: Engines that have no copies

extension Engine {
    package var loadsIntoNamedDatabase: Bool { false }

    package var exportFormats: [ExportFormat] { [] }

    package func exportCommand(_ format: ExportFormat, database: String, build: EngineBuild?) -> [String] { [] }

    package func exportAccount(_ plan: ServerPlan) async throws(EngineError) -> ExportAccount? { nil }

    package var dumpFormats: [Dump.Format] { [] }

    package func detach(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {
        throw .notOffered("\(family.name) services cannot be cloned")
    }

    package func load(
        _ dump: Dump, into plan: ServerPlan, _ terms: LoadTerms, build: EngineBuild, user: ServerUser?,
        progress: @escaping @Sendable (LoadProgress) -> Void
    ) async throws(EngineError) -> LoadReport {
        throw .notOffered("\(family.name) has no dumps that could be loaded")
    }

    package func run(
        script: String, _ plan: ServerPlan, build: EngineBuild, user: ServerUser?
    ) async throws(EngineError) {
        throw .notOffered("\(family.name) runs no scripts")
    }

    package func filledDatabases(_ plan: ServerPlan) async throws(EngineError) -> [String] { [] }

    package func holdsData(_ plan: ServerPlan) async throws(EngineError) -> Bool {
        try await !filledDatabases(plan).isEmpty
    }

    package func finalise(_ plan: ServerPlan) async throws(EngineError) {}
}
