import Foundation
import RoostModel
import Testing

@testable import RoostEngines

@Suite struct LandmarksTests {
    @Test func namesWhatIsMissing() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "landmarks-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(
            at: folder.appending(path: "global"), withIntermediateDirectories: true)
        try Data().write(to: folder.appending(path: "global/pg_control"))
        #expect(Landmarks.missing(["global", "global/pg_control"], in: folder.path) == nil)
        #expect(Landmarks.missing(["global", "base"], in: folder.path) == "base")
        #expect(Landmarks.missing(["global/pg_control/x"], in: folder.path) == "global/pg_control/x")
        #expect(Landmarks.missing([], in: folder.path + "/nowhere") == nil)
    }

    /// A server on an emptied directory would serve an empty database.
    @Test func aRedisThatServedMustHaveItsLog() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "landmarks-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let data = RedisData(folder: folder.path)
        let redis = Redis(.redis, addedBuilds: folder.path)
        let version = try #require(EngineVersion("7.0.15"))
        try data.note(version, .redis)
        #expect(redis.missing(in: folder.path) == nil)
        try data.note(version, .redis, isServed: true)
        #expect(redis.missing(in: folder.path) == "appendonlydir/appendonly.aof.manifest")
        #expect(redis.versionOfData(at: folder.path) == version)
        let next = try #require(EngineVersion("7.2.4"))
        try data.note(next, .redis)
        #expect(redis.versionOfData(at: folder.path) == next)
        #expect(data.wasServed(.redis))
    }
}
