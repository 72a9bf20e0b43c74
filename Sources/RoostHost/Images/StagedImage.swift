import CHost
import Glibc
import Synchronization

/// An image while it is made. Its files are named by the inode numbers of their originals: so a file keeps its
/// content through any renaming, and names matter only at the end.
final class StagedImage: Sendable {
    let source: Folder
    let files: Folder
    let blockSize: Int64

    /// Current extent maps of the copies, by the original's inode. A file that is cheaper to copy again has an empty
    /// map.
    private let maps = Mutex<[UInt64: ExtentMap]>([:])

    /// The folder of the files inside the image, until they get their names.
    static let folder = FileName(".roost-files\(Storage.unfinished)")

    init(of source: String, in image: borrowing Folder) throws(HostError) {
        self.source = try Folder(source)
        files = try image.makeFolder(Self.folder)
        var system = statvfs()
        guard fstatvfs(files.descriptor, &system) == 0 else { throw .last("inspect the file system of", image.path) }
        blockSize = Int64(system.f_bsize)
    }

    static func name(of inode: UInt64) -> FileName { FileName("\(inode)") }

    func map(of inode: UInt64) -> ExtentMap? { maps.withLock { $0[inode] } }

    func set(_ map: ExtentMap, of inode: UInt64) { maps.withLock { $0[inode] = map } }

    /// Writes dirty data of the source to the disk, so that no freeze has to wait for it: takes as long as the disk
    /// does. Writeback starts for all files before the first is waited for, and again for data that became dirty
    /// meanwhile.
    func flush(_ listing: TreeListing) throws(HostError) {
        let larger = listing.files.filter { $0.status.size > ImageRound.smallest }
        for isLast in [false, true] {
            try Spread.run(larger.count) { number throws(HostError) in
                do throws(HostError) {
                    let file = try self.source.file(larger[number].path)
                    // Only a hint: a failure shows when the extents are listed.
                    _ = isLast ? chost_write_back(file.descriptor) : chost_start_writeback(file.descriptor)
                } catch {
                    guard error.isMissing else { throw error }
                }
            }
        }
    }
}
