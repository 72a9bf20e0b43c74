import Foundation
import RoostModel
import Testing

@testable import RoostControl

/// When the members of a service are compared without a request.
@Suite struct ComparisonScheduleTests {
    static let now = Date(timeIntervalSince1970: 10_000_000)
    static let (hour, day): (TimeInterval, TimeInterval) = (3600, 86_400)

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var every: Int? = 86_400
        var uid = "u"
        /// The end of the last comparison, and the last beginning by schedule, in seconds before now.
        var ended: TimeInterval?
        var begun: TimeInterval?
        var service: @Sendable (inout Service) -> Void = { _ in }
        var report: @Sendable (inout ServiceReport) -> Void = { _ in }
        let isDue: Bool
    }

    static let times: [Case] = [
        Case(testDescription: "never compared", isDue: true),
        Case(testDescription: "no schedule", every: nil, isDue: false),
        Case(testDescription: "a moment ago", ended: 0, isDue: false),
        Case(testDescription: "almost a day ago", ended: day - 1, begun: day, isDue: false),
        Case(testDescription: "a day ago", ended: day, begun: day + 60, isDue: true),
        Case(testDescription: "every hour", every: 3600, ended: hour, begun: hour + 60, isDue: true),
        Case(testDescription: "an attempt has failed just now", ended: 2 * day, begun: 60, isDue: false),
        Case(testDescription: "the first attempt has failed", begun: hour - 1, isDue: false),
        Case(testDescription: "an attempt has failed an hour ago", ended: 2 * day, begun: hour, isDue: true),
        Case(testDescription: "asked for by a user meanwhile", ended: 60, begun: 2 * day, isDue: false),
        Case(testDescription: "an earlier service of the name", uid: "earlier", ended: 60, begun: 60, isDue: true),
        Case(testDescription: "the clock was set back", ended: -day, begun: -day, isDue: true),
        Case(testDescription: "and compared since", ended: 60, begun: -day, isDue: false),
    ]

    static let states: [Case] = [
        Case(testDescription: "paused", service: { $0.spec.pause = .init(until: now + 60) }, isDue: false),
        Case(testDescription: "after a pause", service: { $0.spec.pause = .init(until: now - 60) }, isDue: true),
        Case(testDescription: "a request is pending", service: { $0.spec.ask(for: .promote(to: 1)) }, isDue: false),
        Case(testDescription: "to be destroyed", service: { $0.spec.deletion = .init(keep: nil) }, isDue: false),
        Case(testDescription: "a change is not carried out yet", service: { $0.spec.advance() }, isDue: false),
        Case(testDescription: "one instance", service: { $0.status.members.removeLast(2) }, isDue: false),
        Case(testDescription: "a member is to join", service: { $0.spec.settings.instances = 4 }, isDue: false),
        Case(testDescription: "a member is to leave", service: { $0.spec.settings.instances = 2 }, isDue: false),
        Case(testDescription: "a member leaves", service: { $0.status.members[2].leaving = "s" }, isDue: false),
        Case(
            testDescription: "a member has no data yet", service: { $0.status.members[2].seeded = false }, isDue: false),
        Case(testDescription: "a member gets new data", service: { $0.spec.resyncs = [2: 1] }, isDue: false),
        Case(testDescription: "an earlier primary may be open", service: { $0.status.outgoing = [2] }, isDue: false),
        Case(
            testDescription: "no commit waits for a replica", service: { $0.status.synchronous?.isInForce = false },
            isDue: false),
        Case(
            testDescription: "and none should",
            service: { ($0.spec.settings.durability, $0.status.synchronous) = (.async, nil) }, isDue: true),
        Case(testDescription: "the primary changes", report: { $0.isChangingPrimary = true }, isDue: false),
        Case(testDescription: "a problem", report: { $0.problem = "stuck" }, isDue: false),
        Case(testDescription: "the primary is down", report: { $0.instances[0]?.state = .down }, isDue: false),
        Case(testDescription: "a replica is down", report: { $0.instances[1]?.state = .down }, isDue: false),
        Case(testDescription: "a replica has a problem", report: { $0.instances[1]?.problem = "slow" }, isDue: false),
        Case(testDescription: "a replica is silent", report: { $0.instances[2]?.isSilent = true }, isDue: false),
        Case(
            testDescription: "a replica connects",
            report: { $0.instances[2]?.following = following(.connecting(reason: "refused")) }, isDue: false),
        Case(testDescription: "a replica does not tell", report: { $0.instances[2]?.following = nil }, isDue: false),
        Case(testDescription: "a replica was not looked at", report: { $0.instances[2] = nil }, isDue: false),
    ]

    @Test(arguments: times + states) func membersAreComparedWhenTheTimeHasComeAndTheGroupIsWhole(_ sample: Case) throws
    {
        var service = try GroupSample.group(voters: [1, 2])
        service.spec.settings.instances = 3
        service.spec.settings.verify = sample.every.map { VerifySettings(everySeconds: $0) }
        sample.service(&service)
        var report = ServiceReport()
        report.settledGeneration = 1
        for index in 0...2 {
            report.instances[index] = .init(
                state: .up, pid: nil, problem: nil, convergence: .settled, failures: 0,
                following: index == 0 ? nil : Self.following(.up))
        }
        sample.report(&report)
        let note = ComparisonNote(
            uid: sample.uid,
            last: sample.ended.map { .init(endedAt: Self.now - $0, operation: "o", isEqual: true, summary: "") },
            begunAt: sample.begun.map { Self.now - $0 })
        #expect(ComparisonSchedule.isDue(service, report, note: note, now: Self.now) == sample.isDue)
        #expect(!ComparisonSchedule.isDue(service, nil, note: note, now: Self.now), "nobody has looked yet")
    }

    private static func following(_ link: ReplicationReport.Link) -> ServiceReport.Instance.Following {
        .init(ReplicationReport(role: .replica, link: link, secondsBehind: 0), primary: nil)
    }
}
