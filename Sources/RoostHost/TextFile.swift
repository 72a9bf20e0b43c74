import Glibc

/// Reads and writes small files as a whole, such as the kernel's.
enum TextFile {
    /// The file's text, up to `limit` bytes; nil if it cannot be read. Opened without blocking and without following
    /// a link in the last component.
    static func read(_ path: String, atMost limit: Int = 64 << 10) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: min(limit, 4096))
        while bytes.count < limit {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes.prefix(limit), as: UTF8.self)
    }

    /// Writes to an existing file in one call, as the kernel's files require. False on failure, with errno set.
    static func write(_ text: String, to path: String) -> Bool {
        let file = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_TRUNC)
        guard file >= 0 else { return false }
        let bytes = Array(text.utf8)
        let count = Glibc.write(file, bytes, bytes.count)
        let number = errno
        close(file)
        errno = number
        return count == bytes.count
    }
}
