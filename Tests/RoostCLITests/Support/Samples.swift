import Foundation
import RoostModel

/// Documents that a daemon would answer with.
enum Samples {
    static let time = Date(timeIntervalSince1970: 1_795_243_446.12)

    static func service(
        _ name: String = "data", state: ServiceInfo.State = .running, instances: Int = 1, password: String? = nil,
        replication: String = "none", paused: ServiceInfo.Pause? = nil, problems: [String] = []
    ) throws -> ServiceInfo {
        let port = { (number: Int) in PortNumber(number) ?? PortNumber(rawValue: 1) }
        let address = { (number: Int) in port(number).map { ServiceInfo.Address(host: "127.0.0.1", port: $0) } }
        guard let endpoint = address(21000), let readEndpoint = address(21001), let instancePort = port(22000) else {
            throw CocoaError(.coderInvalidValue)
        }
        var info = ServiceInfo(
            application: "ramen", service: name, type: "mysql", engine: "mariadb@10.11.19", state: state,
            endpoint: endpoint, readEndpoint: readEndpoint, user: "root", database: name,
            url: password.map { "mysql://root:\($0)@127.0.0.1:21000/\(name)" }, password: password,
            memoryBytes: .mebibytes(512), cpus: 1.5, durability: "sync", routing: "primary", expose: "local",
            config: ["max_connections": "200"], databases: ["wordpress"], epoch: 3, limitsEnforced: true,
            instances: (0..<instances).map {
                .init(
                    name: "\(name).\($0)", role: $0 == 0 ? "primary" : "replica", state: .up, host: "local",
                    port: instancePort, pid: 4242, reason: nil)
            }, paused: paused, problems: problems, createdAt: time)
        info.replication = try JSON.decode(from: Data(#"{"status":"\#(replication)","at_risk_seconds":0}"#.utf8))
        return info
    }

    static func application(_ services: ServiceInfo...) -> ApplicationInfo {
        ApplicationInfo(name: "ramen", createdAt: time, services: services, state: services.first?.state ?? .running)
    }

    static func operation(
        _ state: OperationInfo.State, steps: [String] = [], error: String? = nil
    ) -> OperationInfo {
        OperationInfo(
            id: "op1", kind: "push", application: "ramen", service: nil, state: state,
            steps: steps.map { .init(name: $0, milliseconds: 85) }, error: error, startedAt: time, endedAt: nil)
    }

    static func event(_ id: Int64) -> EventInfo {
        EventInfo(
            id: id, time: time, application: "ramen", service: "data", instance: "data.0", kind: "instance_started",
            message: "it runs")
    }

    /// A clone of the template `shop`.
    static func clone(
        _ name: String = "mine", state: ServiceInfo.State = .running, password: String? = nil,
        isProtected: Bool = false,
        expiresAt: Date? = time.addingTimeInterval(7200), problems: [String] = []
    ) throws -> CloneInfo {
        CloneInfo(
            name: name, source: "shop", sourceKind: "template", image: "20261121-050000",
            service: try service("shop", state: state, password: password, problems: problems), durable: false,
            terms: CloneTerms(expiresAt: expiresAt, isProtected: isProtected))
    }

    /// A template that is ready, unless it failed.
    static func template(failure: String? = nil) -> TemplateInfo {
        let source = TemplateSource.dump(path: "/srv/shop.sql.gz", isWatched: false)
        var template = Template(
            name: TemplateName(checked: "shop"), type: .mariadb, source: source,
            settings: TemplateSettings(mask: "DELETE FROM cards", refresh: "0 3 * * *", pool: 3), createdAt: time)
        template.failure = failure
        template.version =
            failure == nil
            ? EngineIdentity("mariadb@10.11.19").map { engine in
                TemplateVersion(
                    id: "20261121-050000", engine: engine, databases: ["shop"], applicationUser: "root",
                    method: "reflink",
                    size: .mebibytes(300), fingerprint: nil, user: ServerUser(name: "roost01", uid: 1, gid: 1),
                    source: source,
                    settings: template.settings, builtAt: time, buildSeconds: 12.5)
            } : nil
        return TemplateInfo(template, poolReady: 2, clones: 1)
    }
}
