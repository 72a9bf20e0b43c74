import RoostModel
import Testing

@testable import RoostRuntime

@Suite struct ImportTests {
    @Test(arguments: [
        ("shop.sql.gz", "dump-shop.sql.gz"), ("../../etc/passwd", "dump-passwd"), ("/", "dump-"),
        ("a b;c.sql", "dump-abc.sql"),
        (nil, "dump-"), ("..", "dump-.."),
    ])
    func aFilesNameIsNeverAPath(name: String?, kept: String) {
        #expect(LocalHost.fileName(name) == kept)
        #expect(!LocalHost.fileName(name).contains("/"))
    }

    @Test func theWayBackNamesTheSnapshotAndTheApplication() {
        let id = ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: "data"))
        #expect(ImportRoom.wayBack("s1", id).contains("roost snapshot restore data s1 -A ramen"))
        #expect(ImportRoom.wayBack(nil, id).contains("no snapshot"))
    }
}
