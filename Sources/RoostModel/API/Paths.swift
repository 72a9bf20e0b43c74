/// HTTP paths, shared by server and client. Names are checked before they are used here, so no name needs escaping.
package enum Paths {
    package static let health = "/healthz"
    package static let metrics = "/metrics"
    package static let openAPI = "/v1/openapi.json"
    package static let applications = "/v1/applications"
    package static let events = "/v1/events"
    package static let engines = "/v1/engines"
    package static let hosts = "/v1/hosts"
    package static let authority = "/v1/ca"
    package static let doctor = "/v1/doctor"
    package static let tokens = "/v1/tokens"
    package static let usage = "/v1/usage"
    package static let snapshots = "/v1/snapshots"
    package static let signIn = "/v1/sign-in"
    package static let clones = "/v1/clones"
    package static let templates = "/v1/templates"
    package static let dumps = "/v1/dumps"
    package static let storage = "/v1/storage"
    package static let operations = "/v1/operations"
    package static let pool = "/v1/storage/pool"
    package static let growPool = "/v1/storage/pool/grow"

    package static func engine(_ name: String) -> String { "\(engines)/\(name)" }
    package static func token(_ name: String) -> String { "\(tokens)/\(name)" }
    package static func operation(_ id: String) -> String { "\(operations)/\(id)" }
    package static func application(_ name: ApplicationName) -> String { "\(applications)/\(name)" }
    package static func push(_ name: ApplicationName) -> String { "\(application(name))/push" }
    package static func source(_ name: ApplicationName, _ digest: ContentDigest) -> String {
        "\(application(name))/sources/\(digest)"
    }
    package static func environment(_ name: ApplicationName) -> String { "\(application(name))/environment" }
    package static func service(_ id: ServiceID) -> String { "\(application(id.application))/services/\(id.service)" }
    package static func scale(_ id: ServiceID) -> String { "\(service(id))/scale" }
    package static func promote(_ id: ServiceID) -> String { "\(service(id))/promote" }
    package static func restart(_ id: ServiceID) -> String { "\(service(id))/restart" }
    package static func password(_ id: ServiceID) -> String { "\(service(id))/password" }
    package static func users(_ id: ServiceID) -> String { "\(service(id))/users" }
    package static func user(_ id: ServiceID, _ name: String) -> String { "\(users(id))/\(name)" }
    package static func client(_ id: ServiceID) -> String { "\(service(id))/client" }
    package static func importDump(_ id: ServiceID) -> String { "\(service(id))/import" }
    package static func logs(_ id: InstanceID) -> String {
        "\(application(id.service.application))/instances/\(id.name)/logs"
    }
    package static func snapshots(_ id: ServiceID) -> String { "\(service(id))/snapshots" }
    package static func restore(_ id: ServiceID, _ snapshot: String) -> String {
        "\(snapshots(id))/\(snapshot)/restore"
    }
    package static func snapshot(_ id: ServiceID, _ snapshot: String) -> String { "\(snapshots(id))/\(snapshot)" }
    package static func move(_ id: ServiceID) -> String { "\(service(id))/move" }
    package static func clone(_ name: CloneName) -> String { "\(clones)/\(name)" }
    package static func template(_ name: TemplateName) -> String { "\(templates)/\(name)" }
}
