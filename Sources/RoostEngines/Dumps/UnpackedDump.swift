import Foundation
import Glibc
import RoostHost
import RoostModel
import SystemPackage

/// A dump of several files (`pg_dump -Fd`) as a folder of the server's user, which the user's program can read.
enum UnpackedDump {
    private static let name = "unpacked"
    private static let longest: Duration = .seconds(6 * 3600)

    /// Copies the folder, or unpacks its archive, into a new folder. `dump`: the folder with the table of contents.
    static func make(
        _ dump: Dump, _ filters: [ShortCommand], user: ServerUser?, beside folder: String
    ) async throws(EngineError) -> (folder: String, dump: String, size: Int64) {
        let target = "\(folder)/\(name)"
        do {
            // A folder left by a load that a crash ended.
            if try Storage.look(at: target) != nil { try Storage.removeTree(target, within: folder) }
            try Storage.makeFolder(target, mode: 0o700, owner: geteuid() == 0 ? user : nil)
        } catch { throw .loadFailed(line: nil, statement: nil, message: "\(target) could not be created: \(error)") }
        do throws(EngineError) {
            if dump.layers.isEmpty, try isFolder(dump.path) {
                try copy(dump.path, to: "\(target)/dump", user)
            } else {
                try await unpack(dump.path, filters, into: target, user)
            }
            guard let found = tableOfContents(target) else {
                throw .loadFailed(
                    line: nil, statement: nil,
                    message: "\(dump.path) contains no toc.dat, so it is not a pg_dump -Fd dump"
                )
            }
            // A folder whose size cannot be read is still usable.
            let size = (try? Storage.size(of: target).bytes) ?? 0
            return (target, found, size)
        } catch {
            remove(target)
            throw error
        }
    }

    static func remove(_ folder: String) {
        // A folder that cannot be removed is removed with the next load or with the instance.
        try? Storage.removeTree(folder, within: (folder as NSString).deletingLastPathComponent)
    }

    private static func isFolder(_ path: String) throws(EngineError) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw .loadFailed(line: nil, statement: nil, message: "\(path) could not be read: errno \(errno)")
        }
        return status.st_mode & S_IFMT == S_IFDIR
    }

    private static func copy(_ path: String, to target: String, _ user: ServerUser?) throws(EngineError) {
        do {
            _ = try Storage.copyTree(from: path, to: target, preferring: .reflink, isDurable: false)
            if let user, geteuid() == 0 { try Storage.giveTree(target, to: user) }
        } catch { throw .loadFailed(line: nil, statement: nil, message: "\(path) could not be copied: \(error)") }
    }

    /// Runs `tar` as the server's user; `tar` refuses names that lead out of the folder.
    private static func unpack(
        _ path: String, _ filters: [ShortCommand], into target: String, _ user: ServerUser?
    ) async throws(EngineError) {
        let source = try DumpSource.open(path)
        defer { try? source.file.close() }  // Nothing was written to it.
        let words = filters.map { ([$0.program] + $0.arguments).joined(separator: " ") }
        let tar = "/bin/tar -xf - --no-same-owner --no-same-permissions -C \"$1\""
        let command = ShortCommand(
            program: "/bin/bash",
            arguments: ["-o", "pipefail", "-c", (words + [tar]).joined(separator: " | "), "bash", target], user: user,
            patience: longest)
        let outcome = try await command.run(input: source.file.rawValue)
        guard outcome.succeeded else {
            let words = outcome.errors.split(whereSeparator: \.isNewline).suffix(5).joined(separator: "; ")
            throw .loadFailed(line: nil, statement: nil, message: "\(path) could not be unpacked: \(words)")
        }
    }

    /// The folder with the table of contents: the top folder, or one directly below it.
    private static func tableOfContents(_ folder: String) -> String? {
        func holds(_ path: String) -> Bool { FolderEntry.exists("\(path)/toc.dat", isFolder: false) }
        if holds(folder) { return folder }
        // An unreadable folder counts as empty: the caller reports what is missing.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().map { "\(folder)/\($0)" }.first {
            FolderEntry.exists($0, isFolder: true) && holds($0)
        }
    }
}
