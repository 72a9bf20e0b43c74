import Testing

@testable import RoostHost

struct RoundPlanTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let milliseconds: [Int]
        let last: RoundPlan.Step
    }

    static let cases = [
        Case(testDescription: "short at once", milliseconds: [5], last: .freeze),
        Case(testDescription: "shrinks until it is short", milliseconds: [90, 40, 7], last: .freeze),
        Case(testDescription: "shrinks no more", milliseconds: [90, 40, 38], last: .freeze),
        Case(testDescription: "shrinks for ever", milliseconds: [99, 88, 77, 66, 55, 44], last: .freeze),
        Case(testDescription: "writers are faster", milliseconds: [500, 480, 490], last: .tooSlow(.milliseconds(490))),
        Case(
            testDescription: "shrinks too slowly", milliseconds: [900, 700, 500, 400, 300, 200],
            last: .tooSlow(.milliseconds(200))),
        Case(testDescription: "one slow round", milliseconds: [120, 130, 30, 28], last: .freeze),
    ]

    @Test(arguments: cases)
    func freezesWhenItPaysNoMore(_ given: Case) {
        var plan = RoundPlan(maxPause: .milliseconds(100))
        let steps = given.milliseconds.map { plan.next(after: .milliseconds($0)) }
        #expect(steps.dropLast().allSatisfy { $0 == .again })
        #expect(steps.last == given.last)
    }

    @Test func noPauseAtAllIsTooSlow() {
        var plan = RoundPlan(maxPause: .zero)
        var steps: [RoundPlan.Step] = []
        repeat { steps.append(plan.next(after: .milliseconds(1))) } while steps.last == .again
        #expect(steps.last == .tooSlow(.milliseconds(1)))
    }
}
