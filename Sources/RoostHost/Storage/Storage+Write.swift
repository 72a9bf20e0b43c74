import Foundation
import Glibc
import RoostModel

extension Storage {
    /// Writes a file so that at every moment, crashes included, its name stands for the old content or the new one in
    /// full. Replaces whatever else bears the name, a link included. Takes one or two writes of the disk.
    ///
    /// `isDurable` false: after a crash of the machine it may be the old content, the new one, or empty. For what is written
    /// anew before it is next read then; takes some tens of microseconds.
    package static func writeAtomically(
        _ data: Data, to path: String, mode: UInt32 = 0o600, owner: ServerUser? = nil, isDurable: Bool = true
    ) throws(HostError) {
        let (parentPath, name) = try Path.split(path)
        let parent = try Folder(following: parentPath)
        // Random, because two tasks may write the same file at once; each then wins or loses as a whole.
        let temporary = FileName(".\(name.text).\(UInt64.random(in: .min ... .max))\(unfinished)")
        do throws(HostError) {
            let file = try parent.makeFile(temporary)
            try file.write(data.bytes, at: 0)
            try file.setOwner(uid: owner?.uid ?? geteuid(), gid: owner?.gid ?? getegid(), mode: mode_t(mode))
            if isDurable { try file.sync() }
            try parent.rename(temporary, to: name)
            if isDurable { try parent.sync() }
        } catch {
            // The first error is the one to tell. What cannot be removed now is swept at the next start.
            try? parent.unlink(temporary)
            throw error
        }
    }
}
