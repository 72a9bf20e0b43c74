import Glibc
import RoostModel

/// A name in a folder, kept as bytes: a hostile or old file's name need not be UTF-8.
struct FileName: Hashable, Sendable {
    /// The name's bytes, ending with 0.
    let bytes: [CChar]

    init(_ text: String) { bytes = Array(text.utf8CString) }

    /// `bytes` must end with 0.
    init(bytes: [CChar]) { self.bytes = bytes }

    /// Copies only the entry's own bytes: its record in the kernel's buffer is shorter than the declared type.
    init(_ entry: UnsafeMutablePointer<dirent>) {
        let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
        let start = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
        bytes = Array(UnsafeBufferPointer(start: start, count: strlen(start) + 1))
    }

    var text: String { bytes.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" } }

    /// The relative path of this name in `folder`, where `folder` is itself a relative path.
    func below(_ folder: FileName) -> FileName {
        FileName(bytes: folder.bytes.dropLast() + [CChar(UInt8(ascii: "/"))] + bytes)
    }
    var isDots: Bool { self == FileName(".") || self == FileName("..") }
}

/// The status of one file (lstat: links are not followed).
struct FileStatus: Sendable {
    enum Kind { case regular, folder, link, pipe, socket, device }

    let raw: stat

    init(of descriptor: Int32, path: String) throws(HostError) {
        var raw = stat()
        guard fstat(descriptor, &raw) == 0 else { throw .last("inspect", path) }
        self.raw = raw
    }

    init(of name: FileName, in folder: Int32, path: String) throws(HostError) {
        var raw = stat()
        guard fstatat(folder, name.bytes, &raw, AT_SYMLINK_NOFOLLOW) == 0 else { throw .last("inspect", path) }
        self.raw = raw
    }

    /// Nil if there is no file at `path`.
    static func ifPresent(_ path: String) throws(HostError) -> FileStatus? {
        do throws(HostError) {
            return try FileStatus(of: FileName(path), in: AT_FDCWD, path: path)
        } catch {
            if error.isMissing { return nil }
            throw error
        }
    }

    var kind: Kind {
        switch raw.st_mode & S_IFMT {
        case S_IFREG: .regular
        case S_IFDIR: .folder
        case S_IFLNK: .link
        case S_IFIFO: .pipe
        case S_IFSOCK: .socket
        default: .device
        }
    }

    var inode: UInt64 { UInt64(raw.st_ino) }
    var permissions: mode_t { raw.st_mode & 0o7777 }
    var uid: UInt32 { raw.st_uid }
    var gid: UInt32 { raw.st_gid }
    var links: Int { Int(raw.st_nlink) }
    var size: Int64 { Int64(raw.st_size) }
    /// Bytes allocated on the disk, without holes.
    var allocated: ByteCount { ByteCount(bytes: Int64(raw.st_blocks) * 512) }
    var times: [timespec] { [raw.st_atim, raw.st_mtim] }
}
