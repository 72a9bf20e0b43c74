import Foundation
import Glibc
import RoostModel

/// File-system calls below the store, for durable and private files.
enum StoreFile {
    enum Kind: Equatable {
        case absent
        case empty
        case file
        case other
    }

    static func kind(of path: String) throws(StoreError) -> Kind {
        var status = stat()
        guard stat(path, &status) == 0 else {
            let code = errno
            guard code == ENOENT else { throw failure("cannot examine", path, code) }
            return .absent
        }
        guard status.st_mode & S_IFMT == S_IFREG else { return .other }
        return status.st_size == 0 ? .empty : .file
    }

    /// Makes an empty file that only its owner may read. Fails if the file exists.
    static func create(_ path: String) throws(StoreError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("cannot create", path, errno) }
        close(descriptor)
    }

    /// Flushes a file, or a folder's list of names, to the disk.
    static func sync(_ path: String) throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot open", path, errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("cannot flush", path, errno) }
    }

    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Gives a finished draft its final path. False if that path is taken; the draft is then left.
    static func publish(_ draft: String, as path: String) throws(StoreError) -> Bool {
        try sync(draft)
        guard link(draft, path) == 0 else {
            let code = errno
            guard code == EEXIST else { throw failure("cannot create", path, code) }
            return false
        }
        try sync(folder(of: path))
        return true
    }

    /// Replaces an earlier file with a finished one, in one atomic step.
    static func replace(_ path: String, by draft: String) throws(StoreError) {
        try sync(draft)
        try move(draft, to: path)
        try sync(folder(of: path))
    }

    static func move(_ path: String, to target: String) throws(StoreError) {
        guard rename(path, target) == 0 else { throw failure("cannot rename", path, errno) }
    }

    /// Removes an unfinished file of ours, which may be absent.
    static func discard(_ path: String) throws(StoreError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw failure("cannot remove", path, errno) }
    }

    /// The free space for unprivileged writers in the file system that holds `path`. Nil if it cannot be read.
    static func room(at path: String) -> ByteCount? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let bytes = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return ByteCount(bytes: bytes.overflow ? .max : Int64(clamping: bytes.partialValue))
    }

    static func failure(_ what: String, _ path: String, _ code: Int32) -> StoreError {
        let text = "\(what) \(path): \(String(cString: strerror(code)))"
        return code == ENOSPC || code == EDQUOT ? .full(text) : .unavailable(text)
    }
}
