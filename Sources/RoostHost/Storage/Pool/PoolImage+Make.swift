import Glibc
import RoostModel

extension PoolImage {
    /// Makes a pool of `size`, rounded down to whole MiB, and mounts it. Takes some 100 ms, and more where the disk
    /// is slow to allocate.
    ///
    /// The image gets its final name only once it is formatted, marked and mounted: its loop device refers to the
    /// file, not to the name. On failure nothing is left; the next call removes the remains of a crash.
    package func make(size: ByteCount) throws(HostError) {
        try requireRoot()
        if try FileStatus.ifPresent(image) != nil { throw .targetExists(path: image) }
        let size = size.wholeMebibytes
        guard size >= Self.least else { throw .pool(.tooSmall(size: size, least: Self.least)) }
        try clearUnfinished()
        if let mount = try Mount.at(mountPoint) { throw foreign(mount) }
        try refuseHidingFiles()
        // Check for the program before disk space is allocated.
        _ = try ShortProgram.makeXFS.path()
        try checkRoom(for: size, keeping: Self.reserve)
        do throws(HostError) {
            try makeUnfinished(size: size)
            try Storage.rename(from: unfinished, to: image)
        } catch {
            // The first error is reported. The next call removes what cannot be removed now.
            try? clearUnfinished()
            throw error
        }
    }

    private func makeUnfinished(size: ByteCount) throws(HostError) {
        let (folderPath, name) = try Path.split(unfinished)
        let file = try Folder(following: folderPath).makeFile(name, mode: 0o600)
        try file.allocate(size)
        // `-K`: no discards, which would free the space. Sectors of 4 KiB: with direct I/O the image may be moved to
        // a disk that has no smaller sectors, and log writes are whole blocks of the file below.
        try ShortProgram.makeXFS.run(
            ["-q", "-K", "-m", "reflink=1", "-s", "size=4096", unfinished], patience: .seconds(300))
        try file.sync()
        try attach(file)
        try writeMarker()
    }

    private func writeMarker() throws(HostError) {
        let top = try Folder(mountPoint)
        // 0711: servers pass through the folder to their own files, and do not list it.
        try top.file.setOwner(uid: 0, gid: 0, mode: 0o711)
        let marker = try top.makeFile(FileName(Self.marker), mode: 0o644)
        let text = "This is Roost's pool. Without this file, Roost creates nothing in it.\n"
        try marker.write(Array(text.utf8).span.bytes, at: 0)
        try marker.sync()
        try top.sync()
    }

    private func refuseHidingFiles() throws(HostError) {
        guard try FileStatus.ifPresent(mountPoint) != nil else { return }
        if let found = try Folder(mountPoint).names().first {
            throw .pool(.mountPointInUse(mountPoint, found: found.text))
        }
    }

    /// Removes the remains of an interrupted `make`, the mount included.
    private func clearUnfinished() throws(HostError) {
        if let mount = try Mount.at(mountPoint), try isMounted(unfinished, as: mount) { try detach(unfinished) }
        let (folderPath, name) = try Path.split(unfinished)
        let folder = try Folder(following: folderPath)
        try Storage.remove(name, in: folder)
        try folder.sync()
    }
}

extension ByteCount {
    /// Rounded down. With such sizes, the end that XFS leaves unused is small enough not to be taken for missing
    /// growth.
    var wholeMebibytes: ByteCount { .mebibytes(bytes >> 20) }
}
