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
        (0, ascii("PK") + [3, 4], .other("a zip archive: unpack it first (unzip), then use the file in it")),
        (0, ascii("PK") + [5, 6], .other("an empty zip archive")),
        (0, ascii("7z") + [0xBC, 0xAF, 0x27, 0x1C], .other("a 7z archive: unpack it first")),
        (0, ascii("Rar!"), .other("a RAR archive: unpack it first")),
        (0, [0x04, 0x22, 0x4D, 0x18], .other("compressed with lz4: unpack it first (lz4 -d)")),
        (0, ascii("LZIP"), .other("compressed with lzip: unpack it first (lzip -d)")),
        (0, [0x1F, 0x9D], .other("compressed with compress: unpack it first (uncompress)")),
        (0, ascii("SQLite format 3") + [0], .other("an SQLite database, not a dump")),
        (
            0, ascii("XBSTCK"),
            .other("a physical backup (xbstream), not a dump: restore it with the tool that created it")
        ),
        (0, ascii("TAPE"), .other("a SQL Server backup, not a dump")),
        (0, ascii("%PDF"), .other("a PDF document")), (0, [0x7F] + ascii("ELF"), .other("a program")),
        (0, [0xFF, 0xFE], .other(utf16)), (0, [0xFE, 0xFF], .other(utf16)),
    ]

    private static let utf16 = "UTF-16 text: convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)"

    private static func unmarked(_ head: [UInt8]) -> DumpContent {
        if head.allSatisfy({ $0 == 0 }) { return .other("not a dump: it contains only zero bytes") }
        let isBinary = head.contains { $0 < 0x20 && !$0.isSpace && $0 != 0x1B && $0 != 0x1A } || head.contains(0x7F)
        if isBinary { return .other("binary data of an unknown format") }
        let text = head.drop(while: \.isSpace).prefix(16).map(\.lowered)
        let kinds: [(String, String)] = [
            ("<!doctype html", "an HTML page"), ("<html", "an HTML page"),
            ("<?xml", "an XML document: create the dump without --xml"), ("{", "a JSON document"),
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
        if bare.count == 1 { return .other("a tar archive containing \(bare[0]): unpack it first (tar -xf)") }
        if bare.contains(where: { $0 == "metadata" || $0.hasSuffix("/metadata") }) { return .other(mydumper) }
        if bare.contains(where: { $0.hasSuffix("ibdata1") || $0.hasSuffix("PG_VERSION") || $0.contains("base.tar") }) {
            return .other("a tar archive of a server's own files, not a dump: restore it with the tool that created it")
        }
        return .other("a tar archive of \(bare.count) files: unpack it first, then use the one that is the dump")
    }

    /// The kind of a folder, by the names in it.
    static func folder(_ names: [String]) -> DumpContent {
        if names.contains("toc.dat") { return .dump(.pgDirectory) }
        if names.contains("metadata"), names.contains(where: { $0.contains("-schema") }) { return .other(mydumper) }
        if names.contains(where: { $0.hasSuffix(".txt") && names.contains("\($0.dropLast(4)).sql") }) {
            return .other(tab)
        }
        return .other("a folder, but not a pg_dump -Fd dump: it contains no toc.dat")
    }

    private static let tab =
        "a mysqldump --tab folder with an SQL and a data file for each table: create the dump without --tab"
    private static let mydumper =
        "a mydumper dump, which only myloader can load: use myloader with 'roost url SERVICE', or use mysqldump"
}
