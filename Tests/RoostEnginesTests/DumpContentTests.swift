import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// A file's kind is told by its content, whatever its name says.
@Suite
struct DumpContentTests {
    static let marks: [([UInt8], DumpContent)] = [
        ([], .empty), ([0x1F, 0x8B, 8], .packed(.gzip)), ([0x28, 0xB5, 0x2F, 0xFD], .packed(.zstd)),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], .packed(.xz)), (Array("BZh9".utf8), .packed(.bzip2)),
        (Array("PGDMP".utf8), .dump(.pgCustom)), (Array("REDIS0011".utf8), .dump(.rdb)),
        ([0x6D, 0xE2, 0x99, 0x81], .dump(.mongoArchive)), (Array("-- a\nCREATE".utf8), .text),
        (Array("INSERT 'Gr".utf8) + [0xF6], .text), ([0xEF, 0xBB, 0xBF] + Array("SELECT".utf8), .text),
        ([UInt8](repeating: 0x61, count: 257) + Array("ustar".utf8), .tar),
    ]

    @Test(arguments: marks) func aFileIsWhatItsFirstBytesSay(_ head: [UInt8], _ wanted: DumpContent) {
        #expect(DumpContent(head) == wanted)
    }

    @Test(arguments: [
        (Array("PK".utf8) + [3, 4], "zip"), (Array("SQLite format 3".utf8) + [0], "SQLite"),
        ([0xFF, 0xFE, 0x53, 0], "UTF-16"), (Array("<!DOCTYPE html>".utf8), "HTML"), (Array("{\"a\": 1}".utf8), "JSON"),
        ([1, 2, 3, 0], "binary"), (Array("XBSTCK01".utf8), "physical"), ([0x04, 0x22, 0x4D, 0x18], "lz4"),
    ])
    func whatCannotBeLoadedIsNamed(_ head: [UInt8], _ word: String) {
        guard case .other(let words) = DumpContent(head) else {
            Issue.record("taken for a dump")
            return
        }
        #expect(words.contains(word))
    }

    private static func padded(_ head: [UInt8]) -> [UInt8] { head + [UInt8](repeating: 0, count: 4096) }
    /// An archive's first file may have a short name.
    private static let tar = Array("a".utf8) + [UInt8](repeating: 0, count: 256) + Array("ustar".utf8)

    static let heads: [(bytes: [UInt8], words: String?)] = [
        (padded([]), "only zero bytes"), (padded([1, 2]), "binary data"),
        (Array("SELECT 1;\n".utf8), nil), ([UInt8](repeating: 0x61, count: 4096), nil), (padded([0x1F, 0x8B]), nil),
        (padded(Array("REDIS0011".utf8)), nil), (padded(tar), nil),
    ]

    @Test(arguments: heads)
    func whatIsNoDumpIsKnownBeforeAllOfItHasCome(_ bytes: [UInt8], _ words: String?) {
        var head = DumpHead()
        let told = stride(from: 0, to: bytes.count, by: 100).compactMap { head.refusal(bytes[$0...].prefix(100)) }
        #expect(told.count == (words == nil ? 0 : 1), "\(told)")
        if let words { #expect(told.first?.contains(words) == true) }
    }

    static let several: [(lines: String, text: String, wanted: String)] = [
        (
            IncludedFiles.mysql, "a;\nsource one.dump ;\nSOURCES;\n\\. two.dump\nINSERT 'source one.dump';\n",
            "a;\nrows of one;\nSOURCES;\nrows of two;\nINSERT 'source one.dump';\n"
        ),
        (
            IncludedFiles.postgresql, "a;\n\\i one.dump\n\\include_relative two.dump\n\\ir two.dump ;\n\\.\n",
            "a;\nrows of one;\nrows of two;\nrows of two;\n\\.\n"
        ),
        // Lines with names that a shell would interpret stay as they are.
        (IncludedFiles.mysql, "source one.dump; touch x\nsource $(id)\n", "source one.dump; touch x\nsource $(id)\n"),
    ]

    /// The command in the error message makes one dump of several files.
    @Test(arguments: several)
    func severalFilesBecomeOneAsTheErrorSays(_ lines: String, _ text: String, _ wanted: String) async throws {
        try await CopyFolder.with { folder in
            for (name, text) in [("FILE", text), ("one.dump", "rows of one;\n"), ("two.dump", "rows of two;\n")] {
                try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
            }
            try TestProgram.run("/bin/sh", ["-c", "cd '\(folder)' && \(IncludedFiles.command(lines))"])
            #expect(try String(contentsOfFile: "\(folder)/whole.sql", encoding: .utf8) == wanted)
        }
    }

    static let archives: [([String], DumpContent)] = [
        (["toc.dat", "3346.dat", "restore.sql"], .dump(.pgTar)),
        (["crm/", "crm/toc.dat", "crm/3346.dat.gz"], .dump(.pgDirectory)), (["./toc.dat"], .dump(.pgDirectory)),
        (["shop.sql"], .other("a tar archive containing shop.sql: unpack it first (tar -xf)")),
    ]

    @Test(arguments: archives) func anArchiveIsWhatItsNamesSay(_ names: [String], _ wanted: DumpContent) {
        #expect(DumpContent.archive(names) == wanted)
    }

    private static let sql: [Dump.Format] = [.sql, .pgCustom, .pgTar, .pgDirectory]

    /// The shell makes each file in a folder of its own; the expected kind comes last.
    @Test(
        arguments: [
            ("printf 'SELECT 1;' > f", Dump.Format.sql, []), ("printf 'SELECT 1;' | gzip > f", .sql, [.gzip]),
            ("printf 'SELECT 1;' | zstd -qc | gzip > f.sql", .sql, [.gzip, .zstd]),
            ("(printf 'SELECT 1;' | gzip; printf garbage) > f", .sql, [.gzip]),
            ("printf PGDMP | gzip > f.gz", .pgCustom, [.gzip]), ("printf PGDMP | xz > f", .pgCustom, [.xz]),
            ("printf 'SELECT 1;' | bzip2 > f.gz", .sql, [.bzip2]),
            ("mkdir f; touch f/toc.dat", .pgDirectory, []),
            ("mkdir crm; touch crm/toc.dat; tar -czf f crm", .pgDirectory, [.gzip]),
            ("touch toc.dat restore.sql; tar -cf f toc.dat restore.sql", .pgTar, []),
            ("printf 'SELECT 1;' > real; ln -s real f", .sql, []),
        ] as [(String, Dump.Format, [Dump.Compression])])
    func whatIsPackedIsLookedAt(_ script: String, _ format: Dump.Format, _ layers: [Dump.Compression]) async throws {
        try await CopyFolder.with { folder in
            try TestProgram.run("/bin/sh", ["-c", "cd '\(folder)' && \(script)"])
            let name = try #require(
                ["f", "f.sql", "f.gz"].first { FileManager.default.fileExists(atPath: "\(folder)/\($0)") })
            let dump = try await DumpLook.dump(at: "\(folder)/\(name)", formats: Self.sql)
            #expect(dump.format == format && dump.layers == layers)
        }
    }

    @Test(arguments: [
        ("printf '' | gzip > f", "empty after decompression"), (": > f", "empty"), ("printf REDIS0011 > f", "RDB"),
        ("printf x > a.sql; zip -q f.zip a.sql; mv f.zip f", "a zip archive containing a.sql: unpack it first"),
        ("printf x > a.sql; tar -czf f a.sql", "a tar archive containing a.sql: unpack it first"),
        ("printf '\\037\\213garbage' > f", "cannot be unpacked"), ("mkdir f", "no toc.dat"),
        ("mkdir f; touch f/dish.sql f/dish.txt", "mysqldump --tab"), ("mkdir f; touch f/a.sql f/b.txt", "no toc.dat"),
        ("mkdir f; touch f/metadata f/shop.dish-schema.sql f/shop.dish.sql", "only myloader can load"),
        ("mkdir d; touch d/metadata d/a-schema.sql; tar -czf f d", "only myloader can load"),
        ("mkfifo f", "not a regular file"), ("printf 'a\\001\\000' | gzip > f", "binary data"),
    ])
    func whatIsNoDumpIsRefusedByName(_ script: String, _ words: String) async throws {
        try await CopyFolder.with { folder in
            try TestProgram.run("/bin/sh", ["-c", "cd '\(folder)' && \(script)"])
            let error = await #expect(throws: EngineError.self) {
                _ = try await DumpLook.dump(at: "\(folder)/f", formats: Self.sql)
            }
            #expect("\(String(describing: error.map { "\($0)" }))".contains(words), "\(String(describing: error))")
        }
    }
}
