import RoostModel
import Testing

@testable import RoostEngines

/// The reason for a server's end is taken from the end of its log.
@Suite struct LastWordsTests {
    static let full: [(engine: String, line: String)] = [
        (
            "mariadb",
            "2026-11-29  3:00:00 0 [ERROR] InnoDB: preallocating 12582912 bytes for file ./ibtmp1 failed with error 28"
        ),
        (
            "mariadb",
            #"2026-11-29  3:00:00 0 [ERROR] mariadbd: Error writing file './binlog.index' (Errcode: 28 "No space left on device")"#
        ),
        (
            "mariadb",
            "2026-11-29  3:00:00 0 [Warning] mariadbd: Disk is full writing './binlog.000001'. Waiting for someone to free space..."
        ),
        (
            "mysql",
            "2026-11-29T03:00:00.1Z 0 [ERROR] [MY-012267] [InnoDB] Could not set the file size of './ibtmp1'. Probably out of disk space"
        ),
        (
            "mysql",
            "2026-11-29T03:00:00.1Z 1 [ERROR] [MY-012592] [InnoDB] Operating system error number 28 in a file operation."
        ),
        (
            "postgresql",
            #"2026-11-29 03:00:00.000 UTC [7] PANIC:  could not write to file "pg_wal/xlogtemp.7": No space left on device"#
        ),
        (
            "postgresql",
            #"2026-11-29 03:00:00.000 UTC [7] FATAL:  could not create lock file "postmaster.pid": Disk quota exceeded"#
        ),
        (
            "redis",
            "7:M 29 Nov 2026 03:00:00.000 # Write error writing append only file on disk: No space left on device"
        ),
        (
            "mongodb",
            #"{"t":{"$date":"2026-11-29"},"s":"F","c":"STORAGE","msg":"WiredTiger error","attr":{"error":28,"message":"__posix_file_write: No space left on device"}}"#
        ),
    ]

    @Test(arguments: full) func aFullDiskIsNamedByEveryServer(_ engine: String, _ line: String) throws {
        let causes = try #require(SettingBoundsTests.catalog.engine(named: engine)).knownCauses
        let words = LastWords.read(["an older line", line, "x [ERROR] Aborting"], causes: causes)
        #expect(words.cause?.kind == .diskFull, "\(words)")
    }

    @Test(arguments: [
        "2026-11-29T03:00:00 1 [ERROR] [MY-012585] [InnoDB] Linux Native AIO interface is not supported on this platform.",
        "2026-11-29T03:00:00 1 [ERROR] [MY-012954] [InnoDB] Cannot initialize AIO sub-system",
        "InnoDB: io_setup() failed with EAGAIN after 5 attempts.",
    ])
    func usedUpAsynchronousRequestsAreNamed(_ line: String) {
        let words = LastWords.read([line, "[ERROR] Aborting"], causes: KnownCause.everywhere)
        #expect(words.cause == .nativeIO)
    }

    @Test func withoutAKnownCauseItsLastErrorsTell() {
        let log = [
            "2026-11-29  3:00:00 0 [Note] Starting", "2026-11-29  3:00:00 0 [ERROR] first",
            "2026-11-29  3:00:00 0 [ERROR] second \u{7}",
            "2026-11-29  3:00:00 0 [ERROR] " + String(repeating: "x", count: 300),
            "2026-11-29  3:00:00 0 [ERROR] Aborting",
        ]
        let words = LastWords.read(log, causes: KnownCause.everywhere)
        #expect(words.cause == nil)
        #expect(words.errors.count == 2 && words.errors[0].hasSuffix("second "), "\(words)")
        #expect(words.errors[1].count == 201 && words.errors[1].hasSuffix("…"))
        #expect(LastWords.read([], causes: KnownCause.everywhere) == LastWords(cause: nil, errors: []))
    }

    @Test func aCauseOfAFamilysOwnComesFirst() {
        let own = KnownCause(
            .other, signs: [["io_setup", "eagain"]], sentence: "no asynchronous input and output is left")
        let words = LastWords.read(
            ["x [ERROR] InnoDB: io_setup() failed with EAGAIN", "x [ERROR] y: No space left on device"],
            causes: [own] + KnownCause.everywhere)
        #expect(words.cause == own)
    }
}
