import CHost
import Glibc
import RoostModel

extension PoolImage {
    /// Mounts the pool at the start, before anything in it is used, and completes a growth that a crash interrupted.
    /// Idempotent.
    ///
    /// An image that lost blocks, because it was copied with holes or trimmed, is first allocated in full again, or
    /// refused where the disk has no room for that.
    package func mount() throws(HostError) {
        try requireRoot()
        switch try state() {
        case .absent: throw .pool(.absent(image: image))
        case .unmounted: try mountImage()
        case .mounted: break
        }
        try finishGrowth(of: try open(image))
    }

    /// Unmounts the pool. Idempotent; throws `.busy` while a file in it is open.
    package func unmount() throws(HostError) {
        try requireRoot()
        guard let mount = try Mount.at(mountPoint) else { return }
        // Checked by the mounted device and not by the marker: a file system that failed can no longer be read.
        guard try isMounted(image, as: mount) else { throw foreign(mount) }
        try detach(image)
    }

    private func mountImage() throws(HostError) {
        let file = try open(image)
        let status = try file.status()
        let missing = status.size - status.allocated.bytes
        if missing > 0 { try checkRoom(for: ByteCount(bytes: missing), keeping: ByteCount(bytes: 0)) }
        // Allocate in any case: the file system's own metadata counts as allocated, too, and may hide small holes.
        try file.allocate(ByteCount(bytes: status.size))
        try attach(file)
        do throws(HostError) {
            guard try hasMarker() else { throw .pool(.markerMissing(image: image, marker: Self.marker)) }
        } catch {
            // The first error is reported; no file in the pool has been opened.
            try? detach(image)
            throw error
        }
    }

    /// Mounts an image through its loop device, or binds a new device.
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
            // Disable discards before the mount: from then on, a trim could come at any time.
            try device.refuseDiscards()
            guard chost_mount_xfs(device.path, mountPoint) == 0 else {
                throw .pool(.mountFailed(image: file.path, errno: errno))
            }
        } catch {
            device.retire()
            throw error
        }
    }

    /// Unmounts the image at `path`, and releases its loop device.
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
