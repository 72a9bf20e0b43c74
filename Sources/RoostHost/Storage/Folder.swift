import CHost
import Glibc

/// An open folder. Entries below it are reached from its descriptor, name by name, without following links and
/// without leaving its mount: a server's user can rename and replace files of their own, but cannot lead root
/// elsewhere.
struct Folder: ~Copyable {
    /// The folder itself, as a file with owner, mode and times.
    let file: OpenFile

    /// Limit on nesting: trees are walked by recursion, with a descriptor per level.
    static let deepest = 64

    private init(descriptor: Int32, path: String) { file = OpenFile(descriptor: descriptor, path: path) }

    var descriptor: Int32 { file.descriptor }
    var path: String { file.path }

    /// Opens a folder by a path that is trusted down to its last component, which may not be a link.
    init(_ path: String) throws(HostError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw .last("open the folder", path) }
        self.init(descriptor: descriptor, path: path)
    }

    /// Opens a folder by a path that only administrators can change, following links.
    init(following path: String) throws(HostError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last("open the folder", path) }
        self.init(descriptor: descriptor, path: path)
    }

    func path(of name: FileName) -> String { path + "/" + name.text }

    func folder(_ name: FileName) throws(HostError) -> Folder {
        let descriptor = chost_open_below(self.descriptor, name.bytes, CHOST_OPEN_FOLDER)
        guard descriptor >= 0 else { throw openError("open the folder", name) }
        return Folder(descriptor: descriptor, path: path(of: name))
    }

    /// Opens a folder that may be a mount point, for the path to a tree; within a tree use `folder`.
    func folderOrMount(_ name: FileName) throws(HostError) -> Folder {
        let descriptor = openat(self.descriptor, name.bytes, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw openError("open the folder", name) }
        return Folder(descriptor: descriptor, path: path(of: name))
    }

    /// The same folder, opened once more.
    func again() throws(HostError) -> Folder {
        let descriptor = openat(self.descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last("open the folder", path) }
        return Folder(descriptor: descriptor, path: path)
    }

    func makeFolder(_ name: FileName) throws(HostError) -> Folder {
        guard mkdirat(descriptor, name.bytes, 0o700) == 0 else { throw .last("create the folder", path(of: name)) }
        return try folder(name)
    }

    /// Opens a regular file for reading.
    func file(_ name: FileName) throws(HostError) -> OpenFile {
        let file = chost_open_below(descriptor, name.bytes, CHOST_OPEN_FILE)
        guard file >= 0 else { throw openError("open", name) }
        return OpenFile(descriptor: file, path: path(of: name))
    }

    /// Opens a regular file for writing, in a folder that no other user can change.
    func ownFile(_ name: FileName) throws(HostError) -> OpenFile {
        let file = openat(descriptor, name.bytes, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw .last("open", path(of: name)) }
        return OpenFile(descriptor: file, path: path(of: name))
    }

    func makeFile(_ name: FileName, mode: mode_t = 0o600) throws(HostError) -> OpenFile {
        let file = openat(descriptor, name.bytes, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard file >= 0 else { throw .last("create", path(of: name)) }
        return OpenFile(descriptor: file, path: path(of: name))
    }

    /// A descriptor (O_PATH) of any kind of file, without access to its content.
    func handle(_ name: FileName) throws(HostError) -> OpenFile {
        let handle = chost_open_below(descriptor, name.bytes, CHOST_OPEN_HANDLE)
        guard handle >= 0 else { throw openError("open", name) }
        return OpenFile(descriptor: handle, path: path(of: name))
    }

    func status(of name: FileName) throws(HostError) -> FileStatus {
        try FileStatus(of: name, in: descriptor, path: path(of: name))
    }

    /// Nil if there is no file of that name.
    func statusIfPresent(of name: FileName) throws(HostError) -> FileStatus? {
        do throws(HostError) {
            return try status(of: name)
        } catch {
            if error.isMissing { return nil }
            throw error
        }
    }

    /// All names but `.` and `..`, in the order of their bytes.
    func names() throws(HostError) -> [FileName] {
        // A new descriptor: the stream closes it, and has its own position in the folder.
        let own = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard own >= 0 else { throw .last("list", path) }
        guard let stream = fdopendir(own) else {
            close(own)
            throw .last("list", path)
        }
        defer { closedir(stream) }
        var names: [FileName] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = FileName(entry)
            if !name.isDots { names.append(name) }
        }
        guard errno == 0 else { throw .last("list", path) }
        return names.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    }

    func unlink(_ name: FileName) throws(HostError) {
        guard unlinkat(descriptor, name.bytes, 0) == 0 || errno == ENOENT else {
            throw .last("remove", path(of: name))
        }
    }

    func rename(_ from: FileName, to: FileName) throws(HostError) {
        guard renameat(descriptor, from.bytes, descriptor, to.bytes) == 0 else {
            throw .last("rename", path(of: from))
        }
    }

    /// Makes the names in the folder durable.
    func sync() throws(HostError) { try file.sync() }

    private func openError(_ operation: String, _ name: FileName) -> HostError {
        switch errno {
        case EXDEV: .unfitFile(path: path(of: name), reason: "is on another mount, which is not allowed")
        case ELOOP: .unfitFile(path: path(of: name), reason: "is a symbolic link, which is not allowed")
        default: .last(operation, path(of: name))
        }
    }
}

