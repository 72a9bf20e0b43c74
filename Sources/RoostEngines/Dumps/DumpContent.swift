import RoostDumps

/// The kind of a file, by its first bytes. Pure.
enum DumpContent: Equatable {
    case packed(Dump.Compression)
    case dump(Dump.Format)
    /// An archive whose file names tell the kind.
    case tar
    /// Text that may be SQL.
    case text
    case empty
    /// A known kind that cannot be loaded: its description, and what to do.
    case other(String)

    /// The number of bytes that suffice.
    static let needed = 1024

    /// `isWhole`: the file has no more bytes.
    init(_ head: [UInt8]) {
        self =
            if head.isEmpty {
                .empty
            } else if let known = Self.marks.first(where: { mark in
                head.count >= mark.offset + mark.bytes.count && head.dropFirst(mark.offset).starts(with: mark.bytes)
            }) {
                known.content
            } else {
                Self.unmarked(head)
            }
    }

    private static func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }

    private static let marks: [(offset: Int, bytes: [UInt8], content: DumpContent)] = [
        (0, [0x1F, 0x8B], .packed(.gzip)), (0, [0x28, 0xB5, 0x2F, 0xFD], .packed(.zstd)),
        (0, [0xFD] + ascii("7zXZ") + [0], .packed(.xz)), (0, ascii("BZh"), .packed(.bzip2)),
        (0, ascii("PGDMP"), .dump(.pgCustom)), (257, ascii("ustar"), .tar),
        (0, ascii("REDIS0"), .dump(.rdb)), (0, ascii("VALKEY"), .dump(.rdb)),
        // 0x8199e26d, little-endian.
        (0, [0x6D, 0xE2, 0x99, 0x81], .dump(.mongoArchive)),
        (0, ascii("PK") + [3, 4], .other("a zip archive: unpack it first (unzip), and name the file that was in it")),
        (0, ascii("PK") + [5, 6], .other("an empty zip archive")),
        (0, ascii("7z") + [0xBC, 0xAF, 0x27, 0x1C], .other("a 7z archive: unpack it first")),
        (0, ascii("Rar!"), .other("a RAR archive: unpack it first")),
        (0, [0x04, 0x22, 0x4D, 0x18], .other("packed with lz4: unpack it first (lz4 -d)")),
        (0, ascii("LZIP"), .other("packed with lzip: unpack it first (lzip -d)")),
        (0, [0x1F, 0x9D], .other("packed with compress: unpack it first (uncompress)")),
        (0, ascii("SQLite format 3") + [0], .other("a database of SQLite, and no dump: no server here reads it")),
        (
            0, ascii("XBSTCK"),
            .other("a physical backup (xbstream), and no dump: restore it with the tool that made it")
        ),
        (0, ascii("TAPE"), .other("a backup of SQL Server, and no dump")),
        (0, ascii("%PDF"), .other("a PDF document")), (0, [0x7F] + ascii("ELF"), .other("a program")),
        (0, [0xFF, 0xFE], .other(utf16)), (0, [0xFE, 0xFF], .other(utf16)),
    ]

    private static let utf16 = "text in UTF-16: make it UTF-8 first (iconv -f UTF-16 -t UTF-8)"

    private static func unmarked(_ head: [UInt8]) -> DumpContent {
        if head.allSatisfy({ $0 == 0 }) { return .other("nothing but zero bytes, and no dump") }
        let isBinary = head.contains { $0 < 0x20 && !$0.isSpace && $0 != 0x1B && $0 != 0x1A } || head.contains(0x7F)
        if isBinary { return .other("binary content of an unknown kind") }
        let text = head.drop(while: \.isSpace).prefix(16).map(\.lowered)
        let kinds: [(String, String)] = [
            ("<!doctype html", "a page of HTML"), ("<html", "a page of HTML"),
            ("<?xml", "an XML document: make the dump without --xml"), ("{", "a JSON document"),
            ("[", "a JSON document"),
        ]
        for (beginning, name) in kinds where text.starts(with: beginning.utf8) { return .other(name) }
        return .text
    }

    /// The kind of an archive, by the names in it.
    static func archive(_ names: [String]) -> DumpContent {
        let files = names.filter { !$0.hasSuffix("/") }
        let bare = files.map { $0.hasPrefix("./") ? String($0.dropFirst(2)) : $0 }
        if bare.contains("toc.dat"), bare.contains("restore.sql") { return .dump(.pgTar) }
        if bare.contains(where: { $0 == "toc.dat" || $0.hasSuffix("/toc.dat") }) { return .dump(.pgDirectory) }
        if bare.count == 1 { return .other("a tar archive holding \(bare[0]): unpack it first (tar -xf)") }
        if bare.contains(where: { $0 == "metadata" || $0.hasSuffix("/metadata") }) { return .other(mydumper) }
        if bare.contains(where: { $0.hasSuffix("ibdata1") || $0.hasSuffix("PG_VERSION") || $0.contains("base.tar") }) {
            return .other("a tar archive of a server's own files, and no dump: restore it with the tool that made it")
        }
        return .other("a tar archive of \(bare.count) files: unpack it first, and name the one that is the dump")
    }

    /// The kind of a folder, by the names in it.
    static func folder(_ names: [String]) -> DumpContent {
        if names.contains("toc.dat") { return .dump(.pgDirectory) }
        if names.contains("metadata"), names.contains(where: { $0.contains("-schema") }) { return .other(mydumper) }
        if names.contains(where: { $0.hasSuffix(".txt") && names.contains("\($0.dropLast(4)).sql") }) {
            return .other(tab)
        }
        return .other("a folder that is no dump of pg_dump -Fd: it holds no toc.dat")
    }

    private static let tab =
        "a folder of mysqldump --tab, one file of SQL and one of rows for each table: make the dump without --tab"
    private static let mydumper =
        "a dump of mydumper, which only myloader reads: load it with myloader through 'roost url SERVICE', or make one with mysqldump"
}
