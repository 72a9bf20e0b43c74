import Glibc

/// A mounted file system, as listed by the kernel.
struct Mount: Equatable {
    /// Major and minor number of the device: `7:0`.
    let device: String
    let fileSystem: String
    let source: String

    var description: String { "\(fileSystem) \(source)" }

    /// The mount at `path`, the topmost if there are several; nil if `path` is no mount point. A link in the last
    /// component is not followed.
    static func at(_ path: String) throws(HostError) -> Mount? {
        let (folder, name) = try Path.split(path)
        guard let real = realpath(folder, nil) else {
            if errno == ENOENT { return nil }
            throw .last("inspect", folder)
        }
        defer { free(real) }
        let parent = String(cString: real)
        return last(in: try list(), at: (parent == "/" ? "" : parent) + "/" + name.text)
    }

    /// Whether there is any mount below a folder.
    static func isAny(below folder: borrowing Folder) throws(HostError) -> Bool {
        var real = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard readlink("/proc/thread-self/fd/\(folder.descriptor)", &real, real.count - 1) > 0 else {
            throw .last("inspect", folder.path)
        }
        return isAny(in: try list(), below: FileName(bytes: real).text)
    }

    static func isAny(in list: String, below path: String) -> Bool {
        let start = path == "/" ? path : escaped(path) + "/"
        return list.split(separator: "\n").contains { line in
            let fields = line.split(separator: " ", omittingEmptySubsequences: false)
            return fields.count > 4 && fields[4].hasPrefix(start) && fields[4] != "/"
        }
    }

    private static func list() throws(HostError) -> String {
        // The calling thread's mounts: /proc/self is the process's first thread, which may have others.
        let path = "/proc/thread-self/mountinfo"
        // By the kernel's default, a namespace has at most 100,000 mounts.
        guard let text = TextFile.read(path, atMost: 64 << 20) else { throw .last("read", path) }
        return text
    }

    /// Lines as `36 25 7:0 / /srv/roost/pool rw,relatime shared:16 - xfs /dev/loop0 rw,attr2`.
    static func last(in list: String, at path: String) -> Mount? {
        let path = escaped(path)
        for line in list.split(separator: "\n").reversed() {
            let fields = line.split(separator: " ", omittingEmptySubsequences: false)
            guard fields.count > 4, fields[4] == path, let dash = fields.firstIndex(of: "-"), fields.count > dash + 2
            else { continue }
            return Mount(
                device: String(fields[2]), fileSystem: String(fields[dash + 1]), source: String(fields[dash + 2]))
        }
        return nil
    }

    /// Escapes white space and backslashes as the kernel does in mountinfo.
    private static func escaped(_ path: String) -> String {
        let codes: [Character: String] = [" ": "\\040", "\t": "\\011", "\n": "\\012", "\\": "\\134"]
        return path.map { codes[$0] ?? String($0) }.joined()
    }
}
