import CHost
import Glibc
import RoostModel

extension Storage {
    /// The status of one file, not following a link.
    package struct Entry: Equatable, Sendable {
        package let isFolder: Bool
        /// The owner's user id.
        package let owner: UInt32
        /// Differs for another file or another content: made of size, modification time and inode.
        package let fingerprint: String
        package let isPlainFile: Bool
    }

    /// Nil if there is no file at `path`.
    package static func look(at path: String) throws(HostError) -> Entry? {
        guard let status = try FileStatus.ifPresent(path) else { return nil }
        let time = status.raw.st_mtim
        return Entry(
            isFolder: status.kind == .folder, owner: status.raw.st_uid,
            fingerprint: "\(status.size)-\(time.tv_sec).\(time.tv_nsec)-\(status.raw.st_ino)",
            isPlainFile: status.kind == .regular)
    }
}
