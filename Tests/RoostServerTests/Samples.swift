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
        reason: String? = nil
    ) -> ServiceInfo {
        ServiceInfo(
            application: application, service: service, type: "mysql", engine: "mariadb@10.11.19", state: state,
            endpoint: .init(host: "127.0.0.1", port: port(21000)),
            readEndpoint: .init(host: "127.0.0.1", port: port(21001)), user: "root", database: service,
            url: "mysql://root:service-secret@127.0.0.1:21000/data", password: "service-secret",
            memoryBytes: .mebibytes(512), cpus: 2, durability: "sync", routing: "primary", expose: "local",
            config: ["max_connections": "200"], databases: [], epoch: 3, limitsEnforced: true,
            instances: [
                .init(
                    name: "\(service).0", role: "primary", state: state == .running ? .up : .down, host: "local",
                    port: port(22000), pid: state == .running ? 4242 : nil, reason: reason)
            ], problems: problems, createdAt: time)
    }

    static func operation(_ id: String, _ kind: String, _ application: String) -> OperationInfo {
        OperationInfo(
            id: id, kind: kind, application: application, service: nil, state: .running, steps: [], error: nil,
            startedAt: time, endedAt: nil)
    }

    static func snapshot(_ application: String, _ service: String) -> SnapshotInfo {
        SnapshotInfo(
            id: "20261121-064406", application: application, service: service, engine: "mariadb@10.11.19",
            reason: "destroy", method: "rename", createdAt: time, expiresAt: nil, sizeBytes: .mebibytes(120))
    }
}
