import Foundation
import RoostHost
import RoostModel

/// The system users of a home that was removed from this machine.
package enum HomeUsers {
    /// Removes the socket folder of a home that is gone and whose servers have ended. If the removal fails, a reboot
    /// empties the folder.
    private static func removeRunFolder(of home: String) {
        guard Machine.isRoot else { return }
        try? FileManager.default.removeItem(atPath: "\(SocketFolder.ofRoot)/\(HomeFolder.tag(of: home))")
    }

    /// Frees the home's users for other homes, and returns their names.
    package static func forget(_ home: String) throws(Problem) -> [String] {
        let outcome: UserRegister.Forgetting
        do { outcome = try UserRegister.shared.forget(home: home) } catch { throw Problem(.failed, "\(error)") }
        switch outcome {
        case .forgotten(let users):
            removeRunFolder(of: home)
            return users
        case .notListed: throw Problem(.notFound, "no system users are listed for the home \(home)")
        case .inUse(let users):
            throw Problem(
                .conflict,
                "servers run as \(users.joined(separator: ", ")): the home \(home) is in use, "
                    + "in mounts that are not visible here",
                next: ["roostd stop --services, where the home is mounted"])
        case .stands:
            throw Problem(
                .conflict, "the home \(home) still exists, and its servers' files belong to its users",
                next: ["remove the folder first", "or destroy its applications: roost destroy -A NAME"])
        }
    }
}
