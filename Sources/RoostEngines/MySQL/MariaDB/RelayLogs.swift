import Glibc
import RoostModel

/// The transactions in the relay logs of a MariaDB replica that was restarted: the server itself does not tell them before it
/// connects again, and then removes the logs.
///
/// Reads the headers of events, not the events. See "Replication Protocol" of MariaDB's documentation: a file begins with
/// four magic bytes; each event has a header of 19 bytes with its time, type, server id, length, position and flags.
struct RelayLogs: Equatable {
    struct Place: Equatable {
        let file: String
        let offset: UInt64
    }

    /// The newest whole transaction of each domain. A replica acknowledges whole transactions alone.
    private(set) var newest = MariaDBPosition()
    /// Where the first transaction begins that was not applied. Nil if there is none.
    private(set) var firstUnapplied: Place?
    /// Whether every log on the server's list was read to its end. Others may hold more.
    private(set) var isWhole = true
    private let applied: MariaDBPosition
    private var group: Group?

    private struct Group: Equatable {
        let domain: UInt32
        let transaction: MariaDBPosition.Transaction
        let place: Place
        /// Whether it ends with one statement, such as `CREATE TABLE`.
        let isOneStatement: Bool
    }

    init(beyond applied: MariaDBPosition) { self.applied = applied }

    /// `applied`: what the tables hold. `limit`: bytes of all files together; longer logs are not read, and are not whole.
    init(in directory: String, beyond applied: MariaDBPosition, atMost limit: UInt64 = .max) {
        self.init(beyond: applied)
        guard let index = FolderEntry.text("\(directory)/relay.index", atMost: 16 << 20) else {
            isWhole = false
            return
        }
        var left = limit
        for name in BinaryLogs.names(index) {
            guard let file = LogFile("\(directory)/\(name)"), file.size <= left, read(file, name) else {
                isWhole = false
                return
            }
            left -= file.size
        }
    }

    // MARK: Events

    private enum Kind {
        static let query: UInt8 = 2
        static let transactionEnd: UInt8 = 16
        static let prepared: UInt8 = 38
        static let transaction: UInt8 = 162
        static let encryption: UInt8 = 164
        static let compressedQuery: UInt8 = 165
        static let magic: [UInt8] = [0xfe, 0x62, 0x69, 0x6e]
        static let header = 19
    }

    /// Returns whether the file was read to its end.
    mutating func read(_ file: LogFile, _ name: String) -> Bool {
        guard file.bytes(at: 0, 4) == Kind.magic else { return false }
        var offset: UInt64 = 4
        while offset < file.size {
            guard let header = file.bytes(at: offset, Kind.header) else { return false }
            let length = UInt64(Self.number(header[9..<13]))
            guard length >= Kind.header, length <= file.size - offset,
                take(header, length, Place(file: name, offset: offset), file)
            else { return false }
            offset += length
        }
        return true
    }

    private mutating func take(
        _ header: [UInt8], _ length: UInt64, _ place: Place, _ file: LogFile
    ) -> Bool {
        switch header[4] {
        case Kind.encryption: return false
        case Kind.transaction:
            guard let body = file.bytes(at: place.offset + UInt64(Kind.header), 13) else { return false }
            group = Group(
                domain: UInt32(Self.number(body[8..<12])),
                transaction: .init(server: UInt32(Self.number(header[5..<9])), sequence: Self.number(body[0..<8])),
                place: place, isOneStatement: body[12] & 1 != 0)
        case Kind.transactionEnd, Kind.prepared: endGroup()
        case Kind.query, Kind.compressedQuery:
            // Of tables without transactions, a statement ends the group.
            let count = min(Int(length) - Kind.header, 12)
            guard let end = file.bytes(at: place.offset + length - UInt64(count), count) else { return false }
            if group?.isOneStatement ?? false || Self.isEnd(end) { endGroup() }
        default: break
        }
        return true
    }

    private mutating func endGroup() {
        guard let ended = group else { return }
        group = nil
        let position = MariaDBPosition([ended.domain: ended.transaction])
        newest = newest.merged(with: position)
        if firstUnapplied == nil, !applied.standing(against: position).holdsAll { firstUnapplied = ended.place }
    }

    /// The text of a statement ends its event, or precedes a checksum of four bytes.
    private static func isEnd(_ bytes: [UInt8]) -> Bool {
        ["COMMIT", "ROLLBACK"].map { Array($0.utf8) }.contains { word in
            bytes.suffix(word.count) == word[...] || bytes.dropLast(4).suffix(word.count) == word[...]
        }
    }

    /// The lowest byte comes first.
    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// A file that its owner may change at any moment.
final class LogFile {
    let size: UInt64
    private let descriptor: Int32
    private var start: UInt64 = 0
    private var chunk: [UInt8] = []

    /// Nil for links, pipes and unreadable files.
    init?(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            return nil
        }
        self.descriptor = descriptor
        size = UInt64(status.st_size)
    }

    deinit { close(descriptor) }

    /// Nil if the file ends before.
    func bytes(at offset: UInt64, _ count: Int) -> [UInt8]? {
        if offset < start || offset + UInt64(count) > start + UInt64(chunk.count) {
            start = offset
            chunk = [UInt8](unsafeUninitializedCapacity: max(count, 256 << 10)) { buffer, filled in
                filled = max(0, pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset)))
            }
        }
        let first = Int(offset - start)
        guard chunk.count >= first + count else { return nil }
        return Array(chunk[first..<first + count])
    }
}
