import Foundation

/// Traces that a roostd that was stopped with its services must not leave on the machine, besides its home folder.
enum Leftovers {
    static func mounts(below folder: String) -> [String] {
        let table = FileManager.default.contents(atPath: "/proc/self/mountinfo") ?? Data()
        return String(decoding: table, as: UTF8.self).split(separator: "\n")
            .filter { $0.contains(" \(folder)/") }.map { "mount \($0)" }
    }

    /// Control groups and folders of sockets bear the home's tag. The home's own empty folders may stay for its next
    /// start; the contents that a server had in them may not.
    static func contents(ofHome home: String) -> [String] {
        (groups(ofHome: home) + runFolders(ofHome: home)).flatMap { folder in
            subfolders(of: folder).flatMap { subfolder in
                let names = (try? FileManager.default.contentsOfDirectory(atPath: subfolder)) ?? []
                let isGroup = folder.hasPrefix("/sys/")
                return isGroup ? [subfolder] : names.map { "\(subfolder)/\($0)" }
            }
        }
    }

    /// Removes the folders of a home that is not started again.
    static func removeFolders(ofHome home: String) {
        for folder in groups(ofHome: home) { rmdir(folder) }
        for folder in runFolders(ofHome: home) { try? FileManager.default.removeItem(atPath: folder) }
    }

    /// Frees the home's system users for other homes, after its folder was removed.
    static func forgetUsers(ofHome home: String) async -> [String] {
        guard Programs.isRoot else { return [] }
        do {
            let outcome = try await Command.run(Programs.roostd, ["forget-home", home])
            // Status 3: no users were ever listed, as where no daemon came up.
            return [0, 3].contains(outcome.status) ? [] : ["system users: \(outcome)"]
        } catch { return ["system users: \(error)"] }
    }

    static func groups(ofHome home: String) -> [String] {
        folders(named: tag(of: home), below: "/sys/fs/cgroup", depth: 4)
    }

    static func runFolders(ofHome home: String) -> [String] {
        folders(named: tag(of: home), below: "/run/roost", depth: 1)
    }

    /// The tag by which Roost names a home outside of it: the path's FNV-1a hash. `FaultTests` checks that this still
    /// holds, for otherwise nothing would ever be found here.
    static func tag(of home: String) -> String {
        let hash = home.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 36)
        return String(String(repeating: "0", count: max(0, 10 - digits.count)) + digits.suffix(10))
    }

    private static func folders(named tag: String, below root: String, depth: Int) -> [String] {
        subfolders(of: root).flatMap { path -> [String] in
            if path.hasSuffix(tag) { return [path] }
            return depth > 1 ? folders(named: tag, below: path, depth: depth - 1) : []
        }
    }

    private static func subfolders(of root: String) -> [String] {
        // A folder that went away meanwhile has nothing left in it.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return names.map { "\(root)/\($0)" }.filter { path in
            var status = stat()
            return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        }
    }
}
