import Foundation
import RoostControl
import RoostModel
import Testing

@Suite struct MembershipTests {
    static func member(_ index: Int, seeded: Bool = true, leaving: String? = nil) throws -> ServiceStatus.Member {
        ServiceStatus.Member(
            index: index, host: "local", port: try #require(PortNumber(22000 + index)),
            internalPort: try #require(PortNumber(31000 + index)), serverID: UInt32(index + 1), seeded: seeded,
            leaving: leaving)
    }

    /// A service with members of these indices, one of which is the primary.
    static func service(
        _ indices: [Int], wanted: Int, primary: Int = 0, _ change: (inout Service) -> Void = { _ in }
    ) throws -> Service {
        var service = try Samples.service("data", ServiceSettings(instances: wanted, memory: .mebibytes(64)))
        service.status.members = try indices.map { try member($0) }
        service.status.primary = primary
        change(&service)
        return service
    }

    static let changes: [(members: [Int], primary: Int, wanted: Int, joining: [Int], leaving: [Int])] = [
        ([0], 0, 3, [1, 2], []), ([0, 2], 2, 3, [1], []), ([0, 1, 2], 0, 1, [], [1, 2]), ([0, 1, 2], 0, 2, [], [2]),
        // The primary stays, whatever its number.
        ([0, 1, 2], 2, 1, [], [0, 1]), ([0, 1, 2], 2, 2, [], [1]),
    ]

    @Test(arguments: changes)
    func theHighestNumberedReplicasGoAndTheLowestNumbersAreFilled(
        _ members: [Int], _ primary: Int, _ wanted: Int, _ joining: [Int], _ leaving: [Int]
    ) throws {
        let change = try #require(
            Membership.change(try Self.service(members, wanted: wanted, primary: primary)))
        #expect(change.joining == joining && change.leaving == leaving)
    }

    @Test func nothingChangesAmidSomethingElse() throws {
        #expect(Membership.change(try Self.service([0, 1], wanted: 2)) == nil)
        #expect(Membership.change(try Self.service([0], wanted: 2) { $0.status.members[0].seeded = false }) == nil)
        let ending = try Self.service([0], wanted: 2) { $0.spec.deletion = .init(keep: nil) }
        #expect(Membership.change(ending) == nil)
        let asked = try Self.service([0, 1], wanted: 3) {
            $0.spec.advance()
            $0.spec.ask(for: .promote(to: 1))
        }
        #expect(Membership.change(asked) == nil)
        // A member that leaves does not count among those that stay.
        let leaving = try Self.service([0, 1], wanted: 1) { $0.status.members[1].leaving = "s" }
        #expect(Membership.change(leaving) == nil)
    }

    @Test func aChangeIsStoredOnceAndForTheServiceItIsOf() throws {
        let service = try Self.service([0, 1], wanted: 1)
        let change = try #require(Membership.change(service))
        let status = try #require(try change.applied(to: service, keep: "s") { try Self.member($0) })
        #expect(status.members.map(\.leaving) == [nil, "s-1"])
        #expect(
            try change.applied(to: Service(spec: service.spec, status: status), keep: "t") { try Self.member($0) }
                == nil)
        #expect(status.dismissing(0) == nil)
        #expect(status.dismissing(1)?.members.map(\.index) == [0])
    }

    /// A request for new data of an earlier member with the index is not meant for the member that joins.
    @Test func aMemberThatJoinsHasNoRequestToCatchUpOn() throws {
        let service = try Self.service([0], wanted: 3) { $0.spec.resyncs = [1: 1] }
        let change = try #require(Membership.change(service))
        let status = try #require(try change.applied(to: service, keep: "s") { try Self.member($0) })
        #expect(status.members.map(\.reseeded) == [nil, 1, nil])
        #expect(!Service(spec: service.spec, status: status).isReseeding(1))
    }

    /// An agent of a member that leaves is told what it would be told of a service that ends; the others are not.
    @Test func aMemberThatLeavesIsToldSo() throws {
        let service = try Self.service([0, 1], wanted: 1) { $0.status.members[1].leaving = "s" }
        let application = Application(
            name: service.id.application, user: ServerUser(name: "roost01", uid: 1, gid: 1),
            createdAt: Date(timeIntervalSince1970: 0))
        func goal(_ index: Int) -> Service.Goal {
            InstanceSpec(application: application, service: service, index: index, revision: 1).service.goal
        }
        #expect(goal(0) == .run && goal(1) == .destroy(keep: "s"))
    }
}
