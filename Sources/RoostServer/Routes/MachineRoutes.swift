import Hummingbird
import RoostAPI
import RoostModel

/// The machine: health, hosts, findings, resource usage, metrics, and the API's own description.
struct MachineRoutes: Sendable {
    let machine: any MachineAPI
    let isReady: @Sendable () -> Bool
    let version: String

    var routes: [HTTPRoute] {
        [
            HTTPRoute(MachineEndpoints.health, .nothing, handler: health),
            HTTPRoute(MachineEndpoints.metrics, .overview, handler: metrics),
            HTTPRoute(MachineEndpoints.openAPI, .machine, handler: openAPI),
            HTTPRoute(MachineEndpoints.hosts, .machine, handler: hosts),
            HTTPRoute(MachineEndpoints.authority, .machine, handler: authority),
            HTTPRoute(MachineEndpoints.doctor, .overview, handler: doctor),
            HTTPRoute(MachineEndpoints.usage, .list, handler: usage),
        ]
    }

    private func health(_ call: Call) async throws -> Reply<TextAnswer> {
        guard isReady() else { throw Problem(.serviceUnavailable, "roostd is starting") }
        return .text("ok\n")
    }

    private func metrics(_ call: Call) async throws -> Reply<TextAnswer> {
        .text(MetricsText.write(try await machine.metrics()), type: MetricsText.contentType)
    }

    private func openAPI(_ call: Call) async throws -> Reply<TextAnswer> {
        .text(OpenAPI.document(version: version), type: "application/json; charset=utf-8")
    }

    private func hosts(_ call: Call) async throws -> Reply<ItemList<MachineInfo>> {
        try .list(try await machine.hosts())
    }

    private func authority(_ call: Call) async throws -> Reply<AuthorityInfo> {
        try .json(try await machine.authority())
    }

    private func doctor(_ call: Call) async throws -> Reply<ItemList<Finding>> { try .list(try await machine.doctor()) }

    private func usage(_ call: Call) async throws -> Reply<ItemList<UsageInfo>> {
        try .list(try await machine.usage(of: try call.applicationFilter()))
    }
}
