import Foundation
import Glibc
import RoostModel

extension Storage {
    /// Writes a file so that at every moment, crashes included, the path has the complete old or the complete new
    /// content. Replaces any existing file, a link included. Takes one or two writes of the disk.
    ///
    /// `isDurable` false: after a crash of the machine the file may have the old content, the new one, or be empty.
    /// For files that are written again before they are next read after a crash. Takes some tens of microseconds.
    package static func writeAtomically(
        _ data: Data, to path: String, mode: UInt32 = 0o600, owner: ServerUser? = nil, isDurable: Bool = true
    ) throws(HostError) {
        let (parentPath, name) = try Path.split(path)
        let parent = try Folder(following: parentPath)
        // The name is random, because two tasks may write the same file at once; each then wins or loses as a whole.
        let temporary = FileName(".\(name.text).\(UInt64.random(in: .min ... .max))\(unfinished)")
        do throws(HostError) {
            let file = try parent.makeFile(temporary)
            try file.write(data.bytes, at: 0)
            try file.setOwner(uid: owner?.uid ?? geteuid(), gid: owner?.gid ?? getegid(), mode: mode_t(mode))
            if isDurable { try file.sync() }
            try parent.rename(temporary, to: name)
            if isDurable { try parent.sync() }
        } catch {
            // The first error is reported. A temporary file that cannot be removed now is swept at the next start.
            try? parent.unlink(temporary)
            throw error
        }
    }
}
