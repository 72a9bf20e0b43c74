import Glibc
import RoostModel

extension LogFile {
    /// The last lines, oldest first, including a line that is still being written; empty if there is no log. Reads
    /// the end of the file and, if that is not enough, of the newest older part: 4 MiB at most. Invalid UTF-8 becomes
    /// U+FFFD.
    package static func tail(_ path: String, lines: Int) throws(HostError) -> [String] {
        let end = try end(of: path, lines: lines)
        let unfinished = end.pending.isEmpty ? [] : [String(decoding: end.pending, as: UTF8.self)]
        return (end.lines + unfinished).suffix(max(0, lines))
    }

    /// The last lines (none: 0) and then each new line as it is written, also across rotations, until the consumer
    /// stops. Nothing is read ahead of the consumer. A missing log is waited for.
    package static func follow(
        _ path: String, last lines: Int = 0, every interval: Duration = .milliseconds(200)
    ) -> AsyncStream<String> {
        let follower = LogFollower(path: path, lines: lines, interval: interval)
        return AsyncStream { await follower.next() }
    }

    /// A log's end at one moment.
    struct End {
        var lines: [String] = []
        /// The line that is still being written.
        var pending: [UInt8] = []
        /// The place behind these lines; nil if there is no log.
        var place: LogPlace?
    }

    static func end(of path: String, lines: Int) throws(HostError) -> End {
        let (folderPath, name) = try Path.split(path)
        guard let folder = try openIfPresent(folderPath), let log = try folder.log(name) else { return End() }
        // A rotation takes milliseconds. If one takes longer, the end is read without the lock.
        _ = FileLock.take(LOCK_SH, of: log.descriptor, patience: .milliseconds(50))
        let status = try log.status()
        let older = try parts(of: name, in: folder).first
        let place = LogPlace(file: status.raw.st_ino, newestPart: older.map { LogPart($0.1) }, offset: status.size)
        var window = 64 << 10
        while true {
            var text = try log.lastBytes(window, size: status.size)
            if text.count < window, let older, let part = try folder.log(older.0) {
                text = try part.lastBytes(window - text.count, size: older.1.size) + text
            }
            var found = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            let pending = found.popLast() ?? []
            let isWhole = text.count < window
            // The window may begin in the middle of a line.
            if !isWhole { found = Array(found.dropFirst()) }
            if found.count >= lines || isWhole || window >= 4 << 20 {
                let lines = found.suffix(max(0, lines)).map { String(decoding: $0, as: UTF8.self) }
                return End(lines: lines, pending: Array(pending), place: place)
            }
            window *= 4
        }
    }

    static func openIfPresent(_ path: String) throws(HostError) -> Folder? {
        do throws(HostError) {
            return try Folder(path)
        } catch {
            if error.isMissing { return nil }
            throw error
        }
    }
}

extension OpenFile {
    func bytes(_ count: Int, at offset: Int64) throws(HostError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let result = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(HostError) in try read(into: buffer, at: offset) }
        }
        return Array(bytes.prefix(try result.get()))
    }

    fileprivate func lastBytes(_ count: Int, size: Int64) throws(HostError) -> [UInt8] {
        let start = max(0, size - Int64(count))
        return try bytes(Int(size - start), at: start)
    }
}
