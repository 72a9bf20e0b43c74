/// Databases written to standard output by the engine's own program.
package protocol Exporting: Engine {
    /// What `exportCommand` writes, the usual one first.
    var exportFormats: [ExportFormat] { get }

    /// The program, with its arguments, that writes a database to standard output: as of one moment, and without a lock that
    /// others would wait for. It is opened as `client` opens any other. Pure.
    func exportCommand(_ format: ExportFormat, database: String, build: EngineBuild?) -> [String]
}

/// Exports that need more rights than the application user has.
package protocol ExportAccounts: Exporting {
    /// The account that an export signs on as; nil: the application user's.
    func exportAccount(_ plan: ServerPlan) async throws(EngineError) -> ExportAccount?
}
