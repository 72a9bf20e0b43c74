import Foundation
import Glibc
import RoostModel

/// A source of a build: a path on this machine, and the kind of its content.
package struct Source: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        case folder
        case archive(Compression)
        /// A single program.
        case program
    }

    package let path: String
    package let kind: Kind

    /// The last component of the path, for `engine ls`.
    package var name: String { (path as NSString).lastPathComponent }

    /// Inspects the path. Links are followed, because users may name a path by a link.
    package static func look(at path: String) throws(InstallError) -> Source {
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { throw .notThere(path: path) }
            throw .unreadable(path: path, reason: String(cString: strerror(errno)))
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: return Source(path: path, kind: .folder)
        case S_IFREG:
            guard let file = FileBytes(path) else {
                throw .unreadable(path: path, reason: String(cString: strerror(errno)))
            }
            guard let kind = kind(ofBeginning: file.bytes(at: 0, count: TarHeader.blockSize)) else {
                throw .unknownFormat(path: path)
            }
            return Source(path: path, kind: kind)
        default: throw .unknownFormat(path: path)
        }
    }

    /// The kind by the content's first bytes, regardless of the name. Pure.
    static func kind(ofBeginning bytes: [UInt8]) -> Kind? {
        let magics: [([UInt8], Kind)] = [
            ([0x1f, 0x8b], .archive(.gzip)), ([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], .archive(.xz)),
            ([0x28, 0xb5, 0x2f, 0xfd], .archive(.zstd)), ([0x7f, 0x45, 0x4c, 0x46], .program),
        ]
        if let known = magics.first(where: { bytes.starts(with: $0.0) }) { return known.1 }
        guard bytes.count == TarHeader.blockSize, bytes[257..<262].elementsEqual("ustar".utf8) else { return nil }
        return .archive(.none)
    }
}

/// How an archive is compressed, and the program that decompresses it.
package enum Compression: String, Sendable {
    case none, gzip, xz, zstd

    /// The decompressor's memory is limited: a few bytes of input can ask for gigabytes.
    var command: (program: String, arguments: [String], package: String)? {
        switch self {
        case .none: nil
        case .gzip: ("/usr/bin/gzip", ["-dc"], "gzip")
        case .xz: ("/usr/bin/xz", ["-dcq", "--memlimit-decompress=1GiB"], "xz-utils")
        case .zstd: ("/usr/bin/zstd", ["-dcq", "--memory=1024MiB"], "zstd")
        }
    }
}

/// Random access to a plain file. Bytes beyond its end are left out of the result.
final class FileBytes {
    private let descriptor: Int32
    let size: Int64

    /// Nil if the path is not a plain file or cannot be opened; then `errno` has the reason.
    init?(_ path: String) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            size = 0
            return nil
        }
        size = Int64(status.st_size)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func bytes(at offset: Int64, count: Int) -> [UInt8] {
        guard offset >= 0, offset < size else { return [] }
        return [UInt8](unsafeUninitializedCapacity: min(count, Int(clamping: size - offset))) { buffer, filled in
            while filled < buffer.count {
                let got = pread(
                    descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled,
                    off_t(offset) + filled)
                if got < 0 && errno == EINTR { continue }
                guard got > 0 else { break }
                filled += got
            }
        }
    }
}
