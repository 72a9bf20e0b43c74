import CHost
import RoostModel

extension PoolImage {
    /// Grows the mounted pool to `size`, rounded down to whole MiB, while it is in use. Takes as long as the disk
    /// needs to allocate. After a crash, another call or the next mount completes the growth.
    package func grow(to size: ByteCount) throws(HostError) {
        try requireRoot()
        try requireMounted()
        let file = try open(image)
        let before = try file.status().size
        let size = size.wholeMebibytes
        guard size.bytes >= before else { throw .pool(.wouldShrink(from: ByteCount(bytes: before), to: size)) }
        if size.bytes > before {
            try checkRoom(for: ByteCount(bytes: size.bytes - before), keeping: Self.reserve)
            try file.allocate(size)
        }
        try finishGrowth(of: file)
    }

    /// Grows the loop device and its file system to the size of the image, skipping steps that are already done.
    func finishGrowth(of file: borrowing OpenFile) throws(HostError) {
        guard let mount = try Mount.at(mountPoint) else { throw .pool(.notMounted(mountPoint)) }
        guard let device = try LoopDevice.bound(to: file), try device.carries(mount) else { throw foreign(mount) }
        let size = ByteCount(bytes: try file.status().size)
        if try device.size() < size { try device.resize() }
        try device.refuseDiscards()
        if isWhole(try fileSystemSize(), of: size) { return }
        try ShortProgram.growXFS.run(["-d", mountPoint], patience: .seconds(300))
        let grown = try fileSystemSize()
        guard isWhole(grown, of: size) else { throw .pool(.stayedSmaller(image: size, fileSystem: grown)) }
    }

    /// XFS leaves a remainder unused that is too small for an allocation group: less than 64 blocks of 4 KiB.
    private func isWhole(_ fileSystem: ByteCount, of image: ByteCount) -> Bool {
        image.bytes - fileSystem.bytes < 64 * 4096
    }

    private func fileSystemSize() throws(HostError) -> ByteCount {
        let top = try Folder(mountPoint)
        var bytes: UInt64 = 0
        guard chost_xfs_size(top.descriptor, &bytes) == 0 else { throw .last("read the size of", mountPoint) }
        return ByteCount(bytes: Int64(bytes))
    }
}
