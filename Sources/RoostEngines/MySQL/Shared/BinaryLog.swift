/// A file of the binary log of a server of the MySQL family.
struct BinaryLog {
    let path: String

    /// The last log in a directory's index. Only this log may hold transactions that the tables do not have yet.
    static func newest(in directory: String) -> BinaryLog? {
        guard let index = FolderEntry.text("\(directory)/binlog.index", atMost: 16 << 20),
            let name = index.split(separator: "\n").last?.split(separator: "/").last
        else { return nil }
        return BinaryLog(path: "\(directory)/\(name)")
    }

    /// Whether the server ran when the file was copied: the flag `LOG_EVENT_BINLOG_IN_USE_F` (1) of the first event.
    /// The flag follows the file's four magic bytes and the event's time, type, server id, length and position
    /// ("Binary Log Event Header" of the manual). True if the file cannot be read or has no header yet: the server
    /// then decides.
    var isInUse: Bool {
        guard let bytes = FolderEntry.bytes(path, atMost: 23), bytes.count == 23 else { return true }
        return bytes[21] & 1 != 0
    }
}
