import Testing

@testable import RoostAgent

@Suite struct MemberPasswordTests {
    /// Servers that run have this password: it never becomes another one.
    @Test func theFirstPasswordIsThatOfOlderVersions() {
        #expect(
            MemberPassword.text(1, "u", 0, key: "secret")
                == "29cbdd711dfa900b3400f0890f2b750f1286977ec711101a3d5075976deae0ac")
    }

    @Test func everyMemberServiceKeyAndNumberHasItsOwn() {
        let passwords = [
            MemberPassword.text(1, "u", 0, key: "a"), MemberPassword.text(2, "u", 0, key: "a"),
            MemberPassword.text(1, "v", 0, key: "a"), MemberPassword.text(1, "u", 0, key: "b"),
            MemberPassword.text(1, "u", 1, key: "a"), MemberPassword.text(1, "u", 2, key: "a"),
        ]
        #expect(Set(passwords).count == passwords.count)
        #expect(passwords.allSatisfy { $0.count == 64 })
    }
}
