import CHost
import Glibc
import RoostModel

extension PoolImage {
    /// Mounts the pool, for the start, before anything is looked for in it; and ends a growth that a crash cut short.
    /// Fine if it is mounted already.
    ///
    /// An image that lost blocks, copied with holes or trimmed, is allocated in full again first, or refused where the
    /// disk has no room for that.
    package func mount() throws(HostError) {
        try requireRoot()
        switch try state() {
        case .absent: throw .pool(.absent(image: image))
        case .unmounted: try mountImage()
        case .mounted: break
        }
        try finishGrowth(of: try open(image))
    }

    /// Unmounts the pool. Fine if it is not mounted; throws `.busy` while anything in it is open.
    package func unmount() throws(HostError) {
        try requireRoot()
        guard let mount = try Mount.at(mountPoint) else { return }
        // By what is mounted and not by the marker: a file system that failed can be looked into no more.
        guard try isMounted(image, as: mount) else { throw foreign(mount) }
        try detach(image)
    }

    private func mountImage() throws(HostError) {
        let file = try open(image)
        let status = try file.status()
        let missing = status.size - status.allocated.bytes
        if missing > 0 { try checkRoom(for: ByteCount(bytes: missing), keeping: ByteCount(bytes: 0)) }
        // In any case: what the file system needs for itself counts as allocated, too, and may hide small holes.
        try file.allocate(ByteCount(bytes: status.size))
        try attach(file)
        do throws(HostError) {
            guard try hasMarker() else { throw .pool(.markerMissing(image: image, marker: Self.marker)) }
        } catch {
            // The first error is the one to tell; nothing has been opened in it.
            try? detach(image)
            throw error
        }
    }

    /// Mounts an image, by the loop device that it has or a new one.
    func attach(_ file: borrowing OpenFile) throws(HostError) {
        try Storage.makeFolder(mountPoint, mode: 0o711)
        if let device = try LoopDevice.bound(to: file) {
            try mount(device, of: file)
        } else {
            try mount(try LoopDevice.binding(file), of: file)
        }
    }

    private func mount(_ device: consuming LoopDevice, of file: borrowing OpenFile) throws(HostError) {
        do throws(HostError) {
            // Before it is mounted: from then on, a trim could come at any time.
            try device.refuseDiscards()
            guard chost_mount_xfs(device.path, mountPoint) == 0 else {
                throw .pool(.mountFailed(image: file.path, errno: errno))
            }
        } catch {
            device.retire()
            throw error
        }
    }

    /// Unmounts the image of that name, and lets go of its loop device.
    func detach(_ path: String) throws(HostError) {
        let file = try open(path)
        let device = try LoopDevice.bound(to: file)
        guard chost_unmount(mountPoint) == 0 else {
            if errno == EBUSY { throw .pool(.busy(mountPoint)) }
            throw .last("unmount", mountPoint)
        }
        device?.retire()
    }
}
