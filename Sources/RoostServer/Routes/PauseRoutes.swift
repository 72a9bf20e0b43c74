import Hummingbird
import RoostAPI
import RoostModel

/// Pauses of services.
struct PauseRoutes: Sendable {
    let pauses: any PausesAPI

    var routes: [HTTPRoute] {
        [
            HTTPRoute(ServiceEndpoints.pause, .changeApplication, handler: pause),
            HTTPRoute(ServiceEndpoints.resume, .changeApplication, handler: resume),
        ]
    }

    private func pause(_ call: Call, _ body: PauseRequest) async throws -> Reply<ServiceInfo> {
        try .json(try await pauses.pause(try call.service(), body).withoutSecrets)
    }

    private func resume(_ call: Call) async throws -> Reply<ServiceInfo> {
        try .json(try await pauses.resume(try call.service()).withoutSecrets)
    }
}
