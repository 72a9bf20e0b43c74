/// A file of the binary log of a server of the MySQL family.
struct BinaryLog {
    let path: String

    /// The last one that a directory's index names, which alone may hold transactions whose tables are behind.
    static func newest(in directory: String) -> BinaryLog? {
        guard let index = FolderEntry.text("\(directory)/binlog.index", atMost: 16 << 20),
            let name = index.split(separator: "\n").last?.split(separator: "/").last
        else { return nil }
        return BinaryLog(path: "\(directory)/\(name)")
    }

    /// Whether its server ran. The flag `LOG_EVENT_BINLOG_IN_USE_F`, 1, of the first event: behind four bytes that say
    /// what the file is, and the event's time, type, server, length and place ("Binary Log Event Header" of the manual).
    /// One that cannot be read, or has no header yet, is the server's to judge.
    var isInUse: Bool {
        guard let bytes = FolderEntry.bytes(path, atMost: 23), bytes.count == 23 else { return true }
        return bytes[21] & 1 != 0
    }
}
