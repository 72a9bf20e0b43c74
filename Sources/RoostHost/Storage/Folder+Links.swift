import CHost
import Glibc

extension Folder {
    /// The target of a symbolic link, as bytes.
    func target(ofLink name: FileName) throws(HostError) -> FileName {
        var text = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        guard readlinkat(descriptor, name.bytes, &text, Int(PATH_MAX)) >= 0 else {
            throw .last("read the link", path(of: name))
        }
        return FileName(bytes: Array(text[...(text.firstIndex(of: 0) ?? 0)]))
    }

    /// Makes a symbolic link with the owner and times in `status`.
    func makeLink(_ name: FileName, to target: FileName, as status: FileStatus) throws(HostError) {
        let path = path(of: name)
        guard symlinkat(target.bytes, descriptor, name.bytes) == 0 else { throw .last("create the link", path) }
        if status.uid != geteuid() || status.gid != getegid() {
            let handle = try handle(name)
            guard chost_change_owner(handle.descriptor, status.uid, status.gid) == 0 else {
                throw .last("change the owner of", path)
            }
        }
        guard utimensat(descriptor, name.bytes, status.times, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw .last("set the times of", path)
        }
    }
}
