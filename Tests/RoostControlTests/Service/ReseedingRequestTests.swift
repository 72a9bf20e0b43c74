import Foundation
import RoostControl
import RoostModel
import Testing

/// Requests of users for new data of a replica: which ones are refused, and when.
@Suite struct ReseedingRequestTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let index: Int
        let code: ProblemCode
        let message: String
        var next: [String] = []
        let change: @Sendable (inout Service) -> Void

        init(
            _ name: String, _ index: Int, _ code: ProblemCode, _ message: String, next: [String] = [],
            _ change: @escaping @Sendable (inout Service) -> Void = { _ in }
        ) {
            (testDescription, self.index, self.code, self.message) = (name, index, code, message)
            (self.next, self.change) = (next, change)
        }
    }

    static let refused: [Row] = [
        Row("no such instance", 7, .instanceNotFound, "'data' has no instance 7", next: ["roost info data"]),
        Row(
            "the primary", 0, .conflict, "data.0 is the primary, whose data the replicas get",
            next: ["roost resync data.1", "roost resync data.2"]),
        Row(
            "the primary of today", 1, .conflict, "data.1 is the primary, whose data the replicas get",
            next: ["roost resync data.0", "roost resync data.2"]
        ) { $0.status.primary = 1 },
        Row(
            "a service without replicas", 0, .conflict, "'data' has no replicas whose data could be replaced",
            next: ["roost info data"]
        ) { $0.status.members.removeAll { $0.index > 0 } },
        Row(
            "a service whose replicas are leaving", 1, .conflict,
            "'data' has no replicas whose data could be replaced", next: ["roost info data"]
        ) { service in
            for place in 1...2 { service.status.members[place].leaving = "s" }
        },
        Row("a custom service", 1, .usage, "'data' is a custom service, which has no replicas") {
            $0.spec.custom = CustomPlace(user: ServerUser(name: "roost02", uid: 2, gid: 2), ports: [])
        },
        Row("a leaving member", 2, .conflict, "data.2 is being removed") { $0.status.members[2].leaving = "s" },
        Row(
            "a member without data", 2, .conflict, "data.2 is still being created from the primary's data",
            next: ["roost wait data"]
        ) { $0.status.members[2].seeded = false },
        Row(
            "a member that was asked for before", 1, .conflict,
            "the data of data.1 is already being replaced by the primary's", next: ["roost wait data"]
        ) { $0.spec.resyncs = [1: 2] },
        Row(
            "a member that heals by itself", 1, .conflict,
            "the data of data.1 is already being replaced by the primary's", next: ["roost wait data"]
        ) { $0.status.members[1].reseeding = .init(keep: "k", reason: "broken") },
    ]

    @Test(arguments: refused) func refuses(_ row: Row) throws {
        var service = try MembershipTests.service([0, 1, 2], wanted: 3)
        row.change(&service)
        let problem = #expect(throws: Problem.self) { try Reseeding.check(row.index, of: service) }
        #expect(problem?.code == row.code)
        #expect(problem?.message == row.message)
        #expect(problem?.nextSteps == row.next)
    }

    @Test func aReplicaWithDataMayBeAskedForAgainAndAgain() throws {
        var service = try MembershipTests.service([0, 1, 2], wanted: 3)
        #expect(throws: Never.self) { try Reseeding.check(1, of: service) }
        // The request was taken up, and the replica has the data.
        service.spec.resyncs = [1: 2]
        service.status.members[1].reseeded = 2
        #expect(throws: Never.self) { try Reseeding.check(1, of: service) }
    }
}
