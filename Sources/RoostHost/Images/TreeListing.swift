import Glibc

/// The entries of a tree, by their paths relative to its root. Sockets and pipes, which hold no data, are left out.
struct TreeListing: Sendable {
    struct Entry: Sendable {
        let path: FileName
        let status: FileStatus
    }

    /// Folders without the root itself; each after its parent.
    private(set) var folders: [Entry] = []
    private(set) var files: [Entry] = []
    private(set) var links: [(entry: Entry, target: FileName)] = []
    let root: FileStatus
    private let isChanging: Bool

    /// `isChanging`: entries that vanish meanwhile are left out. Takes some microseconds an entry.
    init(of folder: borrowing Folder, isChanging: Bool) throws(HostError) {
        root = try folder.file.status()
        self.isChanging = isChanging
        try add(folder, at: nil, depth: 0)
    }

    private mutating func add(_ folder: borrowing Folder, at path: FileName?, depth: Int) throws(HostError) {
        try Storage.checkDepth(depth, folder.path)
        for name in try folder.names() {
            do throws(HostError) {
                try add(name, in: folder, at: path.map { name.below($0) } ?? name, depth: depth)
            } catch {
                guard isChanging, error.isMissing else { throw error }
            }
        }
    }

    private mutating func add(
        _ name: FileName, in folder: borrowing Folder, at path: FileName, depth: Int
    ) throws(HostError) {
        let status = try folder.status(of: name)
        let entry = Entry(path: path, status: status)
        switch status.kind {
        case .regular: files.append(entry)
        case .folder:
            let inner = try folder.folder(name)
            folders.append(entry)
            try add(inner, at: path, depth: depth + 1)
        case .link: links.append((entry, try folder.target(ofLink: name)))
        case .pipe, .socket: return
        case .device: throw .device(folder.path(of: name))
        }
    }
}
