import RoostModel

/// Calls on applications as a whole.
package enum ApplicationEndpoints {
    package static let list = Endpoint<NoParameters, NoBody, ItemList<ApplicationInfo>>(.get, "/v1/applications")
    package static let show = Endpoint<ApplicationName, NoBody, ApplicationInfo>(.get)
    package static let create = Endpoint<ApplicationName, NoBody, ApplicationInfo>(.put)
    package static let destroy = Endpoint<ApplicationName, NoBody, DestroyAnswer>(
        .delete, query: DestroyItems.names + ["wait"])
    package static let push = Endpoint<ApplicationName, PushRequest, PushAnswer>(.post, "/push", query: ["wait"])
    package static let environment = Endpoint<ApplicationName, NoBody, EnvironmentInfo>(
        .get, "/environment", query: ["prefix", "style"])
    /// The source of a custom service: a tar file.
    package static let storeSource = Endpoint<SourcePath, ByteBody, NoAnswer>(.put)

    static let declared: [any AnyEndpoint] = [list, show, create, destroy, push, environment, storeSource]
}

/// The query items of destroying an application or a service.
package enum DestroyItems {
    package static let names = ["confirm", "keep", "dry_run"]
}
