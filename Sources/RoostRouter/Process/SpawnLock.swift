import Foundation
import Glibc

/// The lock that roostd started this router with: it means that the router of the home runs. One that drains is not it
/// any more, and must let go, or no other could be started for as long as its last connection lives.
enum SpawnLock {
    static func release(in folder: String) {
        // Inherited: no number of a descriptor is known, but the name behind it is.
        let own = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        for number in own.compactMap({ CInt($0) }) {
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(number)")
            if target == "\(folder)/spawn.lock" { close(number) }
        }
    }
}
