import Foundation
import RoostControl
import RoostModel
import Testing

@testable import RoostControlPlane

@Suite struct ReplicationMetricsTests {
    private let now = Date(timeIntervalSince1970: 100)

    @Test func aGroupIsToldByMember() throws {
        var service = try service(members: 2)
        service.status.synchronous = .init(voters: [1], isInForce: true, since: .distantPast)
        let metrics = values(service, .init(link: .up, secondsBehind: 0.5))
        #expect(metrics["roost_instance_primary"] == ["data.0": 1, "data.1": 0])
        #expect(metrics["roost_replica_connected"] == ["data.1": 1])
        #expect(metrics["roost_replica_lag_seconds"] == ["data.1": 0.5])
        #expect(metrics["roost_replica_synchronous"] == ["data.1": 1])
        #expect(metrics["roost_service_at_risk_seconds"] == ["": 0] && metrics["roost_service_epoch"] == ["": 1])
    }

    @Test func whatIsNotKnownIsLeftOut() throws {
        var service = try service(members: 2)
        service.status.synchronous = .init(voters: [], isInForce: false, since: now - 7)
        let metrics = values(service, .init(link: .connecting(reason: "refused"), secondsBehind: nil))
        #expect(metrics["roost_replica_connected"] == ["data.1": 0])
        #expect(metrics["roost_replica_lag_seconds"] == [:])
        #expect(metrics["roost_replica_synchronous"] == ["data.1": 0])
        #expect(metrics["roost_service_at_risk_seconds"] == ["": 7])
        service.spec.settings.durability = .async
        #expect(values(service, nil)["roost_service_at_risk_seconds"] == ["": 0], "nothing was promised")
    }

    @Test func anInstanceAloneHasNone() throws {
        #expect(values(try service(members: 1), nil).values.allSatisfy(\.isEmpty))
    }

    // MARK: Values

    /// Samples by the names of family and instance.
    private func values(
        _ service: Service, _ report: ReplicationReport?
    ) -> [String: [String: Double]] {
        var shown = ServiceReport()
        shown.instances[1] = .init(
            state: .up, pid: 7, problem: nil, convergence: .settled, failures: 0,
            following: report.map { .init($0, primary: nil) })
        let families = ReplicationMetrics([(service, shown)], now: now).families
        return Dictionary(
            uniqueKeysWithValues: families.map { family in
                (
                    family.name,
                    Dictionary(
                        uniqueKeysWithValues: family.samples.map { ($0.labels["instance"] ?? "", $0.value) })
                )
            })
    }

    private func service(members: Int) throws -> Service {
        func port(_ number: Int) throws -> PortNumber { try #require(PortNumber(number)) }
        return Service(
            id: ServiceID(ApplicationName(checked: "shop"), ServiceName(checked: "data")), uid: "u", type: .mariadb,
            engine: try #require(EngineIdentity("mariadb@10.11.19")),
            settings: ServiceSettings(memory: .mebibytes(256)), endpoint: try port(20000),
            readEndpoint: try port(20001),
            instances: try (0..<members).map { index in
                ServiceStatus.Member(
                    index: index, host: "local", port: try port(20002 + index), internalPort: try port(30000 + index),
                    serverID: UInt32(index + 1), seeded: true)
            },
            credentials: Credentials(
                user: "root", password: SealedSecret(rawValue: "p"), administration: SealedSecret(rawValue: "a")),
            createdAt: Date(timeIntervalSince1970: 1))
    }
}

extension ReplicationReport {
    fileprivate init(link: Link, secondsBehind: Double?) {
        self.init(role: .replica, link: link, secondsBehind: secondsBehind)
    }
}
