import Foundation
import Glibc
import RoostModel

/// `.roost/link.yml`: the application of a folder, and the address of its daemon. Contains no credentials.
package struct LinkFile: Equatable, Sendable {
    package static let name = ".roost/link.yml"
    private static let largest = 64 << 10
    package let application: ApplicationName
    package let url: String?
    package let home: String?

    package init(application: ApplicationName, url: String? = nil, home: String? = nil) {
        self.application = application
        self.url = url
        self.home = home
    }

    package init(text: String, path: String) throws(Problem) {
        var values: [String: String] = [:]
        for entry in try FlatFile(text, path: path).entries {
            guard ["application", "url", "home"].contains(entry.key) else {
                throw Problem(
                    .usage, "\(path):\(entry.line): unknown key '\(entry.key)'; known keys: application, home, url")
            }
            guard !entry.value.isEmpty else {
                throw Problem(.usage, "\(path):\(entry.line): '\(entry.key)' has no value")
            }
            values[entry.key] = entry.value
        }
        guard let application = values["application"] else {
            throw Problem(.usage, "\(path): 'application' is missing")
        }
        if let home = values["home"], !home.hasPrefix("/") {
            throw Problem(.usage, "\(path): 'home' must be an absolute path")
        }
        do {
            self.init(
                application: try ApplicationName(application), url: values["url"], home: values["home"])
        } catch {
            throw Problem(.usage, "\(path): \(error)")
        }
    }

    package var text: String {
        var lines = [
            "# Written by roost. Which application this folder belongs to.",
            "application: \(application)",
        ]
        for (key, value) in [("url", url), ("home", home)] {
            guard let value else { continue }
            lines.append(value.contains("\"") ? "\(key): '\(value)'" : "\(key): \"\(value)\"")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The nearest link file in `directory` or above it, as git looks for its folder.
    package static func find(from directory: String, for user: UInt32) throws(Problem) -> FoundLink? {
        var folder = URL(filePath: directory, directoryHint: .isDirectory).standardizedFileURL
        // Bounded by the maximal depth of a path.
        for _ in 0..<256 {
            let path = folder.appending(path: name).path(percentEncoded: false)
            var status = stat()
            if stat(path, &status) == 0, let text = try text(of: path) {
                let file = try read(text, path: path)
                return FoundLink(file: file, path: path, isOwn: status.st_uid == user || status.st_uid == 0)
            }
            let parent = folder.deletingLastPathComponent().standardizedFileURL
            guard parent.path().count < folder.path().count else { return nil }
            folder = parent
        }
        return nil
    }

    /// Nil if the user may not read the file: it may be in another user's folder above.
    private static func text(of path: String) throws(Problem) -> String? {
        do throws(PlainFile.Failure) { return try PlainFile.text(path, atMost: largest) } catch {
            switch error {
            case .missing, .unreadable: return nil
            case .notRegular, .tooLarge, .notText:
                throw Problem(.usage, "the link file \(path) \(error)", next: ["rm -r \(path)", "roost connect NAME"])
            }
        }
    }

    private static func read(_ text: String, path: String) throws(Problem) -> LinkFile {
        do {
            return try LinkFile(text: text, path: path)
        } catch {
            throw Problem(error.code, error.message, next: ["rm \(path)", "roost connect NAME"])
        }
    }

    /// Writes the link file into `directory` and keeps it out of version control.
    package func write(in directory: String) throws(Problem) {
        let folder = URL(filePath: directory, directoryHint: .isDirectory)
        do {
            try FileManager.default.createDirectory(
                at: folder.appending(path: ".roost"), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: folder.appending(path: Self.name), options: .atomic)
            try ignore(in: folder.appending(path: ".gitignore"))
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(.failed, "the link file could not be written in \(directory): \(error)")
        }
    }

    private func ignore(in file: URL) throws {
        let path = file.path(percentEncoded: false)
        let text: String
        do throws(PlainFile.Failure) {
            text = String(decoding: try PlainFile.read(path, atMost: 1 << 20), as: UTF8.self)
        } catch {
            guard case .missing = error else { throw Problem(.failed, "\(path) \(error)") }
            return try Data(".roost/\n".utf8).write(to: file)
        }
        let known: Set<Substring> = [".roost", ".roost/", "/.roost", "/.roost/"]
        guard !text.split(separator: "\n").contains(where: known.contains) else { return }
        // Appended, never replaced: the file keeps its mode, and may be a link.
        let handle = try FileHandle(forUpdating: file)
        defer { handle.closeFile() }
        try handle.seekToEnd()
        try handle.write(contentsOf: Data((text.isEmpty || text.hasSuffix("\n") ? "" : "\n").utf8))
        try handle.write(contentsOf: Data(".roost/\n".utf8))
    }
}

/// A link file and its path.
package struct FoundLink: Equatable, Sendable {
    package let file: LinkFile
    package let path: String
    /// Whether the file belongs to the caller or to root.
    package let isOwn: Bool

    package init(file: LinkFile, path: String, isOwn: Bool) {
        self.file = file
        self.path = path
        self.isOwn = isOwn
    }

    /// Whether the file lies in `directory` itself, not above it.
    package func isIn(_ directory: String) -> Bool {
        path
            == URL(filePath: directory, directoryHint: .isDirectory).standardizedFileURL
            .appending(path: LinkFile.name).path(percentEncoded: false)
    }
}
