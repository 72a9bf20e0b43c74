import RoostModel
import Testing

@testable import RoostServer

/// Prometheus' text form.
@Suite struct MetricsTextTests {
    @Test func writesFamiliesWithEscapedTexts() {
        let families = [
            MetricFamily(
                "roost_events_total", .counter, "Events,\nwith a \\ and a \"quote\".",
                [
                    .init(labels: ["kind": "a\\b\"c\nd", "application": "ramen"], value: 12),
                    .init(value: 0.25),
                ]),
            MetricFamily("roost_services", .gauge, "Services.", []),
        ]
        #expect(
            MetricsText.write(families) == #"""
                # HELP roost_events_total Events,\nwith a \\ and a "quote".
                # TYPE roost_events_total counter
                roost_events_total{application="ramen",kind="a\\b\"c\nd"} 12
                roost_events_total 0.25
                # HELP roost_services Services.
                # TYPE roost_services gauge

                """#)
    }

    @Test(arguments: [
        (0.0, "0"), (-3.0, "-3"), (1e18, "1000000000000000000"), (1e300, "1e+300"), (.infinity, "+Inf"),
        (-.infinity, "-Inf"), (.nan, "NaN"),
    ])
    func writesEveryNumber(value: Double, text: String) {
        let family = MetricFamily("m", .gauge, "", [.init(value: value)])
        #expect(MetricsText.write([family]).hasSuffix("\nm \(text)\n"))
    }
}
