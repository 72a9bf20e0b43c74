import Foundation
import RoostModel
import Testing

@testable import RoostControl

/// The fields of a service's status that a request changes, and the fields that it leaves alone.
@Suite struct StatusDecisionTests {
    private let next = EngineIdentity("mariadb@11.4.2").unsafelyUnwrapped

    @Test func aDirectoryIsSeededOnce() throws {
        var service = try service()
        let decision = decide(.seeded, on: service)
        #expect(decision.status?.members[0].seeded == true && decision.event == nil)
        service.status = try #require(decision.status)
        #expect(decide(.seeded, on: service) == .nothing)
    }

    @Test func aReleaseThatTheMachineHasGoneOnToIsTheServices() throws {
        let decision = decide(.engine(next), on: try service())
        #expect(decision.status?.engine == next && decision.event == "engine_moved")
        #expect(decide(.engine(next), on: try service(.restore(snapshot: "s", keep: "k"))) == .nothing)
    }

    /// An agent goes on unless the answer is a refusal, so these requests must be refused for another service of the
    /// name.
    @Test func whatMustHoldIsRefusedForAnotherServiceOfTheName() throws {
        let step = InstanceRequest.Step.noReturn
        let service = try service(.upgrade(to: next, keep: "k"))
        let before = try Samples.service("data")
        var other = service
        other.status = ServiceStatus(
            uid: "another", engine: before.engine, endpoint: before.endpoint, readEndpoint: before.readEndpoint,
            members: [])
        let request = InstanceRequest(id: 1, of: service, index: 0, step: step)
        #expect(
            StatusDecision.make(request, of: 0, on: other, boot: "b", at: date)
                == .refused("ramen/data is a different service now"))
    }

    @Test func anUpgradeIsStoredBeforeItsServerStartsAndWhenItStands() throws {
        let service = try service(.upgrade(to: next, keep: "k"))
        #expect(decide(.noReturn, on: service).status?.pointOfNoReturn == service.generation)
        let done = decide(.upgraded(to: next), on: service)
        #expect(done.status?.engine == next && done.status?.finishedRequest == service.generation)
        #expect(done.event == "upgraded")
        #expect(decide(.noReturn, on: try self.service()) == .refused("the upgrade is no longer requested"))
    }

    @Test func anUpgradeThatFailedIsGivenUpOrTakenBack() throws {
        let service = try service(.upgrade(to: next, keep: "k"))
        let given = decide(.upgradeAbandoned(reason: "no space"), on: service)
        #expect(given.status?.failedUpgrade?.reason == "no space" && given.status?.procedure == nil)
        #expect(given.status?.finishedRequest == service.generation && given.event == "upgrade_taken_back")
        let taken = decide(.upgradeTakenBack(reason: "it ended"), on: service)
        #expect(taken.status?.procedure?.goal == .restore(snapshot: "k", keep: "k-failed"))
        #expect(taken.status?.finishedRequest == 0, "the restore has to end first")
        var after = service
        after.status = try #require(taken.status)
        #expect(decide(.upgradeTakenBack(reason: "it ended"), on: after) == .nothing)
        #expect(decide(.replaced, on: after).status?.finishedRequest == service.generation)
    }

    @Test func whatWasAskedForSinceIsNotMeant() throws {
        let old = try service(.image(keep: "first", expiresAt: nil))
        let request = InstanceRequest(id: 1, of: old, index: 0, step: .finished)
        var now = old
        now.spec.advance()
        now.spec.ask(for: .image(keep: "second", expiresAt: nil))
        #expect(StatusDecision.make(request, of: 0, on: now, boot: "b", at: date) == .nothing)
        now.spec.deletion = .init(keep: "last")
        #expect(decide(.finished, on: now) == .nothing, "a destruction comes first")
    }

    @Test func whatCouldNotBeDoneIsToldAndOver() throws {
        let service = try service(.move)
        let decision = decide(.abandoned(reason: "no room"), on: service)
        #expect(decision.status?.abandoned?.reason == "no room")
        #expect(decision.status?.finishedRequest == service.generation)
    }

    @Test(arguments: [InstanceRequest.Step.image, .gone])
    func whatChangesNoStatusIsNothing(_ step: InstanceRequest.Step) throws {
        #expect(decide(step, on: try service()) == .nothing)
    }

    /// Images of the data of before are void, and nobody acknowledges what is written from now on yet.
    @Test(arguments: [InstanceRequest.Step.replaced, .upgraded(to: EngineIdentity("mariadb@11.4.2").unsafelyUnwrapped)])
    func theOtherMembersGetTheDataOfAReplacedPrimary(_ step: InstanceRequest.Step) throws {
        var service = try GroupSample.group(voters: [1, 2])
        service.spec.ask(for: step == .replaced ? .restore(snapshot: "s", keep: "k") : .upgrade(to: next, keep: "k"))
        let status = try #require(decide(step, on: service).status)
        #expect(status.epoch == 4 && status.members.map { $0.reseeding != nil } == [false, true, true])
        #expect(status.synchronous == .init(voters: [], isInForce: false, since: date))
        #expect(Set(status.members.compactMap(\.reseeding?.keep)).count == 2)
    }

    /// A copy that was made of the data of before is not taken for a replica of the present ones.
    @Test func dataOfAnotherSeedAreVoid() throws {
        var service = try GroupSample.group(voters: [])
        service.status.members[1].reseeding = .init(keep: "k", reason: "r")
        let request = InstanceRequest(id: 1, of: service, index: 1, step: .seeded)
        func decide() -> StatusDecision { StatusDecision.make(request, of: 1, on: service, boot: "b", at: date) }
        #expect(decide().status?.members[1].reseeding == nil && decide() != .nothing)
        service.status.members[1].reseeding = .init(keep: "another", reason: "r")
        #expect(decide() == .nothing)
        service.status.members[1].reseeding = .init(keep: "k", reason: "r")
        service.status.epoch += 1
        #expect(decide() == .nothing)
    }

    /// The primary alone is restored; the others wait, and none of them is taken for the service's.
    @Test func otherMembersHaveNoPartInARestore() throws {
        var service = try GroupSample.group(voters: [1, 2])
        service.spec.ask(for: .restore(snapshot: "s", keep: "k"))
        let application = Application(
            name: service.id.application, user: ServerUser(name: "roost01", uid: 1, gid: 1),
            order: [service.id.service],
            createdAt: date)
        func goal(_ index: Int) -> Service.Goal {
            InstanceSpec(application: application, service: service, index: index, revision: 1).service.goal
        }
        #expect(goal(0) == .restore(snapshot: "s", keep: "k") && goal(1) == .run)
        let stopped = try GroupSample.statuses {
            $0[0]?.serving = .stopped
            $0[0]?.isDataGone = true
        }
        #expect(Handover.cause(service, stopped, isExpected: false) == nil)
    }

    // MARK: Values

    private let date = Date(timeIntervalSince1970: 1_000)

    private func service(_ goal: Service.Goal = .run) throws -> Service {
        var service = try Samples.service("data", goal: goal)
        let port = try #require(PortNumber(22000))
        let internalPort = try #require(PortNumber(31000))
        service.status.members = [
            ServiceStatus.Member(index: 0, host: "local", port: port, internalPort: internalPort, serverID: 1)
        ]
        return service
    }

    private func decide(_ step: InstanceRequest.Step, on service: Service) -> StatusDecision {
        StatusDecision.make(
            InstanceRequest(id: 1, of: service, index: 0, step: step), of: 0, on: service, boot: "b", at: date)
    }
}

extension StatusDecision {
    fileprivate var status: ServiceStatus? { if case .store(let status, _) = self { status } else { nil } }
    fileprivate var event: String? { if case .store(_, let event) = self { event?.kind } else { nil } }
}
