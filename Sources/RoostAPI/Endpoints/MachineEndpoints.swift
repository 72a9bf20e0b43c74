import RoostModel

/// Calls on the machine: its state, its storage and its engines.
package enum MachineEndpoints {
    package static let hosts = Endpoint<NoParameters, NoBody, ItemList<MachineInfo>>(.get, "/v1/hosts")
    package static let authority = Endpoint<NoParameters, NoBody, AuthorityInfo>(.get, "/v1/ca")
    package static let doctor = Endpoint<NoParameters, NoBody, ItemList<Finding>>(.get, "/v1/doctor")
    package static let usage = Endpoint<NoParameters, NoBody, ItemList<UsageInfo>>(
        .get, "/v1/usage", query: ["application"])
    package static let storage = Endpoint<NoParameters, NoBody, StorageInfo>(.get, "/v1/storage")
    package static let makePool = Endpoint<NoParameters, PoolRequest, OperationInfo>(
        .post, "/v1/storage/pool", query: ["wait"])
    package static let growPool = Endpoint<NoParameters, PoolRequest, OperationInfo>(
        .post, "/v1/storage/pool/grow", query: ["wait"])
    package static let engines = Endpoint<NoParameters, NoBody, ItemList<EngineInfo>>(.get, "/v1/engines")
    package static let addEngine = Endpoint<NoParameters, EngineRequest, OperationInfo>(
        .post, "/v1/engines", query: ["wait"])
    package static let removeEngine = Endpoint<EnginePath, NoBody, EngineInfo>(.delete, query: ["confirm", "dry_run"])
    package static let health = Endpoint<NoParameters, NoBody, TextAnswer>(.get, "/healthz")
    package static let metrics = Endpoint<NoParameters, NoBody, TextAnswer>(.get, "/metrics")
    package static let openAPI = Endpoint<NoParameters, NoBody, TextAnswer>(.get, "/v1/openapi.json")

    static let declared: [any AnyEndpoint] = [
        hosts, authority, doctor, usage, storage, makePool, growPool, engines, addEngine, removeEngine, health, metrics,
        openAPI,
    ]
}
