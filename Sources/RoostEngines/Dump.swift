import RoostModel

/// A file that a template is made from.
package struct Dump: Equatable, Sendable {
    package enum Format: String, Codable, Sendable, CaseIterable {
        /// SQL as text: `mysqldump`, `mariadb-dump`, `pg_dump`, `pg_dumpall`.
        case sql
        /// `pg_dump -Fc`, for `pg_restore`.
        case pgCustom = "pg_custom"
        /// `SAVE` and `BGSAVE` of Redis and Valkey.
        case rdb
        /// `mongodump --archive`.
        case mongoArchive = "mongo_archive"
    }

    package enum Compression: String, Codable, Sendable, CaseIterable {
        case none, gzip, zstd
    }

    /// An absolute path. Readable by Roost; not, as a rule, by a server's user.
    package let path: String
    package let format: Format
    package let compression: Compression

    package init(path: String, format: Format, compression: Compression) {
        self.path = path
        self.format = format
        self.compression = compression
    }
}

/// How far the load of a dump has come.
package struct LoadProgress: Equatable, Sendable {
    /// Of the file, as it is on the disk.
    package var bytesRead: Int64
    package var bytesTotal: Int64
    /// Sent to the server until now; 0 where the format has none.
    package var statements: Int

    package init(bytesRead: Int64, bytesTotal: Int64, statements: Int) {
        self.bytesRead = bytesRead
        self.bytesTotal = bytesTotal
        self.statements = statements
    }
}
