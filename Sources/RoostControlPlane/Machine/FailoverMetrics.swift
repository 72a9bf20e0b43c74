import RoostModel

/// Metrics of the failovers and planned switchovers since each service was made. Pure.
struct FailoverMetrics {
    let histories: [(ServiceID, FailoverHistory)]

    var families: [MetricFamily] {
        [
            MetricFamily(
                "roost_failovers_total", .counter, "Failovers and planned switchovers that ended.",
                samples { Double($0.count) }),
            MetricFamily(
                "roost_failover_duration_seconds_sum", .counter,
                "Sum of the times during which failovers kept clients from writing.",
                samples { Double($0.milliseconds) / 1000 }),
            MetricFamily(
                "roost_failover_duration_seconds_count", .counter, "Failovers in the sum of the times.",
                samples { Double($0.timed ?? $0.count) }),
        ]
    }

    private func samples(_ value: (FailoverHistory.Total) -> Double) -> [MetricFamily.Sample] {
        histories.flatMap { id, history in
            history.totals.map { total in
                .init(
                    labels: [
                        "application": "\(id.application)", "service": "\(id.service)",
                        "cause": total.cause.rawValue, "outcome": total.outcome.rawValue,
                    ], value: value(total))
            }
        }
    }
}
