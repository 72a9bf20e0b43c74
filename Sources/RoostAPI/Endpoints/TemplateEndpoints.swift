import RoostModel

/// Calls on templates, and the upload of their dumps.
package enum TemplateEndpoints {
    package static let list = Endpoint<NoParameters, NoBody, ItemList<TemplateInfo>>(.get, "/v1/templates")
    package static let show = Endpoint<TemplatePath, NoBody, TemplateInfo>(.get)
    package static let add = Endpoint<TemplatePath, TemplateRequest, TemplateAnswer>(.put, query: ["wait"])
    package static let remove = Endpoint<TemplatePath, NoBody, TemplateInfo>(.delete, query: ["confirm", "dry_run"])
    package static let refresh = Endpoint<TemplatePath, NoBody, OperationInfo>(.post, "/refresh", query: ["wait"])
    package static let storeDump = Endpoint<NoParameters, ByteBody, ReceivedDump>(.post, "/v1/dumps")

    static let declared: [any AnyEndpoint] = [list, show, add, remove, refresh, storeDump]
}
