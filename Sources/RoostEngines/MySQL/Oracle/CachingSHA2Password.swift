import Crypto
import Synchronization

/// The stored form of a password for `caching_sha2_password`: `$A$`, thousands of rounds in hex, `$`, a salt of 20
/// characters, and a digest of 43 characters.
///
/// The digest is that of "Unix crypt using SHA-256" (U. Drepper), with the longer salt. It was compared with the
/// engine's own for passwords of up to 32 bytes, which Roost's are; for a password of 88 bytes the engine's differs.
enum CachingSHA2Password {
    /// The engine's minimum. Passwords made by Roost hold 128 random bits or more: more rounds would not make them
    /// stronger, but would slow down each uncached sign-on.
    private static let rounds = 5000
    private static let saltLength = 20

    static func hash(_ password: String, salt: String) -> String {
        "$A$005$" + salt + encoded(digest(Array(password.utf8), salt: Array(salt.utf8)))
    }

    /// Deterministic for an account and a password, so that a file written twice has the same content.
    ///
    /// Each look at a server compares its accounts with these texts, and a digest takes milliseconds, so they are kept.
    static func hash(_ password: String, of account: String, key: String) -> String {
        let salt = salt(account: account, password: password, key: key)
        if let text = known.withLock({ $0[salt] }) { return text }
        let text = hash(password, salt: salt)
        known.withLock { known in
            // Rotated passwords and destroyed services leave theirs behind.
            if known.count >= mostKnown { known.removeAll() }
            known[salt] = text
        }
        return text
    }

    /// By salt, which is one of 2^120 and different for each account, password and key.
    private static let known = Mutex<[String: String]>([:])
    private static let mostKnown = 2000

    /// Without `key` the salt reveals neither account nor password.
    static func salt(account: String, password: String, key: String) -> String {
        let message = Array("\(account)\0\(password)".utf8)
        let code = HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: Array(key.utf8)))
        return String(decoding: code.prefix(saltLength).map { alphabet[Int($0 & 63)] }, as: UTF8.self)
    }

    static func randomSalt() -> String {
        String(decoding: (0..<saltLength).map { _ in alphabet[Int.random(in: 0..<64)] }, as: UTF8.self)
    }

    // MARK: The digest

    private static func digest(_ password: [UInt8], salt: [UInt8]) -> [UInt8] {
        let start = start(password, salt)
        let p = repeated(sha(repeatElement(password, count: password.count).flatMap(\.self)), to: password.count)
        let s = repeated(sha(repeatElement(salt, count: 16 + Int(start[0])).flatMap(\.self)), to: salt.count)
        return (0..<rounds).reduce(start) { digest, round in
            var message = round % 2 == 1 ? p : digest
            if round % 3 != 0 { message += s }
            if round % 7 != 0 { message += p }
            message += round % 2 == 1 ? digest : p
            return sha(message)
        }
    }

    private static func start(_ password: [UInt8], _ salt: [UInt8]) -> [UInt8] {
        let inner = sha(password + salt + password)
        var message = password + salt + repeated(inner, to: password.count)
        var bits = password.count
        while bits > 0 {
            message += bits & 1 == 1 ? inner : password
            bits >>= 1
        }
        return sha(message)
    }

    private static func sha(_ message: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: message)) }

    private static func repeated(_ bytes: [UInt8], to count: Int) -> [UInt8] {
        (0..<count).map { bytes[$0 % bytes.count] }
    }

    // MARK: Its text

    private static let alphabet = Array("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// Encodes three bytes as four characters, the lowest six bits first. The bytes of a triple are ten apart, and
    /// each triple starts one place earlier in that circle.
    private static func encoded(_ digest: [UInt8]) -> String {
        var text: [UInt8] = []
        func append(_ bits: Int, _ count: Int) {
            for place in 0..<count { text.append(alphabet[bits >> (6 * place) & 63]) }
        }
        var (high, middle, low) = (0, 10, 20)
        for _ in 0..<10 {
            append(Int(digest[high]) << 16 | Int(digest[middle]) << 8 | Int(digest[low]), 4)
            (high, middle, low) = (low + 1, high + 1, middle + 1)
        }
        append(Int(digest[31]) << 8 | Int(digest[30]), 3)
        return String(decoding: text, as: UTF8.self)
    }
}
