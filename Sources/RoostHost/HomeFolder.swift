import Foundation
import Glibc
import RoostModel

/// The home: the folder that holds all files of one Roost.
package enum HomeFolder {
    /// A longer home path leaves no room for the names of sockets in a socket's address (107 bytes).
    package static let longestPath = 80

    /// Refuses a home with too long a path, or one that a server's user could not reach. `home` need not exist yet.
    package static func check(_ home: String, user: ServerUser?) throws(HostError) {
        guard home.utf8.count <= longestPath else {
            throw .homePathTooLong(home: home, bytes: home.utf8.count, longest: longestPath)
        }
        guard let user, let parts = Path.components(resolved(home)) else { return }
        for count in 0...parts.count {
            let folder = "/" + parts.prefix(count).joined(separator: "/")
            guard let status = try FileStatus.ifPresent(folder) else { return }
            guard isTraversable(status, by: user) else {
                throw .homeNotTraversable(home: home, folder: folder, user: user.name)
            }
        }
    }

    /// Refuses a folder that holds other files and was never a home: roostd would put its own files among them. In a
    /// folder that has a home's lock, names beside `ours` are accepted.
    package static func refuseForeign(_ home: String, ours: Set<String>) throws(HostError) {
        guard try FileStatus.ifPresent(home) != nil else { return }
        let names = try Folder(following: home).names().map(\.text)
        guard !names.contains("roostd.lock"), let foreign = names.sorted().first(where: { !ours.contains($0) }) else {
            return
        }
        throw .homeNotEmpty(home: home, found: foreign)
    }

    /// A short tag that replaces a home's path where the path is too long. The same for every spelling of the path,
    /// and stable across versions.
    package static func tag(of home: String) -> String { digest(resolved(home), length: 10) }

    /// Checks the mode bits alone, as for a user without supplementary groups: servers run without them.
    private static func isTraversable(_ status: FileStatus, by user: ServerUser) -> Bool {
        if user.uid == 0 { return true }
        let bit: mode_t = status.uid == user.uid ? 0o100 : status.gid == user.gid ? 0o010 : 0o001
        return status.permissions & bit != 0
    }

    /// The path with links resolved, as far as it exists.
    private static func resolved(_ path: String) -> String {
        var missing: [String] = []
        var existing = path
        while true {
            if let real = realpath(existing, nil) {
                defer { free(real) }
                let known = Path.components(String(cString: real)) ?? []
                return "/" + (known + missing.reversed()).joined(separator: "/")
            }
            // A relative path, or a path of which nothing exists, is returned unchanged.
            guard let (parent, name) = try? Path.split(existing) else { return path }
            missing.append(name.text)
            existing = parent
        }
    }

    /// A text's FNV-1a hash in digits and small letters. Names must only differ; a deliberate collision gains
    /// nothing.
    static func digest(_ text: String, length: Int) -> String {
        let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 36)
        return String(String(repeating: "0", count: max(0, length - digits.count)) + digits.suffix(length))
    }
}
