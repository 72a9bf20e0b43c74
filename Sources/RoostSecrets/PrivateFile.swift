import Foundation
import Glibc

/// Small files that others may not write, and may read only if `mode` says so.
enum PrivateFile {
    /// The size limit in bytes: a longer file was not written by us.
    private static let longest = 1 << 20

    /// Reads a file after checking, on the open descriptor, that it is ours and that its mode grants no more than
    /// `mode`.
    static func read(_ path: String, mode: mode_t) throws(SecretsError) -> Data {
        // Non-blocking: a pipe in place of the file must not block the daemon.
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT: throw .missing(path: path)
            case ELOOP: throw .exposed(path: path, reason: "it is a symbolic link")
            case let code: throw failure("cannot open", path, code)
            }
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("cannot examine", path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .exposed(path: path, reason: "it is not a regular file") }
        guard status.st_uid == geteuid() else {
            throw .exposed(path: path, reason: "it belongs to user \(status.st_uid), not to \(geteuid())")
        }
        guard status.st_mode & 0o777 & ~mode == 0 else {
            let found = String(status.st_mode & 0o777, radix: 8)
            throw .exposed(path: path, reason: "its mode is 0\(found), wider than 0\(String(mode, radix: 8))")
        }
        guard status.st_size <= longest else { throw .malformed(path: path, reason: "it is too long") }
        return try readAll(descriptor, path)
    }

    private static func readAll(_ descriptor: Int32, _ path: String) throws(SecretsError) -> Data {
        var content = Data()
        var buffer = [UInt8](repeating: 0, count: 4096)
        while content.count <= longest {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("cannot read", path, errno) }
            if count == 0 { break }
            content.append(contentsOf: buffer[..<count])
        }
        return content
    }

    /// Creates the complete file, on the disk, in one atomic step. False if the file exists, which is never replaced.
    static func publish(_ content: Data, at path: String, mode: mode_t) throws(SecretsError) -> Bool {
        let draft = path + ".new-" + Passwords.identifier(bytes: 8)
        defer { unlink(draft) }
        try write(content, to: draft, mode: mode)
        guard link(draft, path) == 0 else {
            let code = errno
            guard code == EEXIST else { throw failure("cannot create", path, code) }
            return false
        }
        try syncFolder(of: path)
        return true
    }

    private static func write(_ content: Data, to path: String, mode: mode_t) throws(SecretsError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure("cannot create", path, errno) }
        defer { close(descriptor) }
        var rest = content[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("cannot write", path, errno) }
            rest = rest.dropFirst(count)
        }
        guard fchmod(descriptor, mode) == 0, fsync(descriptor) == 0 else { throw failure("cannot flush", path, errno) }
    }

    private static func syncFolder(of path: String) throws(SecretsError) {
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot open", folder, errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("cannot flush", folder, errno) }
    }

    private static func failure(_ what: String, _ path: String, _ code: Int32) -> SecretsError {
        .unavailable("\(what) \(path): \(String(cString: strerror(code)))")
    }
}
