import Foundation
import RoostModel
import Testing

/// Values for the tests.
enum Samples {
    static let time = Date(timeIntervalSince1970: 1_795_243_446.12)
    static let ramen = ApplicationName(checked: "ramen")
    static let ramenAccess = Access.application(ramen)
    static let teaAccess = Access.application(ApplicationName(checked: "tea"))

    static var digest: ContentDigest {
        guard let digest = ContentDigest(rawValue: String(repeating: "0a", count: 32)) else {
            preconditionFailure("64 digits")
        }
        return digest
    }

    static func port(_ number: Int) -> PortNumber {
        guard let port = PortNumber(number) else { preconditionFailure("\(number) is no port") }
        return port
    }

    static func application(_ name: String, services: [ServiceInfo]) -> ApplicationInfo {
        ApplicationInfo(name: name, createdAt: time, services: services, state: services.first?.state ?? .running)
    }

    static func service(
        _ application: String, _ service: String, state: ServiceInfo.State = .running, problems: [String] = [],
        reason: String? = nil, createdAt: Date = time, port number: Int = 21000
    ) -> ServiceInfo {
        ServiceInfo(
            application: application, service: service, type: "mysql", engine: "mariadb@10.11.19", state: state,
            endpoint: .init(host: "127.0.0.1", port: port(number)),
            readEndpoint: .init(host: "127.0.0.1", port: port(21001)), user: "root", database: service,
            url: "mysql://root:service-secret@127.0.0.1:21000/data", password: "service-secret",
            memoryBytes: .mebibytes(512), cpus: 2, durability: "sync", routing: "primary", expose: "local",
            config: ["max_connections": "200"], databases: [], epoch: 3, limitsEnforced: true,
            instances: [
                .init(
                    name: "\(service).0", role: "primary", state: state == .running ? .up : .down, host: "local",
                    port: port(22000), pid: state == .running ? 4242 : nil, reason: reason)
            ], problems: problems, createdAt: createdAt)
    }

    static func operation(_ id: String, _ kind: String, _ application: String?) -> OperationInfo {
        OperationInfo(
            id: id, kind: kind, application: application, service: nil, state: .running, steps: [], error: nil,
            startedAt: time, endedAt: nil)
    }

    static func snapshot(_ application: String, _ service: String) -> SnapshotInfo {
        SnapshotInfo(
            id: "20261121-064406", application: application, service: service, engine: "mariadb@10.11.19",
            reason: "destroy", method: "rename", createdAt: time, expiresAt: nil, sizeBytes: .mebibytes(120))
    }

    /// `source` with a slash is a service.
    static func clone(
        _ name: String, of source: String, state: ServiceInfo.State = .running, isProtected: Bool = false,
        expiresAt: Date? = nil, createdAt: Date = time, port number: Int = 23000
    ) -> CloneInfo {
        let isService = source.contains("/")
        var service = service("_clones", "c3f9a", state: state, createdAt: createdAt, port: number)
        service.password = "clone-secret"
        service.url = "mysql://root:clone-secret@127.0.0.1:23000/shop"
        return CloneInfo(
            name: name, source: source, sourceKind: isService ? "service" : "template",
            image: isService ? "20261121-064406-clone" : "20261121-050000", service: service, durable: false,
            terms: CloneTerms(expiresAt: expiresAt, isProtected: isProtected))
    }

    static func template(
        _ name: String, state: TemplateInfo.State = .ready, failure: String? = nil
    ) -> TemplateInfo {
        let source = TemplateSource.dump(path: "/srv/\(name).sql", isWatched: false)
        var template = Template(
            name: TemplateName(checked: name), type: .mariadb, source: source, settings: TemplateSettings(),
            createdAt: time)
        if state == .ready || state == .refreshing {
            template.version = EngineIdentity("mariadb@10.11.19").map { engine in
                TemplateVersion(
                    id: "20261121-050000", engine: engine, databases: [name], applicationUser: "root",
                    method: "reflink",
                    size: .mebibytes(300), fingerprint: nil, user: ServerUser(name: "roost01", uid: 1, gid: 1),
                    source: template.source, settings: template.settings, builtAt: time, buildSeconds: 12.5)
            }
        }
        if state == .building || state == .refreshing { template.building = "op9" }
        template.failure = failure
        return TemplateInfo(template, poolReady: 0, clones: 1)
    }
}
