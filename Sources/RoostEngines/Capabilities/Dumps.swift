import RoostModel

/// Dumps that become a server's data.
package protocol DumpTaking: Engine {
    /// The formats that are taken, best known first.
    var dumpFormats: [Dump.Format] { get }

    /// Whether a running server holds anything of people's: what a dump that was loaded must have brought.
    func holdsData(_ plan: ServerPlan) async throws(EngineError) -> Bool
}

/// Dumps that a running server is fed with.
package protocol DumpLoading: DumpTaking {
    /// Whether `load` keeps to the one database that its terms name.
    var loadsIntoNamedDatabase: Bool { get }

    /// Loads a dump into a running, opened server of any profile, as Roost. The first statement that fails ends it: the
    /// error names the statement and its line. A dump that holds nothing, and one that is cut off, is an error too.
    /// Accounts that the dump brings or needs cannot sign on; Roost's own and the application user are as the plan says
    /// afterwards. `progress` is called a few times a second. Ends soon when its task is cancelled.
    func load(
        _ dump: Dump, into plan: ServerPlan, _ terms: LoadTerms, build: EngineBuild, user: ServerUser?,
        progress: @escaping @Sendable (LoadProgress) -> Void
    ) async throws(EngineError) -> LoadReport

    /// The databases of users that hold anything, sorted.
    func filledDatabases(_ plan: ServerPlan) async throws(EngineError) -> [String]
}

extension DumpLoading {
    package func holdsData(_ plan: ServerPlan) async throws(EngineError) -> Bool {
        try await !filledDatabases(plan).isEmpty
    }
}

/// Dumps that are files of the engine's own.
package protocol DumpPlacing: DumpTaking {
    /// Puts a dump into a directory before a server is started on it. False: the format is no such file, and nothing was
    /// done.
    func place(_ dump: Dump, in directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError)
        -> Bool
}

/// Scripts in the engine's own language (SQL, Redis commands one a line, JavaScript).
package protocol Scripting: Engine {
    /// Runs a script against the first of the plan's databases of a running server, as Roost. The first statement that
    /// fails ends it, with its line.
    func run(script: String, _ plan: ServerPlan, build: EngineBuild, user: ServerUser?) async throws(EngineError)
}
