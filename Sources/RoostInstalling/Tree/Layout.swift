/// KeyedQueue a vendor's tree into one with `bin` and `lib` at its top, where every engine looks for them. Pure.
///
/// Known forms: `name-1.2-linux/bin/…` (a vendor's archive), `usr/sbin/…` with `lib64` beside it (unpacked packages),
/// `some/where/bin/…` (another package's folder), and programs without any folder.
enum Layout {
    enum Step: Equatable, Sendable {
        /// The folder becomes the tree; the rest is removed.
        case takeFolder(String)
        /// The folder's content is merged into the top of the tree.
        case merge(String)
        /// The files, all at the top, move into `bin`.
        case gather([String])
    }

    private static let programFolders: Set = ["bin", "sbin", "libexec"]

    /// The first of `names` that the tree contains. Files in a program folder are preferred, then the least deep.
    static func server(named names: [String], in files: [String]) -> String? {
        for name in names {
            let found = files.filter { $0 == name || $0.hasSuffix("/\(name)") }
            let best = found.min { first, second in
                let key = { (path: String) in (isProgram(path) ? 0 : 1, path.split(separator: "/").count, path) }
                return key(first) < key(second)
            }
            if let best { return best }
        }
        return nil
    }

    /// `server`: the server's path in the tree; `programs`: all executable files.
    static func steps(server: String, programs: [String]) -> [Step] {
        var steps: [Step] = []
        var path = server
        var parts: [String] { path.split(separator: "/").map(String.init) }
        // A vendor's archive has one folder around everything.
        if let top = enclosing(parts) {
            steps.append(.takeFolder(top))
            path.removeFirst(top.count + 1)
        }
        if parts.first == "usr" {
            steps.append(.merge("usr"))
            path.removeFirst("usr/".count)
        }
        if parts.count == 1 {
            let prefix = server.dropLast(path.count)
            let beside = programs.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
            steps.append(.gather(beside.filter { !$0.contains("/") }.sorted()))
        }
        return steps
    }

    /// The tree's real top folder: the path before `usr`, `lib` or the program folder.
    private static func enclosing(_ parts: [String]) -> String? {
        let end = parts.firstIndex { $0 == "usr" || $0 == "lib" || programFolders.contains($0) } ?? parts.count - 1
        return end > 0 && end < parts.count ? parts[..<end].joined(separator: "/") : nil
    }

    private static func isProgram(_ path: String) -> Bool {
        path.split(separator: "/").dropLast().last.map { programFolders.contains(String($0)) } ?? false
    }
}
