import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// Folders of builds that were added: complete ones count, and each is read once.
@Suite struct AddedBuildsTests {
    private func record(_ engine: String) throws -> AddedBuild {
        AddedBuild(
            engine: try #require(EngineIdentity(engine)), source: "m.tar.xz", sourceDigest: "1", contentDigest: "2",
            sizeBefore: .mebibytes(412), size: .mebibytes(79), addedAt: Date(timeIntervalSince1970: 1_795_243_446.120),
            removed: ["test suites: 3"])
    }

    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = try PrivateFolder()
        defer { folder.remove() }
        try body(folder.path)
    }

    private func write(_ data: Data, _ folder: String, _ name: String) throws {
        try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        try data.write(to: URL(filePath: "\(folder)/\(name)/\(AddedBuild.file)"), options: .atomic)
    }

    @Test func aRecordIsReadBackAsItWasWritten() throws {
        let record = try record("mysql@9.7.4")
        #expect(try JSON.decode(AddedBuild.self, from: JSON.encode(record)) == record)
        #expect(record.origin == "added from m.tar.xz")
    }

    @Test func onlyCompleteBuildsOfTheFamilyCountTheNewestFirst() throws {
        try withFolder { folder in
            for name in ["mysql@9.1.0", "mysql@9.10.0", "mariadb@11.8.9"] {
                try write(try JSON.encode(try record(name)), folder, name)
            }
            // Folders that are no builds: incomplete, unreadable, another engine's, or something else altogether.
            for name in ["mysql@9.2.0", ".work", "notes"] {
                try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            }
            try write(Data("{".utf8), folder, "mysql@9.3.0")
            try write(try JSON.encode(try record("mysql@9.1.0")), folder, "mysql@9.4.0")
            let added = AddedBuilds(folder: folder)
            #expect(added.all(of: "mysql").map { "\($0.build.engine)" } == ["mysql@9.10.0", "mysql@9.1.0"])
            #expect(added.all(of: "mysql").first?.root == "\(folder)/mysql@9.10.0")
            #expect(added.all(of: "redis").isEmpty)
            #expect(AddedBuilds(folder: "/nonexistent").all(of: "mysql").isEmpty)
        }
    }

    @Test func aChangedRecordIsReadAgain() throws {
        try withFolder { folder in
            let added = AddedBuilds(folder: folder)
            let engine = try #require(EngineIdentity("mysql@9.1.0"))
            #expect(added.build(engine) == nil)
            try write(try JSON.encode(try record("mysql@9.1.0")), folder, "mysql@9.1.0")
            #expect(added.build(engine)?.size == .mebibytes(79))
            try FileManager.default.removeItem(atPath: "\(folder)/mysql@9.1.0")
            #expect(added.build(engine) == nil)
        }
    }
}
