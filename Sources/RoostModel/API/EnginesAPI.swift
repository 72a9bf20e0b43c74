/// Engines: the releases of database servers on the machine.
package protocol EnginesAPI: Sendable {
    func list() async throws(Problem) -> [EngineInfo]
    func add(_ request: EngineRequest) async throws(Problem) -> OperationInfo
    /// Returns the engine that was removed, or would be. `confirm` must be its name.
    func remove(_ name: String, confirm: String?, dryRun: Bool) async throws(Problem) -> EngineInfo
}
