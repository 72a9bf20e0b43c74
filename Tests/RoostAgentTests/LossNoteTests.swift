import Foundation
import RoostEngines
import RoostModel
import Testing

@testable import RoostAgent

/// Checks that keep `roostd stop --services` from ending a server that alone holds the content of removed files.
@Suite struct LossNoteTests {
    private func inFolder(_ body: (InstancePaths) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "roost-loss-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        let instance = InstancePaths(folder: folder.path)
        try FileManager.default.createDirectory(atPath: instance.data, withIntermediateDirectories: true)
        try body(instance)
    }

    @Test func aNoteIsOfOneServerAlone() throws {
        try inFolder { instance in
            let note = LossNote(pid: 7, reason: "ibdata1 is gone")
            try note.write(instance)
            #expect(LossNote.read(instance, of: 7) == note)
            #expect(LossNote.read(instance, of: 8) == nil)
            #expect(LossNote.adopt(instance, of: 7) == note)
            #expect(LossNote.adopt(instance, of: 8) == nil)
            #expect(!FileManager.default.fileExists(atPath: instance.loss))
            try LossNote.remove(instance)
        }
    }

    /// The daemon may have ended before it noticed.
    @Test func whatTheDiskShowsNeedsNoNote() throws {
        let id = InstanceID(ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: "data")), 0)
        // The process's working folder is not the instance's.
        let pid = ProcessInfo.processInfo.processIdentifier
        let landmarks = Landmarks(["ibdata1"], isWorkingFolder: false)
        try inFolder { instance in
            let gone = LocalHost.loss(pid, id, instance, landmarks)
            #expect(gone?.contains("ibdata1 is gone") == true && gone?.contains("roost snapshot restore") == true)
            try Data().write(to: URL(filePath: "\(instance.data)/ibdata1"))
            #expect(LocalHost.loss(pid, id, instance, landmarks) == nil)
            #expect(LocalHost.loss(pid, id, instance, Landmarks(["ibdata1"]))?.contains("is not the one") == true)
            try FileManager.default.removeItem(atPath: instance.data)
            #expect(LocalHost.loss(pid, id, instance, landmarks)?.contains("is gone") == true)
            try LossNote(pid: pid, reason: "as noted").write(instance)
            #expect(LocalHost.loss(pid, id, instance, landmarks) == "as noted")
        }
    }
}
