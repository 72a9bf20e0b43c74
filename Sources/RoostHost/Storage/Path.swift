import Foundation

/// Functions on absolute paths, as text alone.
enum Path {
    /// The components without empty ones and `.`; nil if the path is not absolute or holds a `..`, which text alone
    /// cannot resolve.
    static func components(_ path: String) -> [String]? {
        let parts = path.split(separator: "/").map(String.init).filter { $0 != "." }
        return path.hasPrefix("/") && !parts.contains("..") ? parts : nil
    }

    /// The folder and the name of `path`, which must be absolute and not the root.
    static func split(_ path: String) throws(HostError) -> (folder: String, name: FileName) {
        guard let parts = components(path), let name = parts.last else {
            throw .unfitFile(path: path, reason: "is not an absolute path below /")
        }
        return ("/" + parts.dropLast().joined(separator: "/"), FileName(name))
    }

    /// The components of `path` below `root`, at least one.
    static func below(_ root: String, _ path: String) throws(HostError) -> [FileName] {
        guard let parts = components(path), let base = components(root), !base.isEmpty, parts.count > base.count,
            parts.starts(with: base)
        else { throw .outside(path: path, root: root) }
        return parts.dropFirst(base.count).map { FileName($0) }
    }
}
