import Foundation
import RoostHost
import Testing

@testable import RoostAgent

struct ManifestFolderTests {
    @Test func whatIsHalfRemovedBelongsToNoService() throws {
        let home = NSTemporaryDirectory() + "roost-manifests-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: home) }
        for folder in ["ramen/data.0", "ramen/old.0.unfinished"] {
            try FileManager.default.createDirectory(
                atPath: "\(home)/instances/\(folder)", withIntermediateDirectories: true)
        }
        let (found, leftAlone) = ManifestFolder(paths: HomePaths(home: home)).all()
        #expect(found.isEmpty)
        #expect(leftAlone == ["\(home)/instances/ramen/data.0: no readable manifest"])
    }
}
