import RoostAgentProtocol
import RoostModel
import Testing

@testable import RoostControlPlane

@Suite struct UserWatchTests {
    /// Rows: users shared with other homes, users missing from the register, and the kinds of events that follow.
    @Test(
        arguments: [
            (shared: [:], missing: [], kinds: []),
            (shared: [:], missing: ["roost02", "roost01"], kinds: ["users_entered"]),
            (shared: ["roost01": "/b"], missing: [], kinds: ["user_shared"]),
            (shared: ["r1": "/b"], missing: ["r2"], kinds: ["user_shared", "users_entered"]),
        ] as [(shared: [String: String], missing: Set<String>, kinds: [String])])
    func whatTheRegisterLacksIsTold(_ case: (shared: [String: String], missing: Set<String>, kinds: [String])) {
        let answer = ReviewUsers.Answer(shared: `case`.shared, missing: `case`.missing, home: "/a")
        #expect(UserWatch.texts(answer).map(\.kind) == `case`.kinds)
    }
}
