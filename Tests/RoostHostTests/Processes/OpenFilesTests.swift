import Foundation
import Testing

@testable import RoostHost

@Suite(.timeLimit(.minutes(1)))
struct OpenFilesTests {
    @Test func tellsARemovedAndReplacedFolderAndFile() async throws {
        try await withServer { server in
            let data = server.folder + "/data"
            try Storage.makeFolder(data)
            let process = try server.spawn(script: "cd '\(data)' && exec 5> held && echo started && sleep 1000")
            _ = try await server.line(startingWith: "started")
            #expect(OpenFiles.works(process.pid, in: data) == .same)
            #expect(OpenFiles.holds(process.pid, "\(data)/held") == .same)
            #expect(OpenFiles.holds(process.pid, server.logFile) == .same)
            #expect(OpenFiles.holds(process.pid, server.recordFile) == .other)

            try FileManager.default.removeItem(atPath: "\(data)/held")
            #expect(OpenFiles.holds(process.pid, "\(data)/held") == .unknown)
            try Data().write(to: URL(filePath: "\(data)/held"))
            #expect(OpenFiles.holds(process.pid, "\(data)/held") == .other)

            try FileManager.default.moveItem(atPath: data, toPath: data + ".away")
            #expect(OpenFiles.works(process.pid, in: data) == .unknown)
            try Storage.makeFolder(data)
            #expect(OpenFiles.works(process.pid, in: data) == .other)
            try process.signal(SIGKILL)
            _ = try await process.waitForExit()
            #expect(OpenFiles.works(process.pid, in: data) == .unknown)
            #expect(OpenFiles.holds(process.pid, server.logFile) == .unknown)
        }
    }

    @Test func namesTheFilesThatAProcessHoldsAndNobodyElseFinds() async throws {
        try await withServer { server in
            let data = server.folder + "/data"
            try Storage.makeFolder(data + "/base")
            let files = "5> gone 6> base/gone 7> back 8> stays 9> ../other"
            let script = "cd '\(data)' && exec \(files) && echo started && sleep 1000"
            let process = try server.spawn(script: script)
            _ = try await server.line(startingWith: "started")
            #expect(OpenFiles.removed(process.pid, below: data) == [])
            for name in ["gone", "base/gone", "back", "../other"] {
                try FileManager.default.removeItem(atPath: "\(data)/\(name)")
            }
            // The server rewrites a file.
            try Data().write(to: URL(filePath: "\(data)/back"))
            #expect(OpenFiles.removed(process.pid, below: data) == ["base/gone", "gone"])
            try process.signal(SIGKILL)
            _ = try await process.waitForExit()
            #expect(OpenFiles.removed(process.pid, below: data) == [])
        }
    }
}
