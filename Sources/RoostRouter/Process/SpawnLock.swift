import Foundation
import Glibc

/// The lock that roostd started this router with: while it is held, the home's router runs. A draining router must
/// release it, or no other could be started for as long as its last connection lives.
enum SpawnLock {
    static func release(in folder: String) {
        // The lock is inherited under an unknown descriptor number, so it is found by its path.
        let own = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        for number in own.compactMap({ CInt($0) }) {
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(number)")
            if target == "\(folder)/spawn.lock" { close(number) }
        }
    }
}
