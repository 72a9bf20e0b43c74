/// The control file of a data directory, `global/pg_control`: how the server was stopped, and the limits that a replica
/// of its data must have. Pure.
///
/// The server's sources, "pg_control.h": the fields read here stand at the same place in every release since 11. Read
/// without `pg_controldata`: added releases may lack the program.
struct PostgreSQLControlFile: Equatable {
    enum State: Equatable {
        /// The server was a primary and shut down in order.
        case shutDown
        case other
    }

    let state: State
    /// The location of the last checkpoint's record.
    let checkpoint: UInt64
    /// The timeline of that checkpoint.
    let timeline: UInt32
    /// The primary's settings when it last sent a change of them. A replica with a lower one does not start; see the
    /// manual, "Hot Standby", "Administrator's Overview".
    let limits: [String: Int64]

    static let path = "global/pg_control"
    /// The size of the file.
    static let size = 8192

    /// Numbers of the file's layout: of releases 13 to 16, 17, 18.
    private static let layouts: Set<UInt32> = [1300, 1700, 1800]
    /// Where the checksum of everything before it may stand: the end of the content, which differs by release.
    private static let checksums = stride(from: 256, through: 512, by: 4)

    /// Nil for a layout that is not known, and for a file that is damaged.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.size else { return nil }
        func number<Number: FixedWidthInteger>(_ offset: Int, _: Number.Type) -> Number {
            bytes.withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self)) }
        }
        guard Self.layouts.contains(number(8, UInt32.self)),
            Self.checksums.contains(where: { end in
                number(end, UInt32.self) == Self.checksum(bytes[..<end])
            })
        else { return nil }
        // DB_SHUTDOWNED; a replica that was stopped has DB_SHUTDOWNED_IN_RECOVERY, 2.
        state = number(16, Int32.self) == 1 ? .shutDown : .other
        checkpoint = number(32, UInt64.self)
        timeline = number(48, UInt32.self)
        limits = Self.limits.reduce(into: [:]) { $0[$1.name] = Int64(number($1.offset, Int32.self)) }
    }

    private static let limits: [(name: String, offset: Int)] = [
        ("max_connections", 180), ("max_worker_processes", 184), ("max_wal_senders", 188),
        ("max_prepared_transactions", 192), ("max_locks_per_transaction", 196),
    ]

    static func read(in directory: String) -> PostgreSQLControlFile? {
        FolderEntry.bytes("\(directory)/\(path)", atMost: size + 1).flatMap(PostgreSQLControlFile.init)
    }

    /// CRC-32C (RFC 3720, appendix B.4).
    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { sum, byte in table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ sum >> 8 }
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0x82F6_3B78 : sum >> 1 }
    }
}
