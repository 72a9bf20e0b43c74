/// Events: what happened to applications, services and the machine.
package protocol EventsAPI: Sendable {
    /// The newest `limit` events, oldest first.
    func newest(_ limit: Int, application: ApplicationName?) async throws(Problem) -> [EventInfo]
    /// Every event with an id above `after` (nil means from now on). The stream ends with its reader.
    func stream(after: Int64?, application: ApplicationName?) async throws(Problem) -> AsyncStream<EventInfo>
}
