import Glibc
import RoostModel

/// A file that was inspected and is sent later. Reopening it fails if it was replaced or changed.
struct GatheredFile: Equatable, Sendable {
    let path: String
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let changed: [Int]

    /// The reason why a file cannot be sent. Completes a sentence that begins with the file's name.
    enum Failure: Error, Equatable, CustomStringConvertible {
        case unreadable(String)
        case changed

        var description: String {
            switch self {
            case .unreadable(let reason): reason
            case .changed: "was changed while the dump was being sent; nothing was loaded"
            }
        }
    }

    /// Opens the file for the first time. The caller closes the descriptor.
    static func open(_ path: String) throws(Failure) -> (file: GatheredFile, descriptor: Int32) {
        // O_NONBLOCK: opening a pipe must not wait for its writer.
        let descriptor = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable("cannot be read: \(String(cString: strerror(errno)))") }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .unreadable("is not a regular file")
        }
        return (GatheredFile(path, status), descriptor)
    }

    private init(_ path: String, _ status: stat) {
        self.path = path
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        changed = [Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec)]
    }

    /// Opens the file again. The caller closes the descriptor.
    func reopen() throws(Failure) -> Int32 {
        let (file, descriptor) = try Self.open(path)
        if file == self { return descriptor }
        close(descriptor)
        throw .changed
    }

    func isSameFile(as other: GatheredFile) -> Bool { device == other.device && inode == other.inode }

    /// Whether the file begins like text: compressed files and archives contain no lines that `roost` can read.
    static func isText(_ descriptor: Int32) -> Bool {
        var head = [UInt8](repeating: 0, count: 1024)
        let count = max(0, pread(descriptor, &head, head.count, 0))
        let packed: [[UInt8]] = [
            [0x1F, 0x8B], [0x28, 0xB5, 0x2F, 0xFD], [0xFD] + Array("7zXZ".utf8), Array("BZh".utf8), [0xFF, 0xFE],
            [0xFE, 0xFF],
        ]
        let known = head.prefix(count)
        let isBinary = known.contains { $0 < 0x20 && !(0x09...0x0D).contains($0) && $0 != 0x1B && $0 != 0x1A }
        return !isBinary && !packed.contains { known.starts(with: $0) }
    }
}
