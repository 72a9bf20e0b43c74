import RoostAgentProtocol
import RoostHost
import RoostModel
import Testing

@testable import RoostAgent

@Suite struct ClaimTests {
    private let pool = [ServerUser(name: "roost01", uid: 1, gid: 1), ServerUser(name: "roost02", uid: 2, gid: 2)]

    private func claim(
        besides taken: Set<String> = [], _ claim: (ServerUser) -> UserRegister.Claim
    ) -> ClaimUser.Answer { MachineAnswers.claimAny(of: pool, besides: taken, claim) }

    @Test func givesEachApplicationAUserOfItsOwn() {
        #expect(claim { _ in .ours } == .ours(pool[0]))
        #expect(claim(besides: ["roost01"]) { _ in .ours } == .ours(pool[1]))
        #expect(claim(besides: ["roost01", "roost02"]) { _ in .ours } == .allTaken(of: 2, byHomes: []))
        // A second home of this machine has the first user.
        let first = { (user: ServerUser) -> UserRegister.Claim in
            user.name == "roost01" ? .taken(byHome: "/b") : .ours
        }
        #expect(claim(first) == .ours(pool[1]))
        #expect(claim(besides: ["roost02"], first) == .allTaken(of: 2, byHomes: ["/b"]))
        #expect(claim { _ in .unknown("a broken disk") } == .unknown(reason: "a broken disk"))
    }
}
