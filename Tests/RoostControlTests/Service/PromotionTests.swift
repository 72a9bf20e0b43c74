import Foundation
import RoostModel
import Testing

@testable import RoostControl

/// Whether a planned change of the primary would work, and what blocks it.
@Suite struct PromotionTests {
    @Test func theFirstReplicaThatCanTakeOverIsChosen() throws {
        let promotion = Promotion(try GroupSample.group(), report(), to: nil, drainSeconds: 5)
        #expect(promotion.target == 1 && promotion.info.blockers.isEmpty)
        #expect(promotion.info.from == "data.0" && promotion.info.to == "data.1" && promotion.info.position == "1 0/A")
        #expect(promotion.info.candidates.map(\.instance) == ["data.1", "data.2"])
        #expect(promotion.info.candidates.map(\.position) == ["1 0/A", "1 0/A"])
        #expect(promotion.info.candidates.map(\.lagSeconds) == [0, 0])
        #expect(
            promotion.info.text
                == "data.1 would become the primary instead of data.0; open transactions would have 5 s to end")
        let behind = report { $0.instances[1]?.follow(.up, behind: 42) }
        let other = Promotion(try GroupSample.group(), behind, to: nil)
        #expect(other.target == 2 && other.info.candidates[0].blockers == ["is 42 s behind the primary"])
        #expect(other.info.blockers.isEmpty, "another one can")
        #expect(Promotion(try GroupSample.group(), report(), to: 2).target == 2)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var electsItself = false
        var voters: [Int]?
        var report: @Sendable (inout ServiceReport) -> Void = { _ in }
        var service: @Sendable (inout Service) -> Void = { _ in }
    }

    /// Each names the words of the refusal.
    static let blocked = [
        Case(testDescription: "data.1 cannot apply the primary's changes: duplicate key") {
            $0.instances[1]?.follow(.broken(reason: "duplicate key"))
        },
        Case(testDescription: "data.1 receives nothing from the primary: refused") {
            $0.instances[1]?.follow(.connecting(reason: "refused"))
        },
        Case(testDescription: "data.1 does not follow the primary") { $0.instances[1]?.follow(.none) },
        Case(testDescription: "data.1 does not follow the primary") { $0.instances[1]?.following = nil },
        Case(testDescription: "data.1 is 11 s behind the primary") { $0.instances[1]?.follow(.up, behind: 11) },
        Case(testDescription: "data.1 is down") {
            $0.instances[1]?.state = .down
            $0.instances[1]?.following = nil
        },
        Case(testDescription: "data.1 does not answer") { $0.instances[1]?.isSilent = true },
        Case(testDescription: "data.1 has not told its state yet") { $0.instances[1] = nil },
        Case(
            testDescription: "data.1 is still being created", service: { $0.status.members[1].seeded = false }),
        Case(
            testDescription: "data.1 is being given the primary's data again",
            service: { $0.status.members[1].reseeding = .init(keep: "k", reason: "broken") }),
        Case(
            testDescription: "data.1 is being given the primary's data again", service: { $0.spec.resyncs = [1: 7] }),
        Case(
            testDescription: "data.1 cannot be promoted: it is never promoted (priority: 0)",
            service: { $0.spec.settings.members = [1: .init(priority: 0)] }),
        Case(testDescription: "data.1 has no vote in the replica set", electsItself: true, voters: [2, 3]),
        Case(testDescription: "the primary data.0 is down: it was killed") {
            $0.instances[0]?.state = .down
            $0.instances[0]?.problem = "it was killed"
        },
        Case(testDescription: "the primary data.0 does not answer") { $0.instances[0]?.isSilent = true },
        Case(testDescription: "files of the primary data.0 were removed") { $0.instances[0]?.lostFiles = "a.ibd" },
        Case(testDescription: "another change of the primary is under way") { $0.isChangingPrimary = true },
    ]

    @Test(arguments: blocked) func whatBlocksItIsTold(_ scene: Case) throws {
        var service = try GroupSample.group(voters: scene.voters)
        scene.service(&service)
        let promotion = Promotion(service, report(scene.report), to: 1, electsItself: scene.electsItself)
        #expect(promotion.target == nil && promotion.info.blockers.count == 1, "\(promotion.info.blockers)")
        #expect(promotion.info.blockers.first?.hasPrefix(scene.testDescription) ?? false)
        #expect(promotion.info.text.hasPrefix("data.0 stays the primary: \(scene.testDescription)"))
        #expect(promotion.info.to == "data.1", "what was asked for is shown")
    }

    @Test func limitsAreNotBlocked() throws {
        let near = report { $0.instances[1]?.follow(.up, behind: 10) }
        #expect(Promotion(try GroupSample.group(), near, to: 1).target == 1)
        let unknown = report { $0.instances[1]?.follow(.up, behind: nil) }
        #expect(Promotion(try GroupSample.group(), unknown, to: 1).target == 1, "no answer is no evidence")
        #expect(Promotion(try GroupSample.group(voters: [1, 2]), report(), to: 1, electsItself: true).target == 1)
    }

    @Test func withoutAReplicaThatCanEachReasonIsTold() throws {
        let found = report {
            $0.instances[1]?.follow(.up, behind: 60)
            $0.instances[2]?.follow(.broken(reason: "x"))
        }
        let promotion = Promotion(try GroupSample.group(), found, to: nil)
        #expect(promotion.target == nil && promotion.info.to == nil)
        #expect(
            promotion.info.blockers == [
                "no replica can take over: data.1 is 60 s behind the primary; "
                    + "data.2 cannot apply the primary's changes: x"
            ])
    }

    @Test func refusalsOfTheServiceAndMissingReportsBlockIt() throws {
        let paused = Promotion(try GroupSample.group(), report(), to: 1, refusals: ["'data' is paused"])
        #expect(paused.target == nil && paused.info.blockers == ["'data' is paused"])
        #expect(paused.info.to == "data.1")
        let unknown = Promotion(try GroupSample.group(), nil, to: nil)
        #expect(unknown.target == nil && unknown.info.blockers.first == "the state of its instances is not known yet")
    }

    @Test func membersThatCanNeverLeadAreRefused() throws {
        var service = try GroupSample.group()
        func code(_ wanted: Int?) -> ProblemCode? {
            do throws(Problem) { try Promotion.check(wanted, of: service) } catch { return error.code }
            return nil
        }
        #expect(code(nil) == nil && code(1) == nil && code(0) == .conflict && code(7) == .instanceNotFound)
        service.status.members[1].leaving = "k"
        #expect(code(1) == .instanceNotFound && code(2) == nil)
        service.status.members.removeLast(2)
        #expect(code(nil) == .conflict && code(0) == .conflict)
    }

    // MARK: Values

    /// Member 0 leads, the others follow it and have all of its data.
    private func report(_ change: (inout ServiceReport) -> Void = { _ in }) -> ServiceReport {
        var report = ServiceReport()
        for index in 0...2 {
            report.instances[index] = .init(
                state: .up, pid: nil, problem: nil, convergence: .settled, failures: 0,
                position: GroupSample.position(10))
            if index > 0 { report.instances[index]?.follow(.up, behind: 0) }
        }
        change(&report)
        return report
    }
}

extension ServiceReport.Instance {
    fileprivate mutating func follow(_ link: ReplicationReport.Link, behind seconds: Double? = nil) {
        following = .init(ReplicationReport(role: .replica, link: link, secondsBehind: seconds), primary: nil)
    }
}
