import RoostModel

/// Calls on webhooks: those of an application, and that of the daemon.
package enum NotifyEndpoints {
    package static let list = Endpoint<ApplicationName, NoBody, ItemList<WebhookInfo>>(.get, "/notify")
    package static let test = Endpoint<ApplicationName, NoBody, ItemList<WebhookTest>>(
        .post, "/notify/test", query: ["service"])
    package static let secret = Endpoint<ApplicationName, NoBody, NotifySecret>(.get, "/notify/secret")
    package static let listDaemon = Endpoint<NoParameters, NoBody, ItemList<WebhookInfo>>(.get, "/v1/notify")
    package static let testDaemon = Endpoint<NoParameters, NoBody, ItemList<WebhookTest>>(.post, "/v1/notify/test")
    package static let secretDaemon = Endpoint<NoParameters, NoBody, NotifySecret>(.get, "/v1/notify/secret")

    static let declared: [any AnyEndpoint] = [list, test, secret, listDaemon, testDaemon, secretDaemon]
}
