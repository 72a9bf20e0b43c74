/// Writes databases to standard output with the engine's own program.
package protocol Exporting: Engine {
    /// The formats of `exportCommand`, the usual one first.
    var exportFormats: [ExportFormat] { get }

    /// The command that writes a database to standard output: a consistent snapshot, without locks that others would
    /// wait for. The caller runs it in the environment that `client` sets up. Pure.
    func exportCommand(_ format: ExportFormat, database: String, build: EngineBuild?) -> [String]
}

/// Exports that need more rights than the application user has.
package protocol ExportAccounts: Exporting {
    /// The account that an export signs on as. Nil for the application user.
    func exportAccount(_ plan: ServerPlan) async throws(EngineError) -> ExportAccount?
}
