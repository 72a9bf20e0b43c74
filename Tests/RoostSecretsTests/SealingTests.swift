import Crypto
import Foundation
import RoostModel
import Testing

@testable import RoostSecrets

/// Sealed texts are read by their key under their name, and by nothing else.
@Suite struct SealingTests {
    let key = HomeKey.random()

    @Test(arguments: [
        "", "x", "correct horse battery staple", "pässwörd \u{1F980}\0\n", String(repeating: "a", count: 100_000),
    ])
    func opensWhatItSealed(_ text: String) throws {
        let sealed = try key.seal(text, context: "ramen/data/password")
        #expect(try key.open(sealed, context: "ramen/data/password") == text)
        #expect(text.count < 4 || !sealed.rawValue.contains(text))
    }

    @Test func theSameTextIsSealedDifferentlyEachTime() throws {
        #expect(try key.seal("text", context: "c") != key.seal("text", context: "c"))
    }

    @Test(arguments: ["ramen/data/administration", "ramen/data/passwor", "ramen/data/password ", ""])
    func refusesASecretUnderAnotherName(_ context: String) throws {
        let sealed = try key.seal("text", context: "ramen/data/password")
        #expect(throws: SecretsError.wrongContext(context: context)) { try key.open(sealed, context: context) }
    }

    @Test func refusesAnotherHomesSecret() throws {
        let sealed = try HomeKey.random().seal("text", context: "c")
        #expect(throws: SecretsError.wrongKey(context: "c")) { try key.open(sealed, context: "c") }
    }

    /// Every single bit of the envelope is guarded.
    @Test func noticesEveryChangedBit() throws {
        let sealed = try key.seal("text", context: "c")
        let envelope = try #require(Data(base64Encoded: String(sealed.rawValue.dropFirst(3))))
        #expect(envelope.count == 8 + 8 + 12 + 4 + 16)
        for bit in 0..<envelope.count * 8 {
            var changed = envelope
            changed[bit / 8] ^= 1 << (bit % 8)
            let expected: SecretsError =
                switch bit / 8 {
                case 0..<8: .wrongKey(context: "c")
                case 8..<16: .wrongContext(context: "c")
                default: .tampered(context: "c")
                }
            #expect(throws: expected, "bit \(bit)") {
                try key.open(SealedSecret(rawValue: "v1:" + changed.base64EncodedString()), context: "c")
            }
        }
    }

    @Test func noticesEveryCut() throws {
        let sealed = try key.seal("text", context: "c")
        let envelope = try #require(Data(base64Encoded: String(sealed.rawValue.dropFirst(3))))
        for length in 0..<envelope.count {
            let cut = SealedSecret(rawValue: "v1:" + envelope.prefix(length).base64EncodedString())
            #expect(throws: SecretsError.self, "length \(length)") { try key.open(cut, context: "c") }
        }
    }

    @Test(arguments: ["", "v1:", "v1:!", "v2:AAAA", "text", "v1:" + String(repeating: "A", count: 40)])
    func saysWhatWasNeverSealed(_ text: String) {
        #expect(throws: SecretsError.notSealed(context: "c")) {
            try key.open(SealedSecret(rawValue: text), context: "c")
        }
    }

    /// Sealed by another implementation of the format, with a key of 32 bytes 7: old sealed texts must open for ever.
    @Test func opensWhatEarlierVersionsSealed() throws {
        let key = HomeKey(SymmetricKey(data: Data(repeating: 7, count: 32)))
        let sealed = SealedSecret(rawValue: "v1:FQRJ2lgt2ZftjVrP4VU1jQEBAQEBAQEBAQEBAaY03w1x662NwwKwC8zk9BNqjehpiEQ=")
        #expect(try key.open(sealed, context: "ramen/data/password") == "sesame")
    }

    @Test func showsNothingOfItself() throws {
        let root = Data((0..<32).map { _ in UInt8.random(in: 0...255) })
        let key = HomeKey(SymmetricKey(data: root))
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), String(describing: Optional(key)), dumped] {
            #expect(text.contains("HomeKey(hidden)"))
            #expect(text.count < 40, "\(text)")
        }
        #expect(Mirror(reflecting: key).children.isEmpty)
    }
}
