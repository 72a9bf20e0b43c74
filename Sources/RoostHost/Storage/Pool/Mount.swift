import Glibc

/// One mounted file system, as the kernel lists it.
struct Mount: Equatable {
    /// Major and minor number of what it is on: `7:0`.
    let device: String
    let fileSystem: String
    let source: String

    var description: String { "\(fileSystem) \(source)" }

    /// What is mounted at `path`, on top if there are several; nil if it is no mount point. A link there is not followed.
    static func at(_ path: String) throws(HostError) -> Mount? {
        let (folder, name) = try Path.split(path)
        guard let real = realpath(folder, nil) else {
            if errno == ENOENT { return nil }
            throw .last("look at", folder)
        }
        defer { free(real) }
        // The thread's own: /proc/self is the process's first thread, which may have other mounts.
        let list = "/proc/thread-self/mountinfo"
        // A namespace has 100,000 mounts at most by the kernel's default.
        guard let text = TextFile.read(list, atMost: 64 << 20) else { throw .last("read", list) }
        let parent = String(cString: real)
        return last(in: text, at: (parent == "/" ? "" : parent) + "/" + name.text)
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

    /// As the kernel writes what would end a field.
    private static func escaped(_ path: String) -> String {
        let codes: [Character: String] = [" ": "\\040", "\t": "\\011", "\n": "\\012", "\\": "\\134"]
        return path.map { codes[$0] ?? String($0) }.joined()
    }
}
