import Foundation
import RoostModel
import Testing

@testable import RoostControl

/// A request to replace the primary by force, carried out by the service's machine.
@Suite struct ForcedFailoverTests {
    private let now = ContinuousClock.now
    private let date = Date(timeIntervalSince1970: 0)

    /// Commits waited for nobody, and the primary's data are gone: nobody is elected until a user accepts the loss.
    @Test func aHandoverThatWaitsMakesWay() throws {
        var machine = ServiceMachine(id, since: 0)
        _ = machine.handle(.looked(view(try group())), now: now, date: date)
        let waiting = hear(try statuses(revision: 1, fence: 1), &machine)
        #expect(waiting.fences.last == 2)
        _ = hear(try statuses(revision: 2, fence: 2), &machine)
        #expect(machine.report.problem?.contains("--accept-data-loss") ?? false)
        let asked = try group {
            $0.spec.generation += 1
            $0.spec.ask(for: .failover(to: nil, acceptsLoss: true))
        }
        let told = machine.handle(.looked(view(asked)), now: now, date: date)
        #expect(told.fences.last == 3 && told.leaderships.isEmpty, "fenced anew before anybody leads")
        let led = hear(try statuses(revision: 3, fence: 3), &machine).leaderships
        #expect(led.map(\.primary) == [1] && led.map(\.epoch) == [3])
        #expect(led.first?.request == asked.generation, "the request ends with it")
        let status = try #require(led.first?.applied(to: asked, at: date))
        #expect(status.members[0].reseeding != nil, "what only the old primary has is kept")
    }

    // MARK: Strict

    /// A primary whose commits nobody acknowledges goes on waiting, as long as a replica with data may come back.
    @Test func aStrictPrimaryWaitsForNobodyAsWell() throws {
        func part(
            _ durability: ServiceSettings.Durability, _ acknowledgers: [Int]? = [],
            _ change: (inout Service) -> Void = { _ in }
        ) throws -> SynchronousPart {
            var service = try GroupSample.group(voters: [], isInForce: false, durability)
            change(&service)
            let view = view(service)
            return InstanceSpec(
                application: view.application, service: service, index: 0, acknowledgers: acknowledgers, revision: 1
            ).part
        }
        #expect(try part(.strict) == .waits(for: []) && part(.strict, [2]) == .waits(for: [2]))
        #expect(try part(.sync) == .none && part(.async) == .none)
        #expect(try part(.strict, nil) == .none, "it is no group")
        let remade = try part(.strict) { service in
            service.status.members[1].seeded = false
            service.status.members[2].reseeding = .init(keep: "k", reason: "r")
        }
        #expect(remade == .none, "a backup would wait for the commits that wait")
    }

    // MARK: Values

    private let id = ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: "data"))

    private func group(_ change: (inout Service) -> Void = { _ in }) throws -> Service {
        try MembershipTests.service([0, 1], wanted: 2) { service in
            service.spec.settings.durability = .async
            change(&service)
        }
    }

    private func view(_ service: Service) -> ServiceMachine.View {
        let application = Application(
            name: id.application, user: ServerUser(name: "roost01", uid: 1, gid: 1), order: [id.service],
            createdAt: date)
        return ServiceMachine.View(service: service, application: application, gates: [:], listenErrors: [])
    }

    /// The primary's directory is gone, and its replica has lost the connection.
    private func statuses(revision: Int64, fence: UInt64) throws -> [InstanceStatus] {
        (0...1).map { index in
            var status = InstanceStatus(id: InstanceID(id, index), uid: "u", life: 1)
            (status.revision, status.epoch, status.fence) = (revision, 1, fence)
            status.serving = index == 0 ? .stopped : .closed
            status.isDataGone = index == 0
            if index > 0 {
                status.replication = ReplicationReport(
                    role: .replica, link: .connecting(reason: "refused"), received: GroupSample.position(7))
            }
            return status
        }
    }

    private func hear(_ statuses: [InstanceStatus], _ machine: inout ServiceMachine) -> [ServiceMachine.Effect] {
        statuses.flatMap { machine.handle(.status($0), now: now, date: date) }
    }
}

extension [ServiceMachine.Effect] {
    fileprivate var fences: [UInt64] {
        compactMap { if case .apply(let spec) = $0 { spec.fence } else { nil } }
    }

    fileprivate var leaderships: [Leadership] {
        compactMap { if case .commit(.lead(let leadership)) = $0 { leadership } else { nil } }
    }
}