/// An open file that closes with its owner.
struct OpenFile: ~Copyable {
    let descriptor: Int32
    /// The path for error texts alone.
    let path: String

    deinit { close(descriptor) }

    func status() throws(HostError) -> FileStatus { try FileStatus(of: descriptor, path: path) }

    /// Reads up to `buffer.count` bytes at an offset; fewer only at the file's end.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(HostError) -> Int {
        var done = 0
        while done < buffer.count {
            let rest = buffer.count - done
            let count = pread(descriptor, buffer.baseAddress?.advanced(by: done), rest, off_t(offset) + done)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .last("read", path) }
            if count == 0 { break }
            done += count
        }
        return done
    }

    func write(_ bytes: RawSpan, at offset: Int64) throws(HostError) {
        try bytes.withUnsafeBytes { buffer throws(HostError) in try write(buffer, at: offset) }
    }

    func write(_ buffer: UnsafeRawBufferPointer, at offset: Int64) throws(HostError) {
        var done = 0
        while done < buffer.count {
            let rest = buffer.count - done
            let count = pwrite(descriptor, buffer.baseAddress?.advanced(by: done), rest, off_t(offset) + done)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .last("write", path) }
            done += count
        }
    }

    /// Makes a range of this file share the blocks of the same range of `source`: see `chost_clone_range`.
    func clone(_ range: Range<Int64>, of source: borrowing OpenFile) throws(HostError) {
        guard chost_clone_range(descriptor, source.descriptor, off_t(range.lowerBound), off_t(range.count)) == 0 else {
            throw .last("reflink a part of", source.path)
        }
    }

    func resize(to size: Int64) throws(HostError) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw .last("resize", path) }
    }

    func sync() throws(HostError) {
        guard fsync(descriptor) == 0 else { throw .last("sync", path) }
    }

    func setTimes(_ times: [timespec]) throws(HostError) {
        guard futimens(descriptor, times) == 0 else { throw .last("set the times of", path) }
    }

    /// Owner before mode: changing the owner clears the set-user-id bits.
    func setOwner(uid: UInt32, gid: UInt32, mode: mode_t) throws(HostError) {
        let now = try status()
        let changesOwner = now.uid != uid || now.gid != gid
        if changesOwner {
            guard fchown(descriptor, uid, gid) == 0 else { throw .last("change the owner of", path) }
        }
        if now.permissions == mode, !(changesOwner && mode & (S_ISUID | S_ISGID) != 0) { return }
        guard fchmod(descriptor, mode) == 0 else { throw .last("change the mode of", path) }
    }
}
