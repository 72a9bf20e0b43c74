import Glibc

/// The device and inode of a file.
struct FileIdentity: Equatable, Sendable {
    let device: UInt64
    let inode: UInt64
}

/// The result of looking at a path.
enum Sight: Equatable, Sendable {
    case there(FileIdentity)
    case absent
    /// Whether the file exists is unknown.
    case unreadable(errno: Int32)

    static func look(at path: String) -> Sight {
        var status = stat()
        guard stat(path, &status) == 0 else { return errno == ENOENT ? .absent : .unreadable(errno: errno) }
        return .there(FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino)))
    }

    var identity: FileIdentity? { if case .there(let identity) = self { identity } else { nil } }
}

/// The state of the paths at which the store's files were opened. Pure: decides from looks.
package enum StorePlace: Equatable, Sendable {
    /// The open files are still there.
    case same
    /// A file of the store was removed or replaced: commits go to files without a name.
    case displaced
    /// Whether the files are gone is unknown. Nothing may be written in their place; the text says why.
    case unknown(String)

    /// `known`: the files as they were opened, nil where there was none. `found`: the same paths now. A file counts
    /// as gone only in the folder that it was opened in: when a disk was unmounted, its mount point is another
    /// folder.
    static func judge(
        _ path: String, known: [FileIdentity?], found: [Sight], folder: FileIdentity, foundFolder: Sight
    ) -> StorePlace {
        let home = StoreFile.folder(of: path)
        switch foundFolder {
        case .absent: return .unknown("the folder \(home) of the store is gone")
        case .unreadable(let number): return .unknown("the folder \(home) cannot be examined: \(reason(number))")
        case .there(let now) where now.device != folder.device:
            return .unknown(
                "\(home) is on another disk than the open store: its disk was unmounted, or one was mounted over it")
        case .there(let now) where now.inode != folder.inode:
            return .unknown("\(home) is not the folder that holds the open store")
        case .there: break
        }
        for case .unreadable(let number) in found {
            return .unknown("the store \(path) cannot be examined: \(reason(number))")
        }
        let isGone = zip(known, found).contains { known, found in known != nil && known != found.identity }
        return isGone ? .displaced : .same
    }

    private static func reason(_ number: Int32) -> String { String(cString: strerror(number)) }
}
