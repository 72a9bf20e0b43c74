import Foundation
import RoostModel
import Testing

/// Values as the daemon answers them.
enum Samples {
    static let time = Date(timeIntervalSince1970: 1_795_243_446.120)

    static let change = ServiceChange(
        service: "data", kind: .change, fields: [.init(key: "memory", from: "512M", to: nil)])

    static let operation = OperationInfo(
        id: "o1", kind: "push", application: "ramen", service: nil, state: .failed,
        steps: [.init(name: "data: start", milliseconds: 85)], error: "no", startedAt: time, endedAt: nil)

    static func port(_ number: Int) throws -> PortNumber { try #require(PortNumber(number)) }

    static func serviceInfo() throws -> ServiceInfo {
        ServiceInfo(
            application: "ramen", service: "data", type: "mysql", engine: "mariadb@10.11.19", state: .running,
            endpoint: .init(host: "127.0.0.1", port: try port(21000)),
            readEndpoint: .init(host: "127.0.0.1", port: try port(21001)), user: "root", database: "data", url: nil,
            password: nil, memoryBytes: .mebibytes(512), cpus: nil, durability: "sync", routing: "primary",
            expose: "local", config: ["max_connections": "200"], databases: ["wordpress"], epoch: 3,
            limitsEnforced: true,
            instances: [
                .init(
                    name: "data.0", role: "primary", state: .up, host: "local", port: try port(22000), pid: 4242,
                    reason: nil)
            ], problems: [], createdAt: time)
    }

    static func service(
        goal: Service.Goal = .restore(snapshot: "s1", keep: "s2")
    ) throws -> Service {
        Service(
            id: ServiceID(try ApplicationName("ramen"), try ServiceName("data")), uid: "u1", type: .mysql,
            engine: try #require(EngineIdentity("mariadb@10.11.19")),
            settings: ServiceSettings(
                memory: .gibibytes(1), cpus: 0.5, config: ["max_connections": "200"], databases: ["wordpress"]),
            endpoint: try port(21000), readEndpoint: try port(21001),
            instances: [
                .init(index: 0, host: "local", port: try port(22000), internalPort: try port(30000), serverID: 7)
            ],
            credentials: Credentials(
                user: "root", password: SealedSecret(rawValue: "a=="),
                previousPassword: SealedSecret(rawValue: "b=="), previousUntil: time,
                administration: SealedSecret(rawValue: "c==")),
            epoch: 3, generation: 4, restartGeneration: 2, goal: goal,
            createdAt: time)
    }
}
