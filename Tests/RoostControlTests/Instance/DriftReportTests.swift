import Foundation
import RoostModel
import Testing

@testable import RoostControl

@Suite struct DriftReportTests {
    private let from = Date(timeIntervalSince1970: 1_795_000_000)
    private let to = Date(timeIntervalSince1970: 1_795_000_004)

    @Test func anIntervalIsNotGuaranteedWhereSomebodyCouldSwitchThePromiseOff() {
        let drift = [AccountDrift(.guarantee, "sync_binlog is 0, not 1")]
        #expect(
            DriftReport(drift, lastInOrder: from, mended: to).text("data.0")
                == "data.0: repaired: sync_binlog is 0, not 1; the durability of acknowledged writes is not guaranteed "
                + "from \(Timestamp.format(from)) to \(Timestamp.format(to))")
        #expect(
            DriftReport(drift, lastInOrder: nil, mended: to).text("data.0")
                .contains("from a time before roostd started to"))
    }

    @Test func aPasswordThatWasSetChangesNoPromise() {
        let drift = [AccountDrift(.applicationUser, "the login of the application user root changed")]
        #expect(
            DriftReport(drift, lastInOrder: from, mended: to).text("data.0")
                == "data.0: repaired: the login of the application user root changed")
    }
}
