import Glibc
import RoostModel

extension Storage {
    /// What stands under a name, not following a link.
    package struct Entry: Equatable, Sendable {
        package let isFolder: Bool
        /// The owner's user id.
        package let owner: UInt32
    }

    /// Nil when there is nothing at `path`.
    package static func look(at path: String) throws(HostError) -> Entry? {
        guard let status = try FileStatus.ifPresent(path) else { return nil }
        return Entry(isFolder: status.kind == .folder, owner: status.raw.st_uid)
    }
}
