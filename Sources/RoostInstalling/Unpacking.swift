import Foundation
import Glibc
import RoostHost
import RoostModel

/// Unpacks a source into a folder owned by the caller. Blocks for as long as the disk takes.
struct Unpacking {
    let source: Source
    /// The user that runs the decompressor; nil: the caller itself.
    let user: ServerUser?
    let limits: TreeRules.Limits
    let stop: StopSign

    /// The unpacked size of the source. All entries are checked, and nothing is written.
    func measure() throws(InstallError) -> ByteCount {
        switch source.kind {
        case .program:
            guard let file = FileBytes(source.path) else {
                throw .unreadable(path: source.path, reason: "it no longer exists")
            }
            return ByteCount(bytes: file.size)
        case .folder:
            var rules = TreeRules(limits: limits)
            for found in try TreeWalk.all(in: source.path, most: limits.entries + 1) {
                _ = try rules.admit(found.entry)
            }
            return ByteCount(bytes: rules.total)
        case .archive(let compression):
            var rules = TreeRules(limits: limits)
            try read(compression) { (entry, _) throws(InstallError) in _ = try rules.admit(entry) }
            guard rules.count > 0 else { throw .damaged("it is empty") }
            return ByteCount(bytes: rules.total)
        }
    }

    /// Writes the tree below `folder`, which exists, is empty, and belongs only to the caller. A single program
    /// becomes `bin/<name>`.
    func unpack(into folder: String, programName: String) throws(InstallError) {
        switch source.kind {
        case .program:
            try make("\(folder)/bin")
            try FileWriter.copy(source.path, to: "\(folder)/bin/\(programName)")
            guard chmod("\(folder)/bin/\(programName)", 0o755) == 0 else {
                throw TreeWriter.last("set the mode of", folder)
            }
        case .folder: try copyFolder(into: folder)
        case .archive(let compression):
            // The file may have changed since it was measured, so the rules are checked again.
            var rules = TreeRules(limits: limits)
            var writer = TreeWriter(root: folder)
            try read(compression) { (entry, body) throws(InstallError) in
                if let admitted = try rules.admit(entry) { try writer.make(admitted, body: body) }
            }
        }
    }

    private func read(
        _ compression: Compression,
        _ each: (TreeEntry, (UnsafeMutableRawBufferPointer) throws(InstallError) -> Int) throws(InstallError) -> Void
    ) throws(InstallError) {
        let stream = try ArchiveStream(source, compression, user: user, stop: stop)
        var reader = TarReader { (buffer) throws(InstallError) in try stream.read(buffer) }
        while let entry = try reader.next() {
            try each(entry) { (buffer) throws(InstallError) in try reader.readBody(buffer) }
        }
        // Reads to the end, where the compression's own checksum is.
        try stream.drain()
    }

    /// The copy never follows a link, because the folder's owner may change it meanwhile. The result is checked
    /// again.
    private func copyFolder(into folder: String) throws(InstallError) {
        do throws(HostError) {
            try Storage.removeTree(folder, within: (folder as NSString).deletingLastPathComponent)
            let original = (source.path as NSString).resolvingSymlinksInPath
            _ = try Storage.copyTree(from: original, to: folder, preferring: .reflink)
        } catch { throw InstallError(error) }
        for found in try TreeWalk.check(folder, limits: limits) {
            try stop.check()
            let path = "\(folder)/\(found.path)"
            switch found.entry.kind {
            case .folder: guard chmod(path, 0o755) == 0 else { throw TreeWriter.last("set the mode of", path) }
            case .file:
                guard chmod(path, found.entry.mode & 0o100 != 0 ? 0o755 : 0o644) == 0 else {
                    throw TreeWriter.last("set the mode of", path)
                }
            case .symbolicLink, .hardLink, .device, .pipe, .socket, .sparseFile, .unknown: continue
            }
        }
        guard chmod(folder, 0o755) == 0 else { throw TreeWriter.last("set the mode of", folder) }
        if geteuid() == 0 {
            do throws(HostError) {
                try Storage.giveTree(folder, to: ServerUser(name: "root", uid: 0, gid: 0))
            } catch { throw InstallError(error) }
        }
    }

    private func make(_ folder: String) throws(InstallError) {
        guard mkdir(folder, 0o755) == 0, chmod(folder, 0o755) == 0 else { throw TreeWriter.last("create", folder) }
    }
}
