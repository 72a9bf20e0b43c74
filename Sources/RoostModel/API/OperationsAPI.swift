/// Operations: the work that requests have begun.
package protocol OperationsAPI: Sendable {
    /// With `wait`, answers when the operation has changed since `seenSteps` steps, has ended, or the time is over.
    func find(_ id: String, wait: Duration?, seenSteps: Int) async throws(Problem) -> OperationInfo
    /// Running operations, oldest first; with `all` ended ones too.
    func list(_ application: ApplicationName?, all: Bool) async throws(Problem) -> [OperationInfo]
    /// Throws `.conflict` if the operation has ended, or is stored and goes on.
    func cancel(_ id: String) async throws(Problem) -> OperationInfo
}
