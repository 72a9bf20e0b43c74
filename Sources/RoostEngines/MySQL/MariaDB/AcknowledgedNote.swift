import Foundation
import RoostModel

/// What a replica may have acknowledged before it lost a part of it: MariaDB removes changes that it received and did not
/// apply when a connection to a primary is started. A file in the data directory, with a position as text.
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
        // What is left behind is held by the server already, and is compared at each look.
        try? FileManager.default.removeItem(atPath: "\(directory)/\(name)")
    }
}
