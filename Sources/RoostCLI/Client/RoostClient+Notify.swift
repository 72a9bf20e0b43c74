import RoostAPI
import RoostModel

/// Calls on webhooks.
extension RoostClient {
    func webhooks(of owner: NotifyOwner) async throws(Problem) -> [WebhookInfo] {
        switch owner {
        case .application(let name): try await list(NotifyEndpoints.list, name)
        case .daemon: try await list(NotifyEndpoints.listDaemon)
        }
    }

    func testWebhooks(of owner: NotifyOwner, service: ServiceName?) async throws(Problem) -> [WebhookTest] {
        switch owner {
        case .application(let name): try await list(NotifyEndpoints.test, name, query: [("service", service?.rawValue)])
        case .daemon: try await list(NotifyEndpoints.testDaemon)
        }
    }

    func notifySecret(of owner: NotifyOwner) async throws(Problem) -> NotifySecret {
        switch owner {
        case .application(let name): try await call(NotifyEndpoints.secret, name)
        case .daemon: try await call(NotifyEndpoints.secretDaemon, NoParameters())
        }
    }
}
