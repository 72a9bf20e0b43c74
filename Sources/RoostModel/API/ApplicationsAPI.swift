/// Applications: the groups that services belong to.
package protocol ApplicationsAPI: Sendable {
    func list() async throws(Problem) -> [ApplicationInfo]
    func find(_ name: ApplicationName) async throws(Problem) -> ApplicationInfo
    /// Idempotent.
    func create(_ name: ApplicationName) async throws(Problem) -> ApplicationInfo
    /// Destroys all services, then forgets the application. `confirm` must be its name.
    func destroy(_ name: ApplicationName, _ options: DestroyOptions) async throws(Problem) -> DestroyAnswer
    func environment(of name: ApplicationName, _ view: EnvironmentView) async throws(Problem) -> EnvironmentInfo
}
