import RoostAgentProtocol
import RoostHost
import RoostModel
import Testing

@testable import RoostRuntime

@Suite struct UserWatchTests {
    /// What of a home's users is not listed for it, as which events and as which line of `roost doctor`.
    @Test(
        arguments: [
            (UserRegister.Review(), [], nil),
            (.init(missing: ["roost02", "roost01"]), ["users_entered"], "does not list roost01, roost02"),
            (.init(shared: ["roost01": "/b"]), ["user_shared"], "roostd forget-home /b"),
            (.init(shared: ["r1": "/b"], missing: ["r2"]), ["user_shared", "users_entered"], "run as r1"),
        ] as [(UserRegister.Review, [String], String?)])
    func whatTheRegisterLacksIsTold(_ review: UserRegister.Review, _ kinds: [String], _ words: String?) {
        let answer = ReviewUsers.Answer(shared: review.shared, missing: review.missing, home: "/a")
        #expect(UserWatch.texts(answer).map(\.kind) == kinds)
        let finding = LocalHost.finding(review, home: "/a")
        #expect((finding == nil) == (words == nil))
        if let words { #expect(finding?.message.contains(words) == true, "\(finding?.message ?? "")") }
    }
}
