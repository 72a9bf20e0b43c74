import Crypto
import Foundation

/// A stored password verifier for SCRAM-SHA-256 (RFC 5802, RFC 7677), and its check against a password.
struct SCRAMVerifier: Equatable, Sendable {
    let iterations: Int
    let salt: Data
    let storedKey: Data
    let serverKey: Data

    /// More iterations than any server is configured with here: a verifier made by a user must not keep roostd busy.
    private static let mostIterations = 100_000

    init(iterations: Int, salt: Data, storedKey: Data, serverKey: Data) {
        self.iterations = iterations
        self.salt = salt
        self.storedKey = storedKey
        self.serverKey = serverKey
    }

    /// PostgreSQL's form: `SCRAM-SHA-256$4096:SALT$STOREDKEY:SERVERKEY`, in base64. Nil if the text has another form.
    init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "SCRAM-SHA-256" else { return nil }
        let first = parts[1].split(separator: ":", omittingEmptySubsequences: false)
        let second = parts[2].split(separator: ":", omittingEmptySubsequences: false)
        guard first.count == 2, second.count == 2, let iterations = Int(first[0]),
            let salt = Data(base64Encoded: String(first[1])), let stored = Data(base64Encoded: String(second[0])),
            let server = Data(base64Encoded: String(second[1]))
        else { return nil }
        self.init(iterations: iterations, salt: salt, storedKey: stored, serverKey: server)
    }

    /// Generated passwords are ASCII, which SASLprep leaves unchanged.
    func matches(_ password: String) -> Bool {
        guard (1...Self.mostIterations).contains(iterations) else { return false }
        let salted = SymmetricKey(data: Self.salted(password, salt, iterations))
        let client = HMAC<SHA256>.authenticationCode(for: Data("Client Key".utf8), using: salted)
        let server = HMAC<SHA256>.authenticationCode(for: Data("Server Key".utf8), using: salted)
        return Data(SHA256.hash(data: Data(client))) == storedKey && Data(server) == serverKey
    }

    /// `Hi` of the RFC.
    private static func salted(_ password: String, _ salt: Data, _ iterations: Int) -> Data {
        let key = SymmetricKey(data: Data(password.utf8))
        var last = Data(HMAC<SHA256>.authenticationCode(for: salt + Data([0, 0, 0, 1]), using: key))
        var sum = [UInt8](last)
        for _ in 1..<max(iterations, 1) {
            last = Data(HMAC<SHA256>.authenticationCode(for: last, using: key))
            for (index, byte) in last.enumerated() { sum[index] ^= byte }
        }
        return Data(sum)
    }
}
