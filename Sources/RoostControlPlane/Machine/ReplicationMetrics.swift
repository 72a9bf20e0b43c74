import Foundation
import RoostControl
import RoostModel

/// Metrics of the services that have several instances. Pure.
struct ReplicationMetrics {
    let services: [(service: Service, report: ServiceReport?)]
    let now: Date

    /// `services`: of all kinds; those with one instance are left out.
    init(_ services: [(service: Service, report: ServiceReport?)], now: Date = Date()) {
        self.services = services.filter { $0.service.isGroup }
        self.now = now
    }

    var families: [MetricFamily] {
        [
            MetricFamily(
                "roost_instance_primary", .gauge, "Whether the instance is its service's primary.",
                instances { service, index, _ in index == service.status.primary ? 1 : 0 }),
            MetricFamily(
                "roost_replica_connected", .gauge, "Whether the replica receives from its primary.",
                replicas { _, _, following in following?.link == .up ? 1 : 0 }),
            MetricFamily(
                "roost_replica_lag_seconds", .gauge, "How far the replica is behind. Left out while that is unknown.",
                replicas { _, _, following in following?.secondsBehind }),
            MetricFamily(
                "roost_replica_synchronous", .gauge,
                "Whether the replica may be the one that has acknowledged a commit.",
                replicas { service, index, _ in service.status.isVoter(index) ? 1 : 0 }),
            MetricFamily(
                "roost_service_at_risk_seconds", .gauge,
                "Seconds since a commit was last sure to be on a replica as well.",
                samples { $0.secondsAtRisk(now: now) }),
            MetricFamily(
                "roost_service_epoch", .gauge, "Grows by one whenever it is decided who takes writes.",
                samples { Double($0.epoch) }),
        ]
    }

    private func samples(_ value: (Service) -> Double) -> [MetricFamily.Sample] {
        services.map { .init(labels: Self.labels($0.service), value: value($0.service)) }
    }

    /// Samples of the instances for which there is a value.
    private func instances(
        _ value: (Service, Int, ServiceReport.Instance?) -> Double?
    ) -> [MetricFamily.Sample] {
        services.flatMap { service, report in
            service.instances.compactMap { instance in
                value(service, instance.index, report?.instances[instance.index]).map { value in
                    let name = ["instance": InstanceID(service.id, instance.index).name]
                    return .init(labels: Self.labels(service).merging(name) { $1 }, value: value)
                }
            }
        }
    }

    private func replicas(
        _ value: (Service, Int, ServiceReport.Instance.Following?) -> Double?
    ) -> [MetricFamily.Sample] {
        instances { service, index, seen in
            index == service.status.primary ? nil : value(service, index, seen?.following)
        }
    }

    private static func labels(_ service: Service) -> [String: String] {
        ["application": "\(service.id.application)", "service": "\(service.id.service)"]
    }
}

extension Service {
    /// Seconds since a commit was last sure to be on a replica too. 0 while each one is, and where that is not asked for.
    func secondsAtRisk(now: Date) -> Double {
        guard wantsAcknowledgements, let record = status.synchronous, !record.isInForce else { return 0 }
        return max(0, now.timeIntervalSince(record.since))
    }
}
