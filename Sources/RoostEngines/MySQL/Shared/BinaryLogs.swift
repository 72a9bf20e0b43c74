/// The files of the binary log of a running server of the MySQL family, by the server's own list.
///
/// The server creates a file before it lists it, and removes it from the list before it deletes it.
struct BinaryLogs {
    private static let index = "binlog.index"
    /// Files on the list that do not exist, possibly including the one being written.
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

    /// Names from the index, which has one path per line: `./binlog.000001`.
    static func names(_ index: String) -> [String] {
        index.split(whereSeparator: \.isNewline).compactMap { $0.split(separator: "/").last.map(String.init) }
    }

    /// Missing files that the server writes to and cannot start without.
    var missing: [String] {
        guard hasIndex else { return [Self.index] }
        return absent.filter { $0 == newest }
    }

    /// Missing older logs. The tables do not depend on them.
    var remark: Visit.Remark? {
        let older = absent.filter { $0 != newest }
        guard !older.isEmpty else { return nil }
        return Visit.Remark(
            files: older,
            words:
                "binary log files were removed while the server was running: \(Visit.list(older)). No data is lost, "
                + "and the server drops the files from its list when they expire")
    }
}
