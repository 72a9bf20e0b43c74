import Foundation
import Glibc
import RoostModel

/// The private folder of a client's credential files: mode 0700, its files 0600, never reached through a link.
///
/// Every run has a folder of its own. It is removed by this process if that outlives the client, else by the next
/// command (`sweep`): `roost run` becomes the client, so no process of Roost is left to remove it.
package struct ClientFiles: Sendable {
    private let base: String
    private let parents: [String]
    private let user: UInt32

    /// Below `$XDG_RUNTIME_DIR` if the caller owns it, else below `~/.local/state`.
    package init(for caller: Caller) {
        user = caller.userID
        if let folder = caller.variable("XDG_RUNTIME_DIR"), folder.hasPrefix("/"),
            Self.owner(folder) == user
        {
            (base, parents) = (folder, ["roost"])
        } else {
            (base, parents) = (caller.userHome, [".local", "state", "roost"])
        }
    }

    /// Writes the files of one run, each atomically, so that a client that starts now never reads half a file. `name`
    /// is for people; the process id makes it unique.
    package func write(_ files: [String: String], for name: String) throws(Problem) -> RunFolder {
        let name = "\(name).\(RunFolder.Owner.current.text)"
        var folder = try openFolder()
        for component in parents + [name] {
            let isOurs = component == "roost" || component == name
            let next: Int32
            do throws(Problem) { next = try enter(component, in: folder, mustBePrivate: isOurs) } catch {
                close(folder)
                throw error
            }
            close(folder)
            folder = next
        }
        let run = RunFolder(path: ([base] + parents + [name]).joined(separator: "/"), lock: folder)
        // The client that this process becomes holds the lock, and so do its children: taking it later proves that
        // all have ended.
        _ = flock(folder, LOCK_SH)
        _ = fcntl(folder, F_SETFD, 0)
        do throws(Problem) {
            for (file, content) in files.sorted(by: { $0.key < $1.key }) {
                try write(content, to: file, in: folder)
            }
        } catch {
            run.remove()
            throw error
        }
        return run
    }

    /// Removes the folders of ended runs, and those that older versions of Roost left under a service's name. Folders
    /// that cannot be read or removed stay for the next command: they belong to another user or are in use.
    package func sweep() {
        let place = ([base] + parents).joined(separator: "/")
        var status = stat()
        guard lstat(place, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == user,
            let names = try? FileManager.default.contentsOfDirectory(atPath: place)
        else { return }
        for name in names { RunFolder.removeIfOver("\(place)/\(name)", user: user) }
    }

    private func openFolder() throws(Problem) -> Int32 {
        let descriptor = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("opening \(base)") }
        return descriptor
    }

    /// Every step is relative to an open folder, so that no other process can swap a folder meanwhile.
    private func enter(_ name: String, in parent: Int32, mustBePrivate: Bool) throws(Problem) -> Int32 {
        if mkdirat(parent, name, 0o700) != 0 && errno != EEXIST {
            throw failure("making the folder '\(name)'")
        }
        let descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            guard errno == ELOOP || errno == ENOTDIR else {
                throw failure("opening the folder '\(name)'")
            }
            // Above Roost's own folders, links are the user's choice (`~/.local` on another disk).
            guard !mustBePrivate else {
                throw Problem(.failed, "the credentials folder '\(name)' is a link or not a folder; remove it")
            }
            let linked = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard linked >= 0 else { throw failure("opening the folder '\(name)'") }
            return linked
        }
        guard mustBePrivate else { return descriptor }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_uid == user else {
            close(descriptor)
            throw Problem(.failed, "the credentials folder '\(name)' belongs to another user; remove it")
        }
        guard status.st_mode & 0o077 == 0 || fchmod(descriptor, 0o700) == 0 else {
            close(descriptor)
            throw failure("restricting access to the folder '\(name)'")
        }
        return descriptor
    }

    private func write(_ content: String, to name: String, in folder: Int32) throws(Problem) {
        // The daemon chooses the names, so they are checked to stay within the folder.
        guard !name.isEmpty, !name.contains("/"), !name.contains("\0"), name != ".", name != ".." else {
            throw Problem(.failed, "the daemon sent a file with the invalid name '\(name)'")
        }
        let temporary = ".\(name).\(getpid())"
        _ = unlinkat(folder, temporary, 0)
        // A script replaces a program of the same name.
        let mode: mode_t = content.hasPrefix("#!") ? 0o700 : 0o600
        let descriptor = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure("writing \(name)") }
        do {
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            try handle.write(contentsOf: Data(content.utf8))
            try handle.close()
        } catch {
            _ = unlinkat(folder, temporary, 0)
            throw Problem(.failed, "writing \(name) failed: \(error)")
        }
        guard renameat(folder, temporary, folder, name) == 0 else { throw failure("writing \(name)") }
    }

    private func failure(_ step: String) -> Problem {
        Problem(.failed, "\(step) in \(base) failed: \(String(cString: strerror(errno)))")
    }

    private static func owner(_ path: String) -> UInt32? {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR ? status.st_uid : nil
    }
}
