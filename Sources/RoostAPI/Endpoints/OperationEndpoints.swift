import RoostModel

/// Calls on operations and events.
package enum OperationEndpoints {
    package static let list = Endpoint<NoParameters, NoBody, ItemList<OperationInfo>>(
        .get, "/v1/operations", query: ["application", "all"])
    package static let show = Endpoint<OperationPath, NoBody, OperationInfo>(.get, query: ["wait", "seen"])
    package static let cancel = Endpoint<OperationPath, NoBody, OperationInfo>(.post, "/cancel")
    /// The recent events, or with `after` a stream of those to come.
    package static let events = Endpoint<NoParameters, NoBody, ItemList<EventInfo>>(
        .get, "/v1/events", query: ["after", "application", "limit"])

    static let declared: [any AnyEndpoint] = [list, show, cancel, events]
}
