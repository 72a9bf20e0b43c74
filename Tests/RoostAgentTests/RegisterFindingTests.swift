import RoostHost
import RoostModel
import Testing

@testable import RoostAgent

@Suite struct RegisterFindingTests {
    /// Rows: a review of the register, and words of the finding in `roost doctor`; nil: there is no finding.
    @Test(
        arguments: [
            (UserRegister.Review(), nil),
            (.init(missing: ["roost02", "roost01"]), "does not list roost01, roost02"),
            (.init(shared: ["roost01": "/b"]), "roostd forget-home /b"),
            (.init(shared: ["r1": "/b"], missing: ["r2"]), "run as r1"),
        ] as [(UserRegister.Review, String?)])
    func whatTheRegisterLacksIsFound(_ review: UserRegister.Review, _ words: String?) {
        let finding = Doctor.finding(review, home: "/a")
        #expect((finding == nil) == (words == nil))
        if let words { #expect(finding?.message.contains(words) == true, "\(finding?.message ?? "")") }
    }
}
