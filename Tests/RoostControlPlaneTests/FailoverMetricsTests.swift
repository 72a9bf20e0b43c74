import Foundation
import RoostModel
import Testing

@testable import RoostControlPlane

@Suite struct FailoverMetricsTests {
    @Test func failoversAreCountedByCauseAndOutcome() {
        var history = FailoverHistory(uid: "u")
        for id in 2...UInt64(3) {
            var info = FailoverInfo(
                id: id, cause: .forced, from: "data.0", to: "data.1", began: Date(timeIntervalSince1970: 1))
            info.outcome = .completed
            info.writesOutMilliseconds = 250
            history.put(info)
        }
        let id = ServiceID(ApplicationName(checked: "shop"), ServiceName(checked: "data"))
        let families = FailoverMetrics(histories: [(id, history)]).families
        #expect(families.map { $0.samples.map(\.value) } == [[2], [0.5], [2]])
        #expect(
            families.first?.samples.first?.labels
                == ["application": "shop", "service": "data", "cause": "forced", "outcome": "completed"])
    }
}
