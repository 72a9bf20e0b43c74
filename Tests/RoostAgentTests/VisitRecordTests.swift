import RoostEngines
import Testing

@testable import RoostAgent

@Suite struct VisitRecordTests {
    private let start = ContinuousClock.now

    private func record(_ visits: Visit...) -> VisitRecord {
        var record = VisitRecord()
        _ = record.isDue(at: start)
        for visit in visits { record.hear(visit, at: start) }
        return record
    }

    @Test func visitsAreFewUntilOneShowsSomething() {
        var record = record()
        func isDue(after pause: Duration) -> Bool { record.isDue(at: start.advanced(by: pause)) }
        #expect(!isDue(after: .seconds(9)))
        #expect(isDue(after: .seconds(10)))
        record.hear(Visit(refusal: "closed"), at: start)
        #expect(isDue(after: .zero))
        record.hear(.welcome, at: start)
        // A further visit is due at once, to confirm that the fault is gone for good.
        #expect(isDue(after: .zero))
        record.hear(.welcome, at: start)
        #expect(!isDue(after: .zero))
    }

    @Test func whatOneVisitShowsMayBeOnItsWay() {
        let closed = Visit(refusal: "closed")
        #expect(record(closed).refusal == nil)
        #expect(record(closed, .welcome, closed).refusal == nil)
        #expect(record(Visit(refusal: "silent"), closed).refusal == "closed")
        #expect(record(closed, closed, .welcome).refusal == nil)
    }

    @Test func filesAreLostThatTwoVisitsMiss() {
        #expect(record(Visit(missing: ["a"]), Visit(missing: ["b"])).missing == [])
        #expect(record(Visit(missing: ["a"]), Visit(missing: ["b", "a"])).missing == ["a"])
        #expect(record(Visit(missing: ["a"]), Visit(missing: ["a"]), .welcome).missing == [])
    }

    @Test func whatCanBeDoneWithoutIsToldOnceTwoVisitsMissIt() {
        let one = Visit(remark: Visit.Remark(files: ["a"], words: "a is gone"))
        let other = Visit(remark: Visit.Remark(files: ["b"], words: "b is gone"))
        let both = Visit(remark: Visit.Remark(files: ["a", "b"], words: "a and b are gone"))
        #expect(record(one).remark == nil)
        #expect(record(one, other).remark == nil)
        #expect(record(one, both).remark == "a and b are gone")
        #expect(record(one, both).missing.isEmpty)
        #expect(record(one, one, .welcome).remark == nil)
    }

    @Test func theNextVisitLooksWhereSomethingWasMissing() {
        let aim = record(Visit(missing: ["a"], remark: Visit.Remark(files: ["b"], words: "b"))).aim(removed: ["c"])
        #expect(aim.suspects == ["a", "b"] && aim.removed == ["c"] && aim.turn == 1)
    }
}
