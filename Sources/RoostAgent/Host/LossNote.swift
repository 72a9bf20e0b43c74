import Foundation
import RoostHost
import RoostModel

/// That a running server serves files which were removed, and so is not to be ended: a note beside its data, for whoever ends
/// servers without the daemon.
struct LossNote: Codable, Equatable, Sendable {
    /// The server that it is of. One that was started since has what stands on the disk.
    let pid: Int32
    /// What is gone and the way back, a sentence.
    let reason: String

    /// Nil: there is none, or it is of another server.
    static func read(_ instance: InstancePaths, of pid: Int32) -> LossNote? {
        guard let data = FileManager.default.contents(atPath: instance.loss),
            // One that was cut off names no server.
            let note = try? JSON.decode(LossNote.self, from: data), note.pid == pid
        else { return nil }
        return note
    }

    /// The note of a server that was just started or adopted; one of an earlier server is removed.
    static func adopt(_ instance: InstancePaths, of pid: Int32) -> LossNote? {
        if let note = read(instance, of: pid) { return note }
        // Where it cannot be removed it names another process nevertheless.
        if FileManager.default.fileExists(atPath: instance.loss) { try? remove(instance) }
        return nil
    }

    func write(_ instance: InstancePaths) throws {
        // It tells of a server that runs, which no crash of the machine outlives.
        try Storage.writeAtomically(
            try JSON.encode(self), to: instance.loss, mode: 0o600, owner: nil, isDurable: false)
    }

    static func remove(_ instance: InstancePaths) throws {
        try Storage.removeTree(instance.loss, within: instance.folder)
    }
}
