import Crypto
import Foundation
import RoostModel

/// SHA-256 of files and trees. Blocks for as long as the disk takes.
enum TreeDigest {
    /// The digest of a file's bytes.
    static func file(_ path: String, stop: StopSign) throws(InstallError) -> String {
        var hash = SHA256()
        try feed(path, to: &hash, stop)
        return hash.finalize().hexadecimal
    }

    /// The digest of names, kinds, links and bytes, without owners and times.
    static func tree(_ root: String, _ found: [TreeWalk.Found], stop: StopSign) throws(InstallError) -> String {
        var hash = SHA256()
        for item in found {
            let kind =
                switch item.entry.kind {
                case .file: item.entry.mode & 0o100 != 0 ? "program" : "file"
                case .symbolicLink(let target): "link \(TreeRules.shown(target))"
                case .folder: "folder"
                case .hardLink, .device, .pipe, .socket, .sparseFile, .unknown: "other"
                }
            hash.update(data: Data("\(item.path)\0\(kind)\0\(item.entry.size)\0".utf8))
            if item.entry.kind == .file { try feed("\(root)/\(item.path)", to: &hash, stop) }
        }
        return hash.finalize().hexadecimal
    }

    private static func feed(_ path: String, to hash: inout SHA256, _ stop: StopSign) throws(InstallError) {
        guard let file = FileBytes(path) else { throw TreeWriter.last("read", path) }
        var offset: Int64 = 0
        while true {
            try stop.check()
            let part = file.bytes(at: offset, count: 1 << 20)
            if part.isEmpty { break }
            hash.update(data: part)
            offset += Int64(part.count)
        }
        guard offset == file.size else { throw .failed("\(path) was truncated while it was read") }
    }
}
