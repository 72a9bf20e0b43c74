import Hummingbird
import RoostAPI
import RoostModel

/// Events: the newest as a list, or all from now on as server-sent events.
struct EventRoutes: Sendable {
    private static let presetLimit = 100
    private static let mostEvents = 1000

    let events: any EventsAPI
    let timeouts: Timeouts

    var routes: [HTTPRoute] {
        [
            HTTPRoute(OperationEndpoints.events, .list, head: false, handler: show)
        ]
    }

    private func show(_ call: Call) async throws -> Reply<ItemList<EventInfo>> {
        let application = try call.applicationFilter()
        let limit = try call.query.number("limit", in: 1...Self.mostEvents)
        guard limit != nil || prefersJSON(call.request) else { return Reply(try await stream(call)) }
        guard call.query.text("after") == nil else {
            throw Problem(
                .usage, "query item 'after' is only for the stream of events, not for the list of the newest",
                next: ["leave out 'limit', and send the header 'Accept: text/event-stream'"])
        }
        return try .list(try await events.newest(limit ?? Self.presetLimit, application: application))
    }

    private func prefersJSON(_ request: Request) -> Bool {
        let accept = request.headers[.accept] ?? ""
        return accept.contains("application/json") && !accept.contains("text/event-stream")
    }

    /// Also serves the page, which sends no query and sees what its session may see.
    func stream(_ call: Call) async throws -> Response {
        let news = try await events.stream(after: try lastSeen(call), application: try call.applicationFilter())
        let stream = LiveStream(
            elements: news, opening: "retry: 2000\n\n", heartbeat: ": still here\n\n", interval: timeouts.heartbeat,
            remainsAdmitted: call.remainsAdmitted,
            text: { "id: \($0.id)\ndata: \(String(decoding: try JSON.encode($0), as: UTF8.self))\n\n" })
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream; charset=utf-8", .acceleratedBuffering: "no"],
            body: stream.body(for: call.request))
    }

    /// The header takes precedence: a reconnecting browser sends it together with its first address.
    private func lastSeen(_ call: Call) throws(Problem) -> Int64? {
        guard let text = call.request.headers[.lastEventID] ?? call.query.text("after"), !text.isEmpty else {
            return nil
        }
        guard let id = Int64(text), id >= 0 else {
            throw Problem(.usage, "an event's id must be a number, not '\(text.prefix(80))'")
        }
        return id
    }
}
