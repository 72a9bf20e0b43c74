import Crypto
import Foundation
import RoostModel

/// The stored form of a password for `mysql_native_password`: `*` and the double SHA-1 in hex.
///
/// The protocol fixes the algorithm. Passwords here are random with 128 bits or more, so a stolen hash reveals
/// nothing.
enum NativePassword {
    static func hash(_ password: String) -> String {
        let once = Insecure.SHA1.hash(data: Data(password.utf8))
        return "*" + Insecure.SHA1.hash(data: Data(once)).hexadecimal.uppercased()
    }
}
