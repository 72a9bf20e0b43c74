import Testing

@testable import RoostAgent

@Suite struct KeptDumpTests {
    @Test(arguments: [
        ("shop.sql.gz", "dump-shop.sql.gz"), ("../../etc/passwd", "dump-passwd"), ("/", "dump-"),
        ("a b;c.sql", "dump-abc.sql"),
        (nil, "dump-"), ("..", "dump-.."),
    ])
    func aFilesNameIsNeverAPath(name: String?, kept: String) {
        #expect(DumpStore.fileName(name) == kept)
        #expect(!DumpStore.fileName(name).contains("/"))
    }
}
