import Glibc
import RoostModel

/// The system users that servers run as.
package enum ServerUsers {
    /// The users `roost01` … `roost64` that `scripts/setup` has made. Blocks while the name service answers.
    package static func pool(prefix: String = "roost") -> [ServerUser] {
        (1...64).compactMap { number in
            let user = user(named: "\(prefix)\(number < 10 ? "0" : "")\(number)")
            // Never root, whatever the user database says.
            return user?.uid == 0 ? nil : user
        }
    }

    /// The user of this process: servers run as this user where roostd is not root.
    package static var caller: ServerUser {
        let uid = geteuid()
        return lookUp { getpwuid_r(uid, $0, $1, $2, $3) } ?? ServerUser(name: String(uid), uid: uid, gid: getegid())
    }

    package static func user(named name: String) -> ServerUser? {
        lookUp { getpwnam_r(name, $0, $1, $2, $3) }
    }

    private typealias Query = (
        UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
        UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
    ) -> Int32

    private static func lookUp(_ query: Query) -> ServerUser? {
        // A directory service may answer with more than the usual few hundred bytes.
        for size in [1 << 12, 1 << 16, 1 << 20] {
            var entry = passwd()
            var found: UnsafeMutablePointer<passwd>?
            let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
            defer { buffer.deallocate() }
            let result = query(&entry, buffer, size, &found)
            if result == ERANGE { continue }
            guard result == 0, found != nil else { return nil }
            return ServerUser(name: String(cString: entry.pw_name), uid: entry.pw_uid, gid: entry.pw_gid)
        }
        return nil
    }
}
