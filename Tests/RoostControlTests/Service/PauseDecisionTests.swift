import Foundation
import RoostModel
import Testing

@testable import RoostControl

/// Decisions for a paused service as a whole: which member is healed, and when a change of the primary begins.
@Suite struct PauseDecisionTests {
    private let now = ContinuousClock.now
    private let end = Date(timeIntervalSince1970: 100)

    // MARK: Healing

    static let broken: [(fault: String, change: @Sendable (inout InstanceStatus) -> Void)] = [
        ("broken", { $0.replication = ReplicationReport(role: .replica, link: .broken(reason: "duplicate key")) }),
        ("without data", { $0.isDataGone = true }),
    ]

    /// Replicas that are broken during a pause are healed as soon as it is over.
    @Test(arguments: broken.indices) func noMemberIsHealed(_ index: Int) throws {
        let service = try group()
        var statuses = try statuses()
        Self.broken[index].change(&statuses[1, default: InstanceStatus(id: InstanceID(id, 1), uid: "u", life: 1)])
        var healing = Healing()
        for seconds in [0, 10, 3000] {
            let decided = healing.decide(service, statuses, now: now + .seconds(seconds), isPaused: true)
            #expect(decided == nil, "after \(seconds) s")
        }
        #expect(healing.decide(service, statuses, now: now + .seconds(3001))?.index == 1)
    }

    @Test func aRequestFromBeforeThePauseWaits() throws {
        let service = try group { $0.spec.resyncs = [1: 1] }
        var healing = Healing()
        #expect(healing.decide(service, try statuses(), now: now, isPaused: true) == nil)
        #expect(healing.decide(service, try statuses(), now: now)?.request == 1)
    }

    // MARK: The primary

    /// No agent is told another fence before the pause is over; then all are, without any news.
    @Test func theEndOfThePrimaryIsACauseOnceThePauseIsOver() throws {
        var machine = try paused()
        _ = machine.hear(try stoppedPrimary())
        for seconds in [1.0, 99] {
            let told = machine.handle(.tick, now: now, date: Date(timeIntervalSince1970: seconds))
            #expect(told.fences.allSatisfy { $0 == 1 }, "\(seconds) s")
        }
        let told = machine.handle(.tick, now: now, date: end)
        #expect(told.fences == [2, 2], "\(told)")
    }

    @Test func aPauseThatIsEndedByAUserIsOverAtOnce() throws {
        var machine = try paused()
        _ = machine.hear(try stoppedPrimary())
        let told = machine.handle(.looked(view(try group())), now: now, date: Date(timeIntervalSince1970: 1))
        #expect(told.fences == [2, 2])
    }

    /// A new spec reaches the agents though its generation is the same.
    @Test func agentsAreToldOfAPause() throws {
        var machine = ServiceMachine(id, since: 0)
        _ = machine.handle(.looked(view(try group())), now: now, date: Date(timeIntervalSince1970: 0))
        let pause = ServiceSpec.Pause(until: end, reason: nil)
        let told = machine.handle(
            .looked(view(try group { $0.spec.pause = pause })), now: now, date: Date(timeIntervalSince1970: 0))
        #expect(told.specs.map(\.spec.pause) == [pause, pause])
        #expect(told.specs.map(\.spec.generation) == [1, 1])
    }

    // MARK: Values

    private let id = ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: "data"))

    /// Two members with data; the first leads. Commits wait for nobody, so nothing else is to be decided.
    private func group(_ change: (inout Service) -> Void = { _ in }) throws -> Service {
        try MembershipTests.service([0, 1], wanted: 2) { service in
            service.spec.settings.durability = .async
            change(&service)
        }
    }

    private func view(_ service: Service) -> ServiceMachine.View {
        let application = Application(
            name: id.application, user: ServerUser(name: "roost01", uid: 1, gid: 1), order: [id.service],
            createdAt: Date(timeIntervalSince1970: 0))
        return ServiceMachine.View(service: service, application: application, gates: [:], listenErrors: [])
    }

    /// A machine that looked at the service while it was paused.
    private func paused() throws -> ServiceMachine {
        var machine = ServiceMachine(id, since: 0)
        let service = try group { $0.spec.pause = .init(until: end) }
        _ = machine.handle(.looked(view(service)), now: now, date: Date(timeIntervalSince1970: 0))
        return machine
    }

    private func statuses() throws -> [Int: InstanceStatus] {
        var statuses: [Int: InstanceStatus] = [:]
        for index in 0...1 {
            var status = InstanceStatus(id: InstanceID(id, index), uid: "u", life: 1)
            (status.revision, status.epoch, status.fence) = (1, 1, 1)
            status.serving = index == 0 ? .open : .closed
            status.replication = ReplicationReport(
                role: index == 0 ? .primary : .replica, link: index == 0 ? .none : .up)
            statuses[index] = status
        }
        return statuses
    }

    private func stoppedPrimary() throws -> [InstanceStatus] {
        var statuses = try statuses()
        statuses[0]?.serving = .stopped
        statuses[0]?.replication = nil
        return statuses.sorted { $0.key < $1.key }.map(\.value)
    }
}

extension ServiceMachine {
    fileprivate mutating func hear(_ statuses: [InstanceStatus]) -> [Effect] {
        statuses.flatMap { handle(.status($0), now: .now, date: Date(timeIntervalSince1970: 0)) }
    }
}

extension [ServiceMachine.Effect] {
    fileprivate var specs: [InstanceSpec] { compactMap { if case .apply(let spec) = $0 { spec } else { nil } } }
    fileprivate var fences: [UInt64] { specs.map(\.fence) }
}
