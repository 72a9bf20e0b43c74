import RoostModel

/// Takes dumps as a server's data.
package protocol DumpTaking: Engine {
    /// Accepted formats, best known first.
    var dumpFormats: [Dump.Format] { get }

    /// Whether a running server holds any data of users. True after a dump was loaded successfully.
    func holdsData(_ plan: ServerPlan) async throws(EngineError) -> Bool
}

/// Loads dumps into a running server.
package protocol DumpLoading: DumpTaking {
    /// Whether `load` can put the whole dump into the one database that its terms name.
    var loadsIntoNamedDatabase: Bool { get }

    /// Loads a dump into a running, opened server of any profile, with Roost's own account. The first statement that
    /// fails ends the load: the error names the statement and its line. An empty or truncated dump is an error too.
    /// Accounts that the dump brings or needs cannot sign on; afterwards Roost's own and the application user are as
    /// the plan says. `progress` is called a few times a second. The load ends soon after its task is cancelled.
    func load(
        _ dump: Dump, into plan: ServerPlan, _ terms: LoadTerms, build: EngineBuild, user: ServerUser?,
        progress: @escaping @Sendable (LoadProgress) -> Void
    ) async throws(EngineError) -> LoadReport

    /// The users' databases that are not empty, sorted.
    func filledDatabases(_ plan: ServerPlan) async throws(EngineError) -> [String]
}

extension DumpLoading {
    package func holdsData(_ plan: ServerPlan) async throws(EngineError) -> Bool {
        try await !filledDatabases(plan).isEmpty
    }
}

/// Dumps that are the engine's own data files.
package protocol DumpPlacing: DumpTaking {
    /// Puts a dump into a directory before a server is started on it. False if the format is not such a file; then
    /// the directory is unchanged.
    func place(_ dump: Dump, in directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError)
        -> Bool
}

/// Scripts in the engine's own language (SQL, Redis commands one a line, JavaScript).
package protocol Scripting: Engine {
    /// Runs a script against the first of the plan's databases of a running server, with Roost's own account. The
    /// first statement that fails ends the script; the error names its line.
    func run(script: String, _ plan: ServerPlan, build: EngineBuild, user: ServerUser?) async throws(EngineError)
}
