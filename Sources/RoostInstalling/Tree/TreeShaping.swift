import Foundation
import Glibc
import RoostHost
import RoostModel

/// Changes a tree in a work folder owned by the caller: layout and slimming. Blocks.
struct TreeShaping {
    /// The folder that holds `tree`.
    let work: String

    var tree: String { "\(work)/tree" }

    func carryOut(_ step: Layout.Step) throws(InstallError) {
        switch step {
        case .takeFolder(let folder):
            // If the tree is a file system's subvolume, a rename cannot leave it, so `Storage.move` is used.
            do throws(HostError) { try Storage.move(from: "\(tree)/\(folder)", to: "\(work)/inner") } catch {
                throw InstallError(error)
            }
            try remove("tree")
            try rename("\(work)/inner", tree)
        case .merge(let folder):
            try merge("\(tree)/\(folder)", into: tree)
        case .gather(let files):
            try makeFolder("\(tree)/bin")
            for file in files { try rename("\(tree)/\(file)", "\(tree)/bin/\(file)") }
        }
    }

    /// Merges folders: entries of `source` replace entries of the same name in `target`, and subfolders are merged.
    private func merge(_ source: String, into target: String) throws(InstallError) {
        for name in try names(source) {
            let (from, to) = ("\(source)/\(name)", "\(target)/\(name)")
            switch (kind(from), kind(to)) {
            case (_, nil): try rename(from, to)
            case (S_IFDIR, S_IFDIR): try merge(from, into: to)
            case (_, S_IFDIR): continue
            default:
                // `lib -> usr/lib`, as on systems with merged folders.
                guard unlink(to) == 0 else { throw TreeWriter.last("remove", to) }
                try rename(from, to)
            }
        }
        try remove(String(source.dropFirst(work.count + 1)))
    }

    // MARK: Slimming

    /// Removes files that no server needs, then links without a target and folders that became empty. Returns the
    /// number of removed files for each reason.
    func strip(_ found: [TreeWalk.Found]) throws(InstallError) -> [Slimming.Reason: Int] {
        var removed: [Slimming.Reason: Int] = [:]
        for item in found where item.entry.kind != .folder {
            guard let reason = Slimming.reason(item.path) else { continue }
            try unlinkFile(item.path)
            removed[reason, default: 0] += 1
        }
        for item in found {
            guard case .symbolicLink = item.entry.kind, Slimming.reason(item.path) == nil else { continue }
            if access("\(tree)/\(item.path)", F_OK) != 0 { try unlinkFile(item.path) }
        }
        // Deepest folders first; folders that are not empty stay.
        for item in found.reversed() where item.entry.kind == .folder && isOfSlimming(item.path, removed) {
            rmdir("\(tree)/\(item.path)")
        }
        return removed
    }

    private func isOfSlimming(_ path: String, _ removed: [Slimming.Reason: Int]) -> Bool {
        !removed.isEmpty && Slimming.reason("\(path)/x") != nil
    }

    private func unlinkFile(_ path: String) throws(InstallError) {
        guard unlink("\(tree)/\(path)") == 0 || errno == ENOENT else { throw TreeWriter.last("remove", path) }
    }

    // MARK: Small steps

    func makeFolder(_ path: String) throws(InstallError) {
        guard mkdir(path, 0o755) == 0 || errno == EEXIST, chmod(path, 0o755) == 0 else {
            throw TreeWriter.last("create", path)
        }
    }

    func rename(_ from: String, _ to: String) throws(InstallError) {
        guard Glibc.rename(from, to) == 0 else { throw TreeWriter.last("rename to \(to)", from) }
    }

    func remove(_ name: String) throws(InstallError) {
        do throws(HostError) { try Storage.removeTree("\(work)/\(name)", within: work) } catch {
            throw InstallError(error)
        }
    }

    private func names(_ folder: String) throws(InstallError) -> [String] {
        do { return try FileManager.default.contentsOfDirectory(atPath: folder).sorted() } catch {
            throw .failed("cannot list \(folder): \(error)")
        }
    }

    private func kind(_ path: String) -> mode_t? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }
}
