import Glibc

/// Compares the files that a running process uses with the files at a path now. Removed files stay usable for
/// processes that have them open, so a server whose directory was removed serves as if nothing had happened.
package enum OpenFiles {
    package enum Answer: Equatable, Sendable {
        case same
        case other
        /// The process or the path could not be examined.
        case unknown
    }

    /// Whether the process's working folder is the one at `path`.
    package static func works(_ pid: Int32, in path: String) -> Answer {
        guard let wanted = identity(path), let found = identity("/proc/\(pid)/cwd") else { return .unknown }
        return wanted == found ? .same : .other
    }

    /// Whether the process has the file at `path` open.
    package static func holds(_ pid: Int32, _ path: String) -> Answer {
        guard let wanted = identity(path), let folder = opendir("/proc/\(pid)/fd") else { return .unknown }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = FileName(entry).text
            if Int32(name) != nil, identity("/proc/\(pid)/fd/\(name)") == wanted { return .same }
        }
        // The process may have ended meanwhile, and then has no open files.
        guard let status = ProcessStatus(pid: pid), status.isAlive else { return .unknown }
        return .other
    }

    /// Files below a folder that the process has open and that were removed and not replaced, as sorted paths
    /// relative to the folder.
    package static func removed(_ pid: Int32, below folder: String) -> [String] {
        guard let real = realpath(folder, nil), let descriptors = opendir("/proc/\(pid)/fd") else { return [] }
        defer {
            free(real)
            closedir(descriptors)
        }
        let (prefix, mark) = (String(cString: real) + "/", " (deleted)")
        var found: Set<String> = []
        while let entry = readdir(descriptors) {
            let name = FileName(entry).text
            guard Int32(name) != nil, let target = target(of: "/proc/\(pid)/fd/\(name)"), target.hasSuffix(mark),
                target.hasPrefix(prefix)
            else { continue }
            let path = String(target.dropLast(mark.count))
            var status = stat()
            if lstat(path, &status) != 0, errno == ENOENT || errno == ENOTDIR {
                found.insert(String(path.dropFirst(prefix.count)))
            }
        }
        return found.sorted()
    }

    private static func target(of link: String) -> String? {
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX) + 16) { buffer, filled in
            let count = buffer.withMemoryRebound(to: CChar.self) { bytes in
                bytes.baseAddress.map { readlink(link, $0, bytes.count) } ?? 0
            }
            filled = max(0, count)
        }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// Whether a process has the same mount namespace as this one.
    package static func sharesMounts(_ pid: Int32) -> Answer {
        guard let ours = identity("/proc/self/ns/mnt"), let found = identity("/proc/\(pid)/ns/mnt") else {
            return .unknown
        }
        return ours == found ? .same : .other
    }

    private struct Identity: Equatable {
        let device: dev_t
        let inode: ino_t
    }

    private static func identity(_ path: String) -> Identity? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Identity(device: status.st_dev, inode: status.st_ino)
    }
}
