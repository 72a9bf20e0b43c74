import Crypto
import Foundation
import RoostModel

/// The header that proves to a receiver who sent a notification, and when. Pure.
///
/// The time is part of what is signed, so that an old notification cannot be sent again by others.
enum WebhookSignature {
    /// `t=1764576000,v1=5f…`: the HMAC-SHA256 of `1764576000.BODY` in hexadecimal digits.
    static func header(secret: String, body: String, at time: Date) -> String {
        let seconds = Int64(time.timeIntervalSince1970)
        let code = HMAC<SHA256>.authenticationCode(
            for: Data("\(seconds).\(body)".utf8), using: SymmetricKey(data: Data(secret.utf8)))
        return "t=\(seconds),v1=\(code.hexadecimal)"
    }
}
