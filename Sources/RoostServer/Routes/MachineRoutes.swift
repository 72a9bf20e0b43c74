import Hummingbird
import RoostModel

/// The machine: health, hosts, findings, resource usage, metrics, and the API's own description.
struct MachineRoutes: Sendable {
    let machine: any MachineAPI
    let isReady: @Sendable () -> Bool
    let version: String

    var routes: [HTTPRoute] {
        [
            HTTPRoute(.get, Paths.health, .nothing, handler: health),
            HTTPRoute(.get, Paths.metrics, .overview, handler: metrics),
            HTTPRoute(.get, Paths.openAPI, .machine, handler: openAPI),
            HTTPRoute(.get, Paths.hosts, .machine, handler: hosts),
            HTTPRoute(.get, Paths.authority, .machine, handler: authority),
            HTTPRoute(.get, Paths.doctor, .overview, handler: doctor),
            HTTPRoute(.get, Paths.usage, .list, query: ["application"], handler: usage),
        ]
    }

    private func health(_ call: Call) async throws -> Response {
        guard isReady() else { throw Problem(.serviceUnavailable, "roostd is starting") }
        return .text("ok\n")
    }

    private func metrics(_ call: Call) async throws -> Response {
        .text(MetricsText.write(try await machine.metrics()), type: MetricsText.contentType)
    }

    private func openAPI(_ call: Call) async throws -> Response {
        .text(OpenAPI.document(version: version), type: "application/json; charset=utf-8")
    }

    private func hosts(_ call: Call) async throws -> Response { try .list(try await machine.hosts()) }

    private func authority(_ call: Call) async throws -> Response { try .json(try await machine.authority()) }

    private func doctor(_ call: Call) async throws -> Response { try .list(try await machine.doctor()) }

    private func usage(_ call: Call) async throws -> Response {
        try .list(try await machine.usage(of: try call.applicationFilter()))
    }
}
