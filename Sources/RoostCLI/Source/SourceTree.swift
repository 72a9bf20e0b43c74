import Foundation
import Glibc
import RoostModel

/// The files of a custom service's source, checked before they are sent.
struct SourceTree {
    /// Version history and Roost's link file are not part of the source.
    static let leftOut: Set<String> = [".git", ".roost"]
    /// Size limit of the files' content; the daemon refuses larger archives.
    private static let largest: ByteCount = .mebibytes(480)
    private static let mostFiles = 200_000
    private static let deepest = 64

    let folder: String
    /// Paths relative to the folder, in byte order, so that equal trees make equal archives.
    private(set) var paths: [String] = []
    private var size: Int64 = 0

    init(_ folder: String) throws(Problem) {
        self.folder = folder
        var status = stat()
        guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw Problem(
                .buildFileInvalid, "approot: the folder \(folder) does not exist",
                next: ["correct 'approot' in the build file"]
            )
        }
        try walk("", depth: 0)
    }

    private mutating func walk(_ relative: String, depth: Int) throws(Problem) {
        guard depth < Self.deepest else { throw refusal(relative, "is nested more than \(Self.deepest) folders deep") }
        let place = relative.isEmpty ? folder : "\(folder)/\(relative)"
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: place) } catch {
            throw refusal(relative, "cannot be read: \(error)")
        }
        for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        where !Self.leftOut.contains(name) {
            try take(relative.isEmpty ? name : "\(relative)/\(name)", depth: depth)
        }
    }

    private mutating func take(_ path: String, depth: Int) throws(Problem) {
        guard !path.contains("\0"), !path.contains("\n") else { throw refusal(path, "has a line break in its name") }
        var status = stat()
        guard lstat("\(folder)/\(path)", &status) == 0 else {
            throw refusal(path, "disappeared while it was being read")
        }
        guard paths.count < Self.mostFiles else {
            throw Problem(.buildFileInvalid, "\(folder) has more than \(Self.mostFiles) files")
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            paths.append(path)
            try walk(path, depth: depth + 1)
        case S_IFREG:
            size += Int64(status.st_size)
            guard size <= Self.largest.bytes else {
                throw Problem(
                    .buildFileInvalid, "the source \(folder) is larger than \(Self.largest)",
                    next: ["let the build script download large files"])
            }
            paths.append(path)
        case S_IFLNK:
            try checkLink(path)
            paths.append(path)
        default: throw refusal(path, "is not a file, a folder or a link")
        }
    }

    /// Requires that a link has the same target where the source is unpacked.
    private func checkLink(_ path: String) throws(Problem) {
        let target: String
        do {
            target = try FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(path)")
        } catch {
            throw refusal(path, "cannot be read: \(error)")
        }
        guard Self.staysInside(target, from: path) else {
            throw refusal(path, "is a link to \(target), which is outside the source")
        }
    }

    /// Whether the text of a link at `path` to `target` stays within the folder.
    static func staysInside(_ target: String, from path: String) -> Bool {
        guard !target.hasPrefix("/") else { return false }
        var depth = path.split(separator: "/").count - 1
        for part in target.split(separator: "/") where part != "." {
            depth += part == ".." ? -1 : 1
            if depth < 0 { return false }
        }
        return true
    }

    private func refusal(_ path: String, _ reason: String) -> Problem {
        Problem(.buildFileInvalid, "the source's '\(path)' \(reason)")
    }
}
