import RoostModel

/// A file or a folder from which data is loaded into a template or a service.
package struct Dump: Equatable, Sendable {
    package enum Format: String, Codable, Sendable, CaseIterable {
        /// SQL as text: `mysqldump`, `mariadb-dump`, `pg_dump`, `pg_dumpall`.
        case sql
        /// `pg_dump -Fc`, for `pg_restore`.
        case pgCustom = "pg_custom"
        /// `pg_dump -Ft`, for `pg_restore`.
        case pgTar = "pg_tar"
        /// `pg_dump -Fd`, for `pg_restore`: a folder, or a tar archive of that folder.
        case pgDirectory = "pg_directory"
        /// `SAVE` and `BGSAVE` of Redis and Valkey.
        case rdb
        /// `mongodump --archive`.
        case mongoArchive = "mongo_archive"
    }

    package enum Compression: String, Codable, Sendable, CaseIterable {
        case none, gzip, zstd, xz, bzip2
    }

    /// An absolute path, readable by Roost; usually not readable by a server's user.
    package let path: String
    package let format: Format
    /// The file's layers of compression, the outermost first.
    package let layers: [Compression]

    package init(path: String, format: Format, layers: [Compression]) {
        self.path = path
        self.format = format
        self.layers = layers
    }

    package init(path: String, format: Format, compression: Compression) {
        self.init(path: path, format: format, layers: compression == .none ? [] : [compression])
    }

    /// The outermost layer.
    package var compression: Compression { layers.first ?? .none }
}

/// Options of a load.
package struct LoadTerms: Equatable, Sendable {
    /// The one database that receives everything, whatever the dump names: its CREATE DATABASE, USE and \connect are
    /// left out, and a dump that fills a second database is refused. Nil: the plan's first database, until the dump
    /// names another one.
    package var database: String?

    package init(database: String? = nil) { self.database = database }
}
