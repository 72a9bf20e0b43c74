import Foundation
import RoostEngines
import RoostHost
import RoostModel

/// What a dump's file tells of itself.
enum DumpFile {
    /// The dump at a path, by what is in it; the name decides only where the content does not.
    static func dump(at path: String, type: ServiceType, catalog: EngineCatalog) throws(Problem) -> Dump {
        guard path.hasPrefix("/") else {
            throw Problem(.usage, "'\(path)' must be an absolute path of the machine that roostd runs on")
        }
        // What cannot be looked at cannot be read either.
        guard let entry = try? Storage.look(at: path) else {
            throw Problem(.sourceNotFound, "there is no dump at \(path)", next: ["name a path on roostd's machine"])
        }
        guard entry.isPlainFile, let file = FileHandle(forReadingAtPath: path) else {
            throw Problem(.usage, "\(path) is no file that could be read")
        }
        defer {
            // Opened to be read: nothing can be lost.
            try? file.close()
        }
        // Unreadable counts as empty, and is refused below.
        let beginning = (try? file.read(upToCount: 16)) ?? Data()
        guard !beginning.isEmpty else { throw Problem(.usage, "\(path) is empty") }
        let compression = compression(beginning)
        let formats = catalog.serving(type).flatMap(\.dumpFormats)
        guard let format = format(beginning, compression, path, formats) else {
            throw Problem(
                .usage,
                formats.isEmpty
                    ? "services of type \(type) have no dumps that a template could be made of"
                    : "\(path) is no dump of type \(type) that is known: \(formats.map(\.rawValue).joined(separator: ", "))"
            )
        }
        return Dump(path: path, format: format, compression: compression)
    }

    /// Changes when the file does.
    static func fingerprint(of path: String) -> String? {
        // Gone, or not to be looked at: it has none.
        (try? Storage.look(at: path))?.fingerprint
    }

    private static func compression(_ beginning: Data) -> Dump.Compression {
        if beginning.starts(with: [0x1f, 0x8b]) { return .gzip }
        if beginning.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) { return .zstd }
        return .none
    }

    /// What is compressed tells nothing: then it is what its name says, or the type's first.
    private static func format(
        _ beginning: Data, _ compression: Dump.Compression, _ path: String, _ known: [Dump.Format]
    ) -> Dump.Format? {
        let found: Dump.Format? =
            if compression != .none {
                byName(path)
            } else if beginning.starts(with: Array("PGDMP".utf8)) {
                .pgCustom
            } else if beginning.starts(with: Array("REDIS".utf8)) || beginning.starts(with: Array("VALKEY".utf8)) {
                .rdb
            } else if beginning.starts(with: [0x6d, 0xe2, 0x99, 0x81]) {
                // Of `mongodump --archive`: 0x8199e26d, little end first.
                .mongoArchive
            } else {
                known.contains(.sql) ? .sql : nil
            }
        guard let found else { return compression == .none ? nil : known.first }
        return known.contains(found) ? found : nil
    }

    private static func byName(_ path: String) -> Dump.Format? {
        let parts = path.split(separator: ".").dropFirst()
        if parts.contains("sql") { return .sql }
        if parts.contains("rdb") { return .rdb }
        if parts.contains("archive") { return .mongoArchive }
        return nil
    }
}

/// Names that sort by the time they were made at.
enum TimedID {
    /// `20261121-064406-3f9a`
    static func make(_ now: Date = Date()) -> String {
        let stamp = Timestamp.format(now).prefix(19)
            .replacing("-", with: "").replacing(":", with: "").replacing("T", with: "-")
        return "\(stamp)-\(chance(4))"
    }

    /// So many hexadecimal digits, by chance.
    static func chance(_ digits: Int) -> String {
        String((0..<digits).compactMap { _ in "0123456789abcdef".randomElement() })
    }
}
