import Foundation
import RoostModel
import Testing

/// The result of a comparison of members, in words and as a document.
@Suite struct MembersComparisonTests {
    static func member(_ name: String, _ states: [MembersComparison.TableState], reason: String? = nil)
        -> MembersComparison.Member
    {
        var member = MembersComparison.Member(name, reason: reason)
        for (number, state) in states.enumerated() { member.add(state, "shop.t\(number)") }
        return member
    }

    static func comparison(_ members: MembersComparison.Member...) -> MembersComparison {
        MembersComparison(primary: "data.0", members: members)
    }

    @Test func isOneClause() {
        let equal = Self.comparison(
            Self.member("data.1", [.equal, .equal]), Self.member("data.2", [.equal, .equal]))
        #expect(equal.summary == "2 tables equal on 2 members" && equal.isEqual && !equal.hasDifference)
        #expect(Self.comparison(Self.member("data.1", [.equal])).summary == "1 table equal on 1 member")
        let mixed = Self.comparison(
            Self.member("data.1", [.equal, .differs(reason: "x"), .notCompared(reason: "y")]),
            Self.member("data.2", [], reason: "it is not up"))
        #expect(
            mixed.summary
                == "data.1: 1 table differs, 1 table not compared, 1 table equal; data.2: not compared to the end: it is not up"
        )
        #expect(mixed.hasDifference && !mixed.isEqual)
        let absent = Self.comparison(Self.member("data.1", [], reason: "it is not up"))
        #expect(!absent.hasDifference && !absent.isEqual)
    }

    @Test func namesABoundedNumberOfTables() {
        let member = Self.member("data.1", Array(repeating: .differs(reason: "x"), count: 150))
        #expect(member.differing == 150 && member.tables.count == MembersComparison.mostNamed)
    }

    @Test func isTheSameAfterJSON() throws {
        var found = Self.comparison(
            Self.member("data.1", [.equal, .notCompared(reason: "y")]),
            Self.member("data.2", [], reason: "it is not up"))
        found.leftOut = [.init("shop.cache", .leftOut, "it is kept in memory")]
        let data = try JSON.encode(found)
        #expect(try JSON.decode(MembersComparison.self, from: data) == found)
        let text = String(decoding: data, as: UTF8.self)
        #expect(text.contains("\"left_out\"") && text.contains("\"not_compared\"") && text.contains("\"reason\":null"))
    }

    @Test func operationsOfAnOlderRoostHaveNone() throws {
        let text = """
            {"id":"op1","kind":"push","application":null,"service":null,"state":"done","steps":[],"error":null,
            "result":null,"notes":[],"started_at":"2026-11-21T06:44:06.120Z","ended_at":null}
            """
        #expect(try JSON.decode(OperationInfo.self, from: Data(text.utf8)).comparison == nil)
    }
}
