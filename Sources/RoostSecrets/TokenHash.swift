import Crypto
import Foundation
import RoostModel

/// The stored form of a bearer token: its SHA-256, from which the token cannot be recovered.
///
/// A plain hash is enough, where a password would need a slow one: tokens are generated, with 190 random bits each.
package struct TokenHash: Codable, Sendable {
    private static let prefix = "roost_"
    private static let randomCharacters = 32

    /// The hash in lower-case hexadecimal digits.
    package let rawValue: String

    /// A new token, `roost_` and 32 letters and digits. It is shown once and kept nowhere.
    package static func makeToken() -> String {
        prefix + Passwords.alphanumeric(randomCharacters)
    }

    package init(of token: String) {
        rawValue = SHA256.hash(data: Data(token.utf8)).hexadecimal
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        rawValue = try container.decode(String.self)
        guard rawValue.utf8.count == 64, rawValue.allSatisfy({ "0123456789abcdef".contains($0) }) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "no SHA-256 in hexadecimal")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }

    /// Compares in constant time.
    package func matches(_ token: String) -> Bool { self == TokenHash(of: token) }
}

extension TokenHash: Equatable {
    /// Compares in constant time.
    package static func == (left: TokenHash, right: TokenHash) -> Bool {
        let difference = zip(left.rawValue.utf8, right.rawValue.utf8).reduce(0) { $0 | ($1.0 ^ $1.1) }
        return difference == 0 && left.rawValue.utf8.count == right.rawValue.utf8.count
    }
}
