import Foundation
import RoostModel
import Testing

@testable import RoostSecrets

@Suite struct PasswordTests {
    @Test func passwordsAreLettersAndDigitsOfAtLeast128Bits() {
        let passwords = (0..<500).map { _ in Passwords.generate() }
        #expect(Set(passwords).count == 500)
        for password in passwords {
            #expect(
                password.utf8.allSatisfy { byte in
                    Character(UnicodeScalar(byte)).isLetter || Character(UnicodeScalar(byte)).isNumber
                })
            #expect(Double(password.count) * log2(62) >= 128)
        }
    }

    /// 500 passwords hold 12,000 characters, so each of 62 comes 193 times; a missing or doubled one is far outside.
    @Test func everyCharacterIsEquallyLikely() {
        var counts: [Character: Int] = [:]
        for _ in 0..<500 { for letter in Passwords.generate() { counts[letter, default: 0] += 1 } }
        #expect(counts.count == 62)
        for (letter, count) in counts { #expect((90...320).contains(count), "\(letter)") }
    }

    @Test(arguments: [1, 4, 16]) func identifiersAreLowerCaseAndOfTheirLength(_ length: Int) {
        let identifier = Passwords.identifier(bytes: length)
        #expect(identifier.count == 2 * length)
        #expect(identifier.allSatisfy { "0123456789abcdef".contains($0) })
    }

    @Test func tokensAreKnownByTheirHashAlone() throws {
        let token = TokenHash.makeToken()
        #expect(token.hasPrefix("roost_"))
        #expect(Double(token.count - 6) * log2(62) >= 160)
        let hash = TokenHash(of: token)
        #expect(hash.matches(token))
        #expect(!hash.matches(TokenHash.makeToken()))
        #expect(!hash.matches(""))
        #expect(!hash.matches(token + "x"))

        let stored = try JSON.encode(hash)
        #expect(!String(decoding: stored, as: UTF8.self).contains(token.dropFirst(6)))
        #expect(try JSON.decode(TokenHash.self, from: stored) == hash)
    }

    /// FIPS 180-2, appendix B.1.
    @Test func hashesAreSHA256() {
        #expect(
            TokenHash(of: "abc").rawValue == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test(arguments: ["\"\"", "\"ba78\"", "\"\(String(repeating: "G", count: 64))\"", "1"])
    func readsNoHashFromSomethingElse(_ text: String) {
        #expect(throws: DecodingError.self) { try JSON.decode(TokenHash.self, from: Data(text.utf8)) }
    }
}
