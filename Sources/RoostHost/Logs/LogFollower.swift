import Glibc

/// Identity of an older part of a log, whose name changes with each rotation.
struct LogPart: Equatable, Sendable {
    let inode: UInt64
    let size: Int64
    let seconds: Int
    let nanoseconds: Int

    init(_ status: FileStatus) {
        inode = UInt64(status.raw.st_ino)
        size = status.size
        seconds = status.raw.st_mtim.tv_sec
        nanoseconds = status.raw.st_mtim.tv_nsec
    }
}

/// A follower's position in a log.
struct LogPlace: Equatable, Sendable {
    /// The inode of the file that the server writes to.
    var file: UInt
    /// The newest older part when the offset was last counted from the file's beginning.
    var newestPart: LogPart?
    /// Offset over all parts that were rotated out since, oldest first, and the file itself: rotation moves exactly
    /// these bytes.
    var offset: Int64
}

/// Reads a log as it grows, a piece at a time, when its consumer asks for more.
actor LogFollower {
    private let path: String
    private let lines: Int
    private let interval: Duration
    private var hasBegun = false
    private var place: LogPlace?
    /// Lines that were read and not yet handed out, last line first.
    private var ready: [String] = []
    private var pending: [UInt8] = []
    /// Start of the time during which the log has been locked by another process.
    private var lockedSince: ContinuousClock.Instant?

    private static let piece = 256 << 10
    /// A longer line is handed out in parts of this size.
    private static let longestLine = 64 << 10

    init(path: String, lines: Int, interval: Duration) {
        self.path = path
        self.lines = lines
        self.interval = interval
    }

    /// Nil if the task was cancelled.
    func next() async -> String? {
        while !Task.isCancelled {
            if let line = ready.popLast() { return line }
            // A log that cannot be read now (a folder being made, a disk that fails) may be readable later.
            let hasMore = (try? read()) ?? false
            if hasMore || !ready.isEmpty { continue }
            // If the task is cancelled, the loop's condition ends the loop.
            try? await Task.sleep(for: interval)
        }
        return nil
    }

    /// Reads the next piece. False if there is none now.
    private func read() throws(HostError) -> Bool {
        guard hasBegun else {
            let end = try LogFile.end(of: path, lines: lines)
            hasBegun = true
            ready = end.lines.reversed()
            pending = end.pending
            place = end.place
            return true
        }
        let (folderPath, name) = try Path.split(path)
        guard let folder = try LogFile.openIfPresent(folderPath), let log = try folder.log(name) else { return false }
        guard mayRead(log) else { return false }
        let status = try log.status()
        let parts = try LogFile.parts(of: name, in: folder)
        var place =
            self.place ?? LogPlace(file: status.raw.st_ino, newestPart: parts.first.map { LogPart($0.1) }, offset: 0)
        defer { self.place = place }
        if place.file != status.raw.st_ino {
            place = LogPlace(file: status.raw.st_ino, newestPart: parts.first.map { LogPart($0.1) }, offset: 0)
        }

        let new = parts.prefix { LogPart($0.1) != place.newestPart }.reversed()
        var start = place.offset
        for (partName, part) in new {
            if start < part.size, let file = try folder.log(partName) {
                let bytes = try file.bytes(min(Self.piece, Int(part.size - start)), at: start)
                take(bytes)
                place.offset += Int64(bytes.count)
                if !bytes.isEmpty { return true }
            }
            start = max(0, start - part.size)
        }
        place.newestPart = parts.first.map { LogPart($0.1) }
        // A file shorter than the offset was emptied by another process.
        place.offset = start <= status.size ? start : 0
        let bytes = try log.bytes(min(Self.piece, Int(status.size - place.offset)), at: place.offset)
        take(bytes)
        place.offset += Int64(bytes.count)
        return !bytes.isEmpty
    }

    /// False during a rotation. A server's user could hold the lock for ever: after 10 s the log is read without it.
    private func mayRead(_ log: borrowing OpenFile) -> Bool {
        if flock(log.descriptor, LOCK_SH | LOCK_NB) == 0 {
            lockedSince = nil
            return true
        }
        let since = lockedSince ?? .now
        lockedSince = since
        return .now - since > .seconds(10)
    }

    private func take(_ bytes: [UInt8]) {
        var lines = (pending + bytes).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        pending = Array(lines.popLast() ?? [])
        if pending.count >= Self.longestLine {
            lines.append(pending[...])
            pending = []
        }
        ready = lines.reversed().map { String(decoding: $0, as: UTF8.self) } + ready
    }
}
