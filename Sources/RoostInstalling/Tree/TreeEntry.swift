import RoostModel

/// An entry of an archive or a folder, as declared there and not yet checked.
package struct TreeEntry: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        case file
        case folder
        case symbolicLink(to: [UInt8])
        /// A hard link to a name within the same archive.
        case hardLink(to: [UInt8])
        case device, pipe, socket, sparseFile
        /// An unknown entry type, by its letter; no archive of a server's build needs it.
        case unknown(UInt8)
    }

    /// The name as bytes: a hostile name need not be valid text.
    package let name: [UInt8]
    package let kind: Kind
    /// Permission bits, including set-user-id and set-group-id.
    package let mode: UInt32
    package let size: Int64

    package init(name: [UInt8], kind: Kind, mode: UInt32, size: Int64) {
        self.name = name
        self.kind = kind
        self.mode = mode
        self.size = size
    }
}

/// The fault of an entry.
package enum TreeFault: Equatable, Sendable, CustomStringConvertible {
    case emptyName, absolutePath, climbs, controlCharacters, notText, nameTooLong, tooDeep
    case device, pipe, socket, sparse
    case unknownKind(UInt8)
    case setsUserID
    case absoluteLink(to: String)
    case linkLeadsOut(to: String)
    /// `..` behind a name in a link's target: its meaning depends on other links.
    case windingLink(to: String)
    case hardLinkToNothing(to: String)
    case belowNoFolder(String)
    case twice
    case caseOf(String)
    case tooMany(limit: Int)
    case tooLarge(limit: ByteCount)

    package var description: String {
        switch self {
        case .emptyName: "has no name"
        case .absolutePath: "is an absolute path"
        case .climbs: "leaves its folder with '..'"
        case .controlCharacters: "has control characters in its name"
        case .notText: "has a name that is not valid UTF-8"
        case .nameTooLong: "has a name that is too long"
        case .tooDeep: "is nested too deep"
        case .device: "is a device"
        case .pipe: "is a named pipe"
        case .socket: "is a socket"
        case .sparse: "is a sparse file, which is not supported"
        case .unknownKind(let letter): "is of an unsupported kind (type flag \(letter))"
        case .setsUserID: "has its set-user-id or set-group-id bit set"
        case .absoluteLink(let target): "links to the absolute path '\(target)'"
        case .linkLeadsOut(let target): "links to '\(target)', which is outside the tree"
        case .windingLink(let target): "links to '\(target)', which has '..' after a name"
        case .hardLinkToNothing(let target): "is a hard link to '\(target)', which is not an earlier file"
        case .belowNoFolder(let parent): "is below '\(parent)', which is not a folder"
        case .twice: "appears twice"
        case .caseOf(let other): "differs from '\(other)' only in letter case"
        case .tooMany(let limit): "exceeds the limit of \(limit) entries"
        case .tooLarge(let limit): "exceeds the limit of \(limit) unpacked"
        }
    }
}
