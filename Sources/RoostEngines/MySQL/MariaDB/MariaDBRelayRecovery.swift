import Foundation
import RoostModel
import Synchronization

/// Applies what a replica received before it was restarted, without its primary.
///
/// A start of the connection by GTID removes the relay logs. A start of the applier alone, from a place in them and by no
/// GTID, applies them.
struct MariaDBRelayRecovery: Sendable {
    /// Limit of the wait for the applier, below the timeout of an administration's answer.
    private static let patience: Duration = .seconds(30)

    /// Beginning of the names of relay logs that could not be read to their end. People may read them out with
    /// `mariadb-binlog`.
    static let unread = "roost-unread-"

    let directory: String
    let tables: UserTables
    let fence: Fence

    /// The server's connection is stopped.
    func run(_ connection: ServerConnection, _ status: MariaDBReplicationStatus) throws(ClientFault) {
        let logs = RelayLogs(in: directory, beyond: status.position)
        if let place = logs.firstUnapplied {
            // Sessions of users may hold locks that the applier needs.
            try fence.endSessions(connection)
            let threads = try connection.run("SELECT @@global.slave_parallel_threads").first?.first ?? nil
            try connection.run("STOP SLAVE")
            // MariaDB 10.11.19 ends with signal 11 when parallel threads apply without a GTID connection.
            try connection.run("SET GLOBAL slave_parallel_threads = 0")
            try connection.run(
                "CHANGE MASTER TO MASTER_USE_GTID = no, MASTER_DELAY = 0, RELAY_LOG_FILE = \(SQLText.literal(place.file)), "
                    + "RELAY_LOG_POS = \(place.offset)")
            // Not written to the binary log here.
            try tables.openThoseInMemory(connection)
            try connection.run("START SLAVE SQL_THREAD")
            try waitUntilApplied(logs.newest, connection)
            try connection.run("STOP SLAVE")
            if let threads { try connection.run("SET GLOBAL slave_parallel_threads = \(threads)") }
        }
        // An election took these logs for lost, or they were damaged since.
        if !logs.isWhole { try keep() }
    }

    private func waitUntilApplied(_ position: MariaDBPosition, _ connection: ServerConnection) throws(ClientFault) {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            let rows = try connection.run("SELECT MASTER_GTID_WAIT(\(SQLText.literal("\(position)")), 0.2)")
            if rows.first?.first == "0" { return }
            let channel = try MariaDBReplicationStatus(connection).channel
            guard channel?.isApplying ?? false else {
                var reason = "its applier stopped"
                if case .broken(let words) = channel?.link { reason = words }
                throw .refusal("it cannot apply all that it received: \(reason)")
            }
            try fence.endSessions(connection)
            guard ContinuousClock.now < deadline else {
                throw .refusal("it has not applied all that it received within \(Self.patience)")
            }
        }
    }

    private func keep() throws(ClientFault) {
        do {
            for name in try FileManager.default.contentsOfDirectory(atPath: directory) where name.hasPrefix("relay.") {
                let kept = "\(directory)/\(Self.unread)\(name)"
                guard !FileManager.default.fileExists(atPath: kept) else { continue }
                try FileManager.default.linkItem(atPath: "\(directory)/\(name)", toPath: kept)
            }
        } catch {
            throw .refusal("its relay logs cannot be read to their end, and could not be kept: \(error)")
        }
    }
}

/// The contents of relay logs of restarted replicas, by directory. A log stays the same until its server follows again.
final class MariaDBRelayReadings: Sendable {
    /// Bytes that are read while others wait for the answer.
    private static let limit: UInt64 = 256 << 20

    private struct Reading {
        let files: [FileMark]
        let applied: MariaDBPosition
        let logs: RelayLogs
    }

    private struct FileMark: Equatable {
        let name: String
        let size: Int64
        let inode: UInt64
        /// Nanoseconds.
        let modified: Int
    }

    private let known = Mutex<[String: Reading]>([:])

    func read(_ directory: String, beyond applied: MariaDBPosition) -> RelayLogs {
        let files = Self.marks(directory)
        if let reading = known.withLock({ $0[directory] }), reading.files == files, reading.applied == applied {
            return reading.logs
        }
        let logs = RelayLogs(in: directory, beyond: applied, atMost: Self.limit)
        known.withLock { $0[directory] = Reading(files: files, applied: applied, logs: logs) }
        return logs
    }

    private static func marks(_ directory: String) -> [FileMark] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.filter { $0.hasPrefix("relay.") }.sorted().map { name in
            var status = stat()
            guard lstat("\(directory)/\(name)", &status) == 0 else {
                return FileMark(name: name, size: -1, inode: 0, modified: 0)
            }
            return FileMark(
                name: name, size: Int64(status.st_size), inode: UInt64(status.st_ino),
                modified: status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec)
        }
    }
}
