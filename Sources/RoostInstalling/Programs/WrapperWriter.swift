import Foundation
import Glibc

/// Moves programs aside and replaces them by wrapper scripts.
struct WrapperWriter {
    let work: String

    private var shaping: TreeShaping { TreeShaping(work: work) }

    /// `bin/mariadb` becomes a script, and the program moves to `libexec/roost/bin/mariadb`.
    func wrap(_ path: String, loader: Wrapper.Loader, libraries: [String]) throws(InstallError) {
        let aside = "\(Wrapper.folder)/\(path)"
        var folder = shaping.tree
        for part in aside.split(separator: "/").dropLast() {
            folder += "/\(part)"
            try shaping.makeFolder(folder)
        }
        try shaping.rename("\(shaping.tree)/\(path)", "\(shaping.tree)/\(aside)")
        try write(path, Wrapper.script(place: path, program: aside, loader: loader, libraries: libraries))
    }

    /// Replaces links from other folders to wrapped programs by scripts of their own. Links in the same folder start
    /// the same script with the right location.
    func replaceLinks(
        to programs: Set<String>, among plan: ProgramPlan, loader: Wrapper.Loader
    ) throws(InstallError) {
        for path in plan.paths where plan.files[path] == nil {
            guard let program = target(of: path), programs.contains(program), folder(path) != folder(program) else {
                continue
            }
            let full = "\(shaping.tree)/\(path)"
            guard unlink(full) == 0 else { throw TreeWriter.last("remove", full) }
            try write(
                path,
                Wrapper.script(
                    place: path, program: "\(Wrapper.folder)/\(program)", loader: loader,
                    libraries: plan.libraryFolders))
        }
    }

    private func write(_ path: String, _ script: String) throws(InstallError) {
        var rest = Array(script.utf8)[...]
        try FileWriter.write("\(shaping.tree)/\(path)", mode: 0o755) { (buffer) throws(InstallError) in
            let part = rest.prefix(buffer.count)
            buffer.copyBytes(from: part)
            rest = rest.dropFirst(part.count)
            return part.count
        }
    }

    /// The target of a link within the tree; nil if the path is not such a link.
    private func target(of path: String) -> String? {
        var status = stat()
        guard lstat("\(shaping.tree)/\(path)", &status) == 0, status.st_mode & S_IFMT == S_IFLNK,
            let real = realpath("\(shaping.tree)/\(path)", nil), let root = realpath(shaping.tree, nil)
        else { return nil }
        defer {
            free(real)
            free(root)
        }
        let (full, prefix) = (String(cString: real), String(cString: root) + "/")
        return full.hasPrefix(prefix) ? String(full.dropFirst(prefix.count)) : nil
    }

    private func folder(_ path: String) -> Substring { path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex) }
}
