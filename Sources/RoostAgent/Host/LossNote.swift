import Foundation
import RoostHost
import RoostModel

/// A note beside the data: the running server serves files that were removed, and so must not be stopped. The note is
/// for programs that stop servers without the daemon.
struct LossNote: Codable, Equatable, Sendable {
    /// Process id of the server. A server that was started since has the files that are on the disk.
    let pid: Int32
    /// The missing files and the way back, a sentence.
    let reason: String

    /// Nil if there is no note, or the note is about another server.
    static func read(_ instance: InstancePaths, of pid: Int32) -> LossNote? {
        guard let data = FileManager.default.contents(atPath: instance.loss),
            // A note that was cut off names no server.
            let note = try? JSON.decode(LossNote.self, from: data), note.pid == pid
        else { return nil }
        return note
    }

    /// The note about a server that was just started or adopted. A note about an earlier server is removed.
    static func adopt(_ instance: InstancePaths, of pid: Int32) -> LossNote? {
        if let note = read(instance, of: pid) { return note }
        // A note that cannot be removed still names another process, and so is ignored.
        if FileManager.default.fileExists(atPath: instance.loss) { try? remove(instance) }
        return nil
    }

    func write(_ instance: InstancePaths) throws {
        // Not durable: the note is about a running server, and no server outlives a crash of the machine.
        try Storage.writeAtomically(
            try JSON.encode(self), to: instance.loss, mode: 0o600, owner: nil, isDurable: false)
    }

    static func remove(_ instance: InstancePaths) throws {
        try Storage.removeTree(instance.loss, within: instance.folder)
    }
}
