import Glibc

/// The messages of a replica's log about its connection to the primary: the server has no other record of the reason
/// of a failure. Pure.
///
/// Only lines of the server's own processes count. Lines of sessions have a user's name before the level, and the
/// second and further lines of a message begin with a tab.
struct PostgreSQLReplicaLog: Equatable {
    enum Message: Equatable {
        /// The server tries again, and can succeed.
        case trouble(reason: String)
        /// No further attempt can succeed. `time`: as in the log, in UTC.
        case broken(reason: String, time: String)
    }

    /// The last message about the connection since the server was started or told of its primary.
    private(set) var last: Message?
    /// The last reason why the server paused the application of changes.
    private(set) var pause: String?

    /// The length of a reason, for messages.
    private static let longest = 200
    /// The number of bytes that are read from a log's end: some seconds of failed attempts.
    static let size = 32 << 10

    /// The message's text by the meaning that it has for users.
    private static let ends: [(sign: String, meaning: String)] = [
        ("has already been removed", "the primary no longer has the changes that it needs"),
        ("can no longer", "the primary no longer has the changes that it needs"),
        ("forked off current database system timeline", "its data diverged from the primary's"),
        ("is not in this server's history", "its data diverged from the primary's"),
        ("is behind recovery timeline", "its data are newer than the primary's"),
        ("database system identifier differs", "the primary holds another service's data"),
    ]

    private static let beginnings = ["could not ", "terminating walreceiver"]
    /// Words before the part of a message that tells the reason.
    private static let openings = [
        "could not connect to the primary server: ", "could not receive data from WAL stream: ",
        "could not start WAL streaming: ", "ERROR:  ",
    ]

    init(_ lines: [String]) {
        for line in lines {
            guard let match = line.wholeMatch(of: #/([-0-9]{10} [:.0-9]{12}) UTC \[\d+\] ([A-Z]+):  (.*)/#) else {
                continue
            }
            note(String(match.3), level: match.2, time: String(match.1))
        }
    }

    private mutating func note(_ text: String, level: Substring, time: String) {
        if text.hasPrefix("starting PostgreSQL ") || text.hasPrefix("parameter \"primary_conninfo\" changed") {
            (last, pause) = (nil, nil)
            return
        }
        if let reason = Self.pauseReason(text) { pause = reason }
        if let end = Self.ends.first(where: { text.contains($0.sign) }) {
            last = .broken(reason: Self.short("\(end.meaning): \(Self.reason(in: text))"), time: time)
        } else if level == "FATAL", Self.beginnings.contains(where: text.hasPrefix) {
            last = .trouble(reason: Self.short(Self.reason(in: text)))
        }
    }

    /// `max_connections = 100 is a lower setting than on the primary server, where its value was 150.`
    private static func pauseReason(_ text: String) -> String? {
        guard let match = text.firstMatch(of: #/^(\w+ = \d+) is a lower setting than on the primary server, (.*)\.$/#)
        else { return nil }
        return "\(match.1) is lower than on the primary, \(match.2)"
    }

    private static func reason(in text: String) -> String {
        openings.reduce(text) { text, opening in
            text.hasPrefix(opening) ? String(text.dropFirst(opening.count)) : text
        }
    }

    private static func short(_ text: String) -> String {
        text.count > longest ? text.prefix(longest) + "…" : text
    }
}

extension PostgreSQLReplicaLog {
    /// The end of the file that a server writes its log to: its standard error. Empty if that is no plain file.
    static func lines(of server: pid_t) -> [String] {
        // A link of the kernel's, which leads to the open file, whatever its name.
        let descriptor = open("/proc/\(server)/fd/2", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return [] }
        let start = max(0, Int(status.st_size) - size)
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            filled = max(0, pread(descriptor, buffer.baseAddress, size, off_t(start)))
        }
        return bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }
}
