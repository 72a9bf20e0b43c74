import Foundation
import Glibc

/// Identity of a server's main process, written by that process before it runs its program.
///
/// One line, `PID START_TIME BOOT_ID`. A record is a claim, trusted only if boot, start time and group confirm it.
struct ServerRecord: Equatable, Sendable {
    let pid: Int32
    /// Clock ticks after boot, as in `/proc/PID/stat`.
    let startTime: UInt64
    let bootID: String

    init?(_ line: String) {
        let fields = line.split(whereSeparator: \.isWhitespace)
        guard fields.count == 3, let pid = Int32(fields[0]), pid > 1, let startTime = UInt64(fields[1]) else {
            return nil
        }
        self.pid = pid
        self.startTime = startTime
        self.bootID = String(fields[2])
    }

    /// Nil if the record is missing or unreadable.
    static func read(from path: String) -> ServerRecord? {
        TextFile.read(path, atMost: 256).flatMap(ServerRecord.init)
    }

    /// Nil unless the record was written since the machine booted: process ids of an earlier boot mean nothing.
    var ofThisBoot: ServerRecord? { bootID == Machine.bootID ? self : nil }
}
