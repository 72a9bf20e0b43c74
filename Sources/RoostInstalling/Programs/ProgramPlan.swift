/// How the programs of a tree are started: directly, or through a loader with libraries of the tree. Pure.
struct ProgramPlan: Equatable, Sendable {
    /// The ELF files of the tree, by path.
    let files: [String: ELFFile]
    /// The paths of all files and links.
    let paths: [String]

    static let loaderName: String = {
        #if arch(x86_64)
            "ld-linux-x86-64.so.2"
        #else
            "ld-linux-aarch64.so.1"
        #endif
    }()

    /// The programs that people and servers run: files in program folders that need a loader.
    var programs: [String] {
        files.filter { path, file in
            file.interpreter != nil
                && path.split(separator: "/").dropLast().contains {
                    ["bin", "sbin", "libexec", "scripts"].contains($0)
                }
        }.keys.sorted()
    }

    /// The loader in the tree, if the tree also contains the C library that belongs to it.
    var bundledLoader: String? {
        guard paths.contains(where: { $0.hasSuffix("/libc.so.6") }) else { return nil }
        return paths.filter { $0 == Self.loaderName || $0.hasSuffix("/\(Self.loaderName)") }
            .min { ($0.count, $0) < ($1.count, $1) }
    }

    /// The folders that contain a library needed by some file of the tree.
    var libraryFolders: [String] {
        let needed = Set(files.values.flatMap(\.needed))
        let folders = paths.compactMap { path -> String? in
            guard let slash = path.lastIndex(of: "/"), needed.contains(String(path[path.index(after: slash)...])) else {
                return nil
            }
            return String(path[..<slash])
        }
        return Set(folders).sorted()
    }

    /// Whether the tree has a library of this name.
    func brings(_ library: String) -> Bool { paths.contains { $0 == library || $0.hasSuffix("/\(library)") } }
}
