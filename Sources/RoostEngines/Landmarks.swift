import Glibc

/// Files that must exist in a data directory, so that a server is never started on, or left running over, an emptied
/// directory: most servers would recreate missing files as an empty database.
package struct Landmarks: Equatable, Sendable {
    /// Files and folders below the data directory that exist from its creation.
    package let fromTheStart: [String]
    /// Files and folders that exist from the server's first answer on.
    package let onceItServed: [String]
    /// The file that the main process holds open as long as it runs, and that is never replaced.
    package let held: String?
    /// Whether the main process stays in its data directory.
    package let isWorkingFolder: Bool

    package init(
        _ fromTheStart: [String] = [], onceItServed: [String] = [], held: String? = nil, isWorkingFolder: Bool = true
    ) {
        self.fromTheStart = fromTheStart
        self.onceItServed = onceItServed
        self.held = held
        self.isWorkingFolder = isWorkingFolder
    }

    /// For a program without known files.
    package static let none = Landmarks(isWorkingFolder: false)

    /// The first of the names that is certainly missing in `directory`. A file that cannot be examined does not count
    /// as missing.
    package static func missing(_ names: [String], in directory: String) -> String? {
        names.first { isMissing($0, in: directory) }
    }

    static func allMissing(_ names: [String], in directory: String) -> [String] {
        names.filter { isMissing($0, in: directory) }
    }

    private static func isMissing(_ name: String, in directory: String) -> Bool {
        var status = stat()
        return lstat("\(directory)/\(name)", &status) != 0 && (errno == ENOENT || errno == ENOTDIR)
    }
}

extension Engine {
    /// The first missing file of a directory that a server of this engine has worked on; nil if nothing is known to be
    /// missing.
    package func missing(in directory: String) -> String? {
        Landmarks.missing(landmarks(of: directory).fromTheStart, in: directory)
    }
}
