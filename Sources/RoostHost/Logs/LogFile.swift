import CHost
import Glibc
import RoostModel

/// A server's log: one file that the server appends to, with older parts beside it as `<path>.1`, `<path>.2` …
///
/// The folder belongs to the server's user. So links in it are never followed, and files that are not regular are
/// left alone.
package enum LogFile {
    /// Moves the older part of a log that has grown over a size to `<path>.1`, keeping `keep` such parts (1 or more).
    /// Returns whether the log was rotated. Takes as long as writing that part to the disk.
    ///
    /// The server keeps the log open and is not asked to reopen it. On ext4 and XFS the older part is cut out of the
    /// open file, up to the end of a block (a line may begin in one file and end in the next), and no line is lost.
    /// Where that is not possible the log is copied and truncated: lines that the server writes between the last read
    /// and the truncation, some microseconds, are lost. A crash in between may leave lines in both files, never in
    /// neither.
    @discardableResult
    package static func rotate(_ path: String, over limit: ByteCount, keep: Int) throws(HostError) -> Bool {
        try rotate(path, over: limit, keep: keep, cut: { chost_collapse_head($0, off_t($1)) == 0 })
    }

    /// `cut` removes a number of bytes from the head of a file, and returns false if it cannot: an argument for the
    /// tests.
    static func rotate(
        _ path: String, over limit: ByteCount, keep: Int, cut: (Int32, Int64) -> Bool
    ) throws(HostError) -> Bool {
        let (folderPath, name) = try Path.split(path)
        let folder = try Folder(folderPath)
        guard let status = try folder.statusIfPresent(of: name), status.kind == .regular, status.size > limit.bytes
        else { return false }
        let log = try folder.logToRotate(name)
        // At least one byte must stay behind the cut.
        let block = try log.blockSize()
        let head = (try log.status().size - 1) / block * block
        guard head > 0 else { return false }

        let part = FileName("\(name.text).1\(Storage.unfinished)")
        try folder.unlink(part)
        let copy = try folder.makeFile(part)
        do throws(HostError) {
            try CopyBuffer().copyData(of: log, size: head, to: copy)
            try copy.setOwner(uid: status.uid, gid: status.gid, mode: status.permissions)
            try copy.sync()
            // A follower must see the new part and the shorter log as one step. A server's user could hold the lock for
            // ever: after a second, go on without.
            _ = FileLock.take(LOCK_EX, of: log.descriptor, patience: .seconds(1))
            try shiftParts(of: name, in: folder, keep: max(1, keep))
            try folder.rename(part, to: FileName("\(name.text).1"))
            try folder.sync()
        } catch {
            // The first error is reported. The next rotation also removes an unfinished part.
            try? folder.unlink(part)
            throw error
        }
        // Cut the log only now that the part is durable under its final name. The lock ends with the descriptor.
        if !cut(log.descriptor, head) { try moveRest(of: log, from: head, to: copy) }
        return true
    }

    /// The older parts, newest first, up to the first gap in the numbers.
    static func parts(of name: FileName, in folder: borrowing Folder) throws(HostError) -> [(FileName, FileStatus)] {
        var found: [(FileName, FileStatus)] = []
        while let status = try folder.statusIfPresent(of: FileName("\(name.text).\(found.count + 1)")) {
            guard status.kind == .regular, found.count < 1000 else { break }
            found.append((FileName("\(name.text).\(found.count + 1)"), status))
        }
        return found
    }

    private static func shiftParts(of name: FileName, in folder: borrowing Folder, keep: Int) throws(HostError) {
        let parts = try parts(of: name, in: folder)
        for index in parts.indices.reversed() {
            if index + 1 >= keep {
                try folder.unlink(parts[index].0)
            } else {
                try folder.rename(parts[index].0, to: FileName("\(name.text).\(index + 2)"))
            }
        }
    }

    /// Appends the rest of the log to the part and empties the log. All but the last bytes are on the disk before the
    /// log is emptied.
    private static func moveRest(
        of log: borrowing OpenFile, from head: Int64, to part: borrowing OpenFile
    ) throws(HostError) {
        let buffer = CopyBuffer()
        let synced = try buffer.copyTail(of: log, from: head, to: part)
        try part.sync()
        _ = try buffer.copyTail(of: log, from: synced, to: part)
        try log.resize(to: 0)
        try part.sync()
    }
}

extension CopyBuffer {
    /// Copies everything from an offset to the same offset of the target, and returns the offset of the source's end.
    func copyTail(of source: borrowing OpenFile, from: Int64, to target: borrowing OpenFile) throws(HostError) -> Int64
    {
        var offset = from
        while true {
            let count = try source.read(into: bytes, at: offset)
            if count == 0 { return offset }
            try target.write(UnsafeRawBufferPointer(rebasing: bytes[..<count]), at: offset)
            offset += Int64(count)
        }
    }
}

extension Folder {
    /// Opens a log for reading; nil if there is none.
    func log(_ name: FileName) throws(HostError) -> OpenFile? {
        guard let status = try statusIfPresent(of: name) else { return nil }
        guard status.kind == .regular else { throw .unfitFile(path: path(of: name), reason: "is not a regular file") }
        do throws(HostError) {
            let log = try file(name)
            guard try log.status().kind == .regular else {
                throw .unfitFile(path: path(of: name), reason: "is not a regular file")
            }
            return log
        } catch {
            if error.isMissing { return nil }
            throw error
        }
    }

    fileprivate func logToRotate(_ name: FileName) throws(HostError) -> OpenFile {
        let path = path(of: name)
        let descriptor = openat(self.descriptor, name.bytes, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw .last("open", path) }
        let log = OpenFile(descriptor: descriptor, path: path)
        let status = try log.status()
        // A hard link could be another user's file, which would be cut.
        guard status.kind == .regular, status.links == 1 else {
            throw .unfitFile(path: path, reason: "is not a log file: it must be a regular file without hard links")
        }
        return log
    }
}

extension OpenFile {
    fileprivate func blockSize() throws(HostError) -> Int64 {
        var raw = statvfs()
        guard fstatvfs(descriptor, &raw) == 0 else { throw .last("inspect the file system of", path) }
        return max(1, Int64(raw.f_bsize))
    }
}
