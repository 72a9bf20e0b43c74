import Foundation
import Glibc

/// Reads a small file that the user named: a regular file, or a link to one.
///
/// A pipe or a terminal would block the command for ever, a device has no end, and a folder has no text.
enum PlainFile {
    enum Failure: Error, Equatable, CustomStringConvertible {
        case missing
        /// `kind`: `a named pipe`.
        case notRegular(kind: String)
        case tooLarge(limit: Int)
        case notText
        case unreadable(errno: Int32)

        /// The sentence behind the file's name.
        var description: String {
            switch self {
            case .missing: "does not exist"
            case .notRegular(let kind): "is \(kind); it must be a regular file"
            case .tooLarge(let limit): "is larger than the limit of \(limit >> 10) KiB"
            case .notText: "is not UTF-8 text"
            case .unreadable(let code): "cannot be read: \(String(cString: strerror(code)))"
            }
        }
    }

    static func read(_ path: String, atMost limit: Int) throws(Failure) -> Data {
        // O_NONBLOCK: no wait for the writer of a pipe. O_NOCTTY: a terminal does not become the controlling one.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unopened(path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadable(errno: errno) }
        if let kind = kind(status.st_mode) { throw .notRegular(kind: kind) }
        guard status.st_size <= limit else { throw .tooLarge(limit: limit) }
        return try contents(descriptor, limit)
    }

    static func text(_ path: String, atMost limit: Int) throws(Failure) -> String {
        guard let text = String(validating: try read(path, atMost: limit), as: UTF8.self) else { throw .notText }
        return text
    }

    /// Reads up to `limit`, whatever the file's size says: files of /proc have none, and a file may grow meanwhile.
    private static func contents(_ descriptor: Int32, _ limit: Int) throws(Failure) -> Data {
        var data = Data()
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(errno: errno) }
            guard count > 0 else { return data }
            data.append(contentsOf: buffer[..<count])
            guard data.count <= limit else { throw .tooLarge(limit: limit) }
        }
    }

    private static func unopened(_ path: String) -> Failure {
        let code = errno
        if code == ENOENT { return .missing }
        // A socket cannot be opened; its kind is still reported.
        var status = stat()
        if stat(path, &status) == 0, let kind = kind(status.st_mode) { return .notRegular(kind: kind) }
        return .unreadable(errno: code)
    }

    /// Nil for a regular file.
    private static func kind(_ mode: mode_t) -> String? {
        switch mode & S_IFMT {
        case S_IFREG: nil
        case S_IFDIR: "a folder"
        case S_IFIFO: "a pipe"
        case S_IFSOCK: "a socket"
        case S_IFCHR, S_IFBLK: "a device"
        default: "of an unknown kind"
        }
    }
}
