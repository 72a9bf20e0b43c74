import CHost
import Glibc
import RoostModel

extension Storage {
    /// Changes the owner of a tree to a server's user. Takes some microseconds a file.
    ///
    /// The user may own parts of the tree already and change them meanwhile. So each entry is held by a descriptor
    /// before its owner is changed, links are changed themselves, and a file with other hard links is refused:
    /// another link may be the password file.
    package static func giveTree(_ path: String, to user: ServerUser) throws(HostError) {
        let (parent, name) = try Path.split(path)
        try TreeOwnership(user: user).change(name, in: .init(try Folder(following: parent)), depth: 0)
    }

    /// Makes a folder, or corrects the mode and owner of an existing one. Missing parents are made with mode 0755,
    /// owned by the caller. `isDurable` false: after a crash of the machine the folder may be missing.
    package static func makeFolder(
        _ path: String, mode: UInt32 = 0o755, owner: ServerUser? = nil, isDurable: Bool = true
    ) throws(HostError) {
        let (parentPath, name) = try Path.split(path)
        if try FileStatus.ifPresent(parentPath) == nil { try makeFolder(parentPath) }
        // The parent may be a link that an administrator put there, to another disk; the folder itself may not be a
        // link.
        let parent = try Folder(following: parentPath)
        if try parent.statusIfPresent(of: name) == nil {
            // The mode is set from the start: another task may be making the same folder.
            guard mkdirat(parent.descriptor, name.bytes, mode_t(mode & ~0o077)) == 0 || errno == EEXIST else {
                throw .last("create the folder", path)
            }
            if isDurable { try parent.sync() }
        }
        let folder = try parent.folderOrMount(name)
        let status = try folder.file.status()
        let uid = owner?.uid ?? status.uid
        let gid = owner?.gid ?? status.gid
        if status.uid != uid || status.gid != gid || status.permissions != mode_t(mode) {
            try folder.file.setOwner(uid: uid, gid: gid, mode: mode_t(mode))
        }
    }
}

/// A change of the owner of a whole tree. The push of a service waits for it, so folders are shared among threads, at
/// the two levels where servers have many.
private struct TreeOwnership: Sendable {
    let user: ServerUser

    final class Place: Sendable {
        let folder: Folder

        init(_ folder: consuming Folder) { self.folder = folder }
    }

    func change(_ name: FileName, in place: Place, depth: Int) throws(HostError) {
        try Storage.checkDepth(depth, place.folder.path)
        let handle = try place.folder.handle(name)
        let status = try handle.status()
        if status.kind == .folder {
            let inner = Place(try place.folder.folder(name))
            let names = try inner.folder.names()
            try spread(names.count, depth: depth) { number throws(HostError) in
                try change(names[number], in: inner, depth: depth + 1)
            }
        }
        if status.uid == user.uid && status.gid == user.gid { return }
        guard status.kind == .folder || status.links == 1 else {
            throw .unfitFile(path: handle.path, reason: "has other hard links, so its owner is not changed")
        }
        guard chost_change_owner(handle.descriptor, user.uid, user.gid) == 0 else {
            throw .last("change the owner of", handle.path)
        }
    }

    private func spread(
        _ count: Int, depth: Int, _ work: @escaping @Sendable (Int) throws(HostError) -> Void
    ) throws(HostError) {
        if depth < 2 { return try Spread.run(count, work) }
        for number in 0..<count { try work(number) }
    }
}
