import Hummingbird
import RoostAPI
import RoostModel

/// Webhooks that get events. An address may hold a secret of its receiver, so it is shown only to those who may read
/// secrets.
struct NotifyRoutes: Sendable {
    let notifications: any NotificationsAPI

    var routes: [HTTPRoute] {
        [
            HTTPRoute(NotifyEndpoints.list, .readSecrets) { try await list(of: try owner($0)) },
            HTTPRoute(NotifyEndpoints.test, .changeApplication) {
                try await test(of: try owner($0), service: try $0.serviceFilter())
            },
            HTTPRoute(NotifyEndpoints.secret, .readSecrets) { try await secret(of: try owner($0)) },
            HTTPRoute(NotifyEndpoints.listDaemon, .administer) { _ in try await list(of: .daemon) },
            HTTPRoute(NotifyEndpoints.testDaemon, .administer) { _ in try await test(of: .daemon, service: nil) },
            HTTPRoute(NotifyEndpoints.secretDaemon, .administer) { _ in try await secret(of: .daemon) },
        ]
    }

    private func owner(_ call: Call) throws(Problem) -> NotifyOwner { .application(try call.application()) }

    private func list(of owner: NotifyOwner) async throws -> Reply<ItemList<WebhookInfo>> {
        try .list(try await notifications.webhooks(of: owner))
    }

    private func test(of owner: NotifyOwner, service: ServiceName?) async throws -> Reply<ItemList<WebhookTest>> {
        try .list(try await notifications.testWebhooks(of: owner, service: service))
    }

    private func secret(of owner: NotifyOwner) async throws -> Reply<NotifySecret> {
        try .json(try await notifications.notifySecret(of: owner))
    }
}
