import RoostModel

/// The reason why the pool was left as it is.
package enum PoolRefusal: Error, Equatable, Sendable {
    case needsRoot
    case absent(image: String)
    case notMounted(String)
    /// `what` is the type and source of the file system that is mounted there.
    case foreignMount(String, what: String)
    /// The folder holds a file that a mount would hide.
    case mountPointInUse(String, found: String)
    case tooSmall(size: ByteCount, least: ByteCount)
    case wouldShrink(from: ByteCount, to: ByteCount)
    /// `kept` is the space that must stay free on the disk.
    case diskTooFull(image: String, needed: ByteCount, free: ByteCount, kept: ByteCount)
    /// XFS refused the image.
    case mountFailed(image: String, errno: Int32)
    case markerMissing(image: String, marker: String)
    case busy(String)
    /// The image is bound to a loop device in another way: in part, or read-only.
    case boundOtherwise(image: String, device: String)
    case discardsStay(device: String)
    /// Sizes of the image and of the file system on it.
    case stayedSmaller(image: ByteCount, fileSystem: ByteCount)
}

extension PoolRefusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .needsRoot: "only root can create and mount a pool"
        case .absent(let image): "there is no pool: \(image) does not exist"
        case .notMounted(let folder): "the pool is not mounted at \(folder)"
        case .foreignMount(let folder, let what): "\(what) is mounted at \(folder), not the pool"
        case .mountPointInUse(let folder, let found):
            "\(folder) contains '\(found)', which the mounted pool would hide; move it away first"
        case .tooSmall(let size, let least): "a pool of \(size) is too small: XFS needs at least \(least)"
        case .wouldShrink(let from, let to): "the pool has \(from) and cannot shrink to \(to): XFS can only grow"
        case .diskTooFull(let image, let needed, let free, let kept):
            "not enough space for \(image): it needs \(mebibytes(needed)), the disk has \(mebibytes(free)) free, and "
                + "\(mebibytes(kept)) must stay free"
        case .mountFailed(let image, let number):
            "cannot mount \(image): \(HostError.reason(number)); see the kernel's log (dmesg)"
        case .markerMissing(let image, let marker):
            "\(image) was unmounted again: it contains no \(marker), so it is not the pool"
        case .busy(let folder): "\(folder) is in use: stop the programs that have files open in it, then unmount it"
        case .boundOtherwise(let image, let device):
            "\(image) is attached to \(device) partially or read-only; detach it first with losetup -d \(device)"
        case .discardsStay(let device):
            "cannot turn off discards on \(device), which would punch holes into the image"
        case .stayedSmaller(let image, let fileSystem):
            "the image has \(mebibytes(image)), but the file system in it stayed at \(mebibytes(fileSystem))"
        }
    }

    private func mebibytes(_ size: ByteCount) -> String { "\(size.bytes >> 20) MiB" }
}
