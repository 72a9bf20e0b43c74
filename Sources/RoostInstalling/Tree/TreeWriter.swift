import Glibc
import RoostModel

/// Writes admitted entries below a folder that no other user can write to. Modes are plain, regardless of the
/// archive: 0755 for folders and programs, 0644 for files. The caller is the owner.
struct TreeWriter {
    let root: String
    private var folders: Set<String> = [""]

    init(root: String) { self.root = root }

    mutating func make(
        _ entry: TreeRules.Admitted, body: (UnsafeMutableRawBufferPointer) throws(InstallError) -> Int
    ) throws(InstallError) {
        let path = "\(root)/\(entry.path)"
        switch entry.kind {
        case .folder: try makeFolders(entry.path[...])
        case .link(let target):
            try makeFolders(parent(entry.path))
            guard symlink(target, path) == 0 else { throw Self.last("link", path) }
        case .file(let isExecutable):
            try makeFolders(parent(entry.path))
            try FileWriter.write(path, mode: isExecutable ? 0o755 : 0o644, from: body)
        case .copy(let other):
            try makeFolders(parent(entry.path))
            try FileWriter.copy("\(root)/\(other)", to: path)
        }
    }

    private mutating func makeFolders(_ path: Substring) throws(InstallError) {
        guard !folders.contains(String(path)) else { return }
        try makeFolders(parent(path))
        let full = "\(root)/\(path)"
        // chmod sets the mode independently of the caller's umask.
        guard mkdir(full, 0o755) == 0, chmod(full, 0o755) == 0 else { throw Self.last("create the folder", full) }
        folders.insert(String(path))
    }

    private func parent(_ path: some StringProtocol) -> Substring {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return Substring(path[..<slash])
    }

    static func last(_ operation: String, _ path: String) -> InstallError {
        switch errno {
        case ENOSPC, EDQUOT: .noSpace(needed: nil, path: path)
        default: .failed("cannot \(operation) \(path): \(String(cString: strerror(errno)))")
        }
    }
}

/// Writes a new file.
enum FileWriter {
    static func write(
        _ path: String, mode: mode_t, from body: (UnsafeMutableRawBufferPointer) throws(InstallError) -> Int
    ) throws(InstallError) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw TreeWriter.last("create", path) }
        defer { close(file) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            let count = try body(buffer)
            if count == 0 { break }
            var done = 0
            while done < count {
                let written = Glibc.write(file, buffer.baseAddress?.advanced(by: done), count - done)
                if written < 0 && errno == EINTR { continue }
                guard written > 0 else { throw TreeWriter.last("write", path) }
                done += written
            }
        }
        guard fchmod(file, mode) == 0 else { throw TreeWriter.last("set the mode of", path) }
    }

    /// Copies the content and the executable bit.
    static func copy(_ source: String, to path: String) throws(InstallError) {
        let file = open(source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { throw TreeWriter.last("open", source) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .failed("\(source) is not a regular file")
        }
        try write(path, mode: status.st_mode & 0o100 != 0 ? 0o755 : 0o644) { buffer throws(InstallError) in
            while true {
                let count = read(file, buffer.baseAddress, buffer.count)
                if count < 0 && errno == EINTR { continue }
                guard count >= 0 else { throw TreeWriter.last("read", source) }
                return count
            }
        }
    }
}
