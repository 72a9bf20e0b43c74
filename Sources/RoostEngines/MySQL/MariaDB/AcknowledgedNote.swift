import Foundation
import RoostModel

/// The position of all changes that a replica may have acknowledged before it lost some of them: MariaDB removes changes that
/// were received and not applied when the connection to a primary is started. A file in the data directory, with the
/// position as text.
enum AcknowledgedNote {
    /// A copy of the data for another server does not take it over.
    static let name = "roost-acknowledged-position"

    enum Content: Equatable {
        case nothing
        case position(MariaDBPosition)
        case unreadable

        func isHeld(by received: MariaDBPosition) -> Bool {
            switch self {
            case .nothing: true
            case .position(let position): received.standing(against: position).holdsAll
            case .unreadable: false
            }
        }
    }

    /// Written to the disk when the call returns.
    static func write(_ position: MariaDBPosition, to directory: String) throws(EngineError) {
        try DirectoryFile.write(Array(position.description.utf8), to: name, in: directory, owner: nil)
    }

    static func read(in directory: String) -> Content {
        var entry = stat()
        guard lstat("\(directory)/\(name)", &entry) == 0 else { return errno == ENOENT ? .nothing : .unreadable }
        guard let text = FolderEntry.text("\(directory)/\(name)", atMost: CopiedFiles.longestNote),
            let position = MariaDBPosition(text)
        else { return .unreadable }
        return .position(position)
    }

    static func remove(from directory: String) {
        // A note that cannot be removed has no effect: every report compares it with the received position.
        try? FileManager.default.removeItem(atPath: "\(directory)/\(name)")
    }
}
