import Foundation
import RoostModel

/// The build file's text as `push` sends it. Only the daemon interprets it.
package struct BuildFile: Equatable, Sendable {
    package let name: String
    package let text: String

    static let names = ["roost.yml", "dotcloud.yml"]
    /// The daemon refuses larger files, so more is never read.
    static let largest = 1 << 20

    /// The folder of a path that was given to `push`.
    static func folder(_ path: String, in directory: String) -> String {
        let place = URL(filePath: path, relativeTo: URL(filePath: directory, directoryHint: .isDirectory))
        let folder = isFolder(place.path(percentEncoded: false)) ? place : place.deletingLastPathComponent()
        return folder.path(percentEncoded: false)
    }

    package static func read(_ path: String, in directory: String) throws(Problem) -> BuildFile {
        let base = URL(filePath: directory, directoryHint: .isDirectory)
        let place = URL(filePath: path, relativeTo: base)
        guard isFolder(place.path(percentEncoded: false)) else { return try read(place) }
        let found = names.map { place.appending(path: $0) }.filter {
            FileManager.default.fileExists(atPath: $0.path(percentEncoded: false))
        }
        guard let file = found.first else {
            throw Problem(
                .buildFileInvalid,
                "no roost.yml or dotcloud.yml found in \(place.path(percentEncoded: false))",
                next: ["printf 'services:\\n  data: {type: mysql}\\n' > roost.yml", "roost push"])
        }
        guard found.count == 1 else {
            throw Problem(
                .buildFileInvalid, "found both roost.yml and dotcloud.yml; only one can be the build file",
                next: ["remove one, or choose one: roost push roost.yml"])
        }
        return try read(file)
    }

    private static func read(_ file: URL) throws(Problem) -> BuildFile {
        let path = file.path(percentEncoded: false)
        do throws(PlainFile.Failure) {
            return BuildFile(name: file.lastPathComponent, text: try PlainFile.text(path, atMost: largest))
        } catch {
            throw Problem(
                .buildFileInvalid, "the build file \(path) \(error)",
                next: ["pass the build file or its folder: roost push PATH"])
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }
}
