import Glibc
import RoostModel

/// The actual content of a folder, as entries for `TreeRules`. Links are listed and never followed.
enum TreeWalk {
    /// An entry with its path within the tree and its size on the disk.
    struct Found: Sendable {
        let entry: TreeEntry
        let allocated: Int64
        /// The name as text; only for trees that the rules have admitted.
        var path: String { String(decoding: entry.name, as: UTF8.self) }
    }

    /// Folders come before their content, and names are in byte order. The number of entries is bounded by `most`.
    static func all(in root: String, most: Int = TreeRules.Limits().entries) throws(InstallError) -> [Found] {
        var found: [Found] = []
        try walk(root, [], &found, most, depth: 0)
        return found
    }

    /// Checks an existing tree by the same rules as an archive, so that nothing in it leads out.
    static func check(_ root: String, limits: TreeRules.Limits = .init()) throws(InstallError) -> [Found] {
        let found = try all(in: root, most: limits.entries + 1)
        var rules = TreeRules(limits: limits)
        for item in found { _ = try rules.admit(item.entry) }
        return found
    }

    private static func walk(
        _ root: String, _ path: [UInt8], _ found: inout [Found], _ most: Int, depth: Int
    ) throws(InstallError) {
        let folder = path.isEmpty ? Array(root.utf8) : Array(root.utf8) + [UInt8(ascii: "/")] + path
        for name in try names(folder) {
            guard found.count < most else { return }
            let full = folder + [UInt8(ascii: "/")] + name
            let own = path.isEmpty ? name : path + [UInt8(ascii: "/")] + name
            var status = stat()
            guard lstat(terminated(full), &status) == 0 else { throw .failed(reason("inspect", full)) }
            let kind = try kind(status, full)
            found.append(
                Found(
                    entry: TreeEntry(
                        name: own, kind: kind, mode: status.st_mode & 0o7777,
                        size: kind == .file ? Int64(status.st_size) : 0),
                    allocated: Int64(status.st_blocks) * 512))
            // The rules refuse such depths; the walk itself is limited to survive them.
            if kind == .folder, depth < 64 { try walk(root, own, &found, most, depth: depth + 1) }
        }
    }

    private static func kind(_ status: stat, _ path: [UInt8]) throws(InstallError) -> TreeEntry.Kind {
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .folder
        case S_IFIFO: return .pipe
        case S_IFSOCK: return .socket
        case S_IFLNK:
            var target = [CChar](repeating: 0, count: 4097)
            let count = readlink(terminated(path), &target, target.count - 1)
            guard count >= 0 else { throw .failed(reason("read the link", path)) }
            return .symbolicLink(to: target.prefix(count).map { UInt8(bitPattern: $0) })
        default: return .device
        }
    }

    private static func names(_ folder: [UInt8]) throws(InstallError) -> [[UInt8]] {
        guard let stream = opendir(terminated(folder)) else { throw .failed(reason("list", folder)) }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while let entry = readdir(stream) {
            let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
            let start = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: UInt8.self)
            let name = Array(UnsafeBufferPointer(start: start, count: strlen(start)))
            if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
        }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }

    private static func terminated(_ path: [UInt8]) -> [CChar] { path.map { CChar(bitPattern: $0) } + [0] }

    private static func reason(_ operation: String, _ path: [UInt8]) -> String {
        "cannot \(operation) \(TreeRules.shown(path)): \(String(cString: strerror(errno)))"
    }
}
