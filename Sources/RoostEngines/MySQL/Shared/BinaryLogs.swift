/// The files of the binary log of a running server of the MySQL family, by the server's own list.
///
/// The server makes a file before it enters it, and takes one off the list before it removes it.
struct BinaryLogs {
    private static let index = "binlog.index"
    /// Files that are on the list and not there, the one that is written to among them.
    private let absent: [String]
    private let newest: String?
    private let hasIndex: Bool

    init(directory: String) {
        hasIndex = Landmarks.missing([Self.index], in: directory) == nil
        let text = hasIndex ? FolderEntry.text("\(directory)/\(Self.index)", atMost: 16 << 20) : nil
        let names = Self.names(text ?? "")
        newest = names.last
        absent = Landmarks.allMissing(names, in: directory)
    }

    /// `./binlog.000001`, a line each.
    static func names(_ index: String) -> [String] {
        index.split(whereSeparator: \.isNewline).compactMap { $0.split(separator: "/").last.map(String.init) }
    }

    /// What the server goes on writing to, and does not start without.
    var missing: [String] {
        guard hasIndex else { return [Self.index] }
        return absent.filter { $0 == newest }
    }

    /// Older ones: nothing of the tables is in them alone.
    var remark: Visit.Remark? {
        let older = absent.filter { $0 != newest }
        guard !older.isEmpty else { return nil }
        return Visit.Remark(
            files: older,
            words:
                "files of the binary log were removed behind the server's back: \(Visit.list(older)). Its tables are whole, "
                + "and the server takes them off its list by itself once they would have been old enough")
    }
}
