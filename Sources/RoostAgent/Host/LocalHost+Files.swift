import Foundation
import Logging
import Glibc
import RoostControl
import RoostEngines
import RoostHost
import RoostModel
import Synchronization

// Whether a running server still works on the files in its data directory.
extension LocalHost {
    /// Corrects the health of a server whose files were removed or replaced behind its back: its own probe does not
    /// notice that. `isThorough`: looks through the server's open files as well, which takes time in proportion to
    /// their number.
    func checked(
        _ health: InstanceHealth, _ process: ServerProcess, _ order: InstanceOrder, isThorough: Bool
    ) async -> InstanceHealth {
        let isUp: Bool
        switch health {
        case .healthy, .drifted, .closed: isUp = true
        case .unhealthy, .lockedOut, .crowded, .unknown: isUp = false
        // A server that is starting may be making its files.
        case .starting: return health
        case .filesGone: return health
        }
        do {
            let reason = try await pool.run { [self] in
                try lostFiles(process.pid, order, isUp: isUp, isThorough: isThorough)
            }
            // A server that has ended meanwhile holds no files.
            guard let reason, process.isRunning else { return health }
            return .filesGone(reason + Self.wayBack(order.id, isRunning: true))
        } catch {
            // Without the engine, it is not known which files must be there.
            return health
        }
    }

    private func lostFiles(
        _ pid: Int32, _ order: InstanceOrder, isUp: Bool, isThorough: Bool
    ) throws(HostFailure) -> String? {
        // Data in a pool that is not mounted are not gone.
        if paths.isPoolMissing { return nil }
        // Both places are searched: the server may run in the pool even if the pool's file was moved away since.
        let known = [paths.homePlace, paths.poolPlace].map { $0.instance(order.id).data }
        let data = known.first { Landmarks.missing([""], in: $0) == nil } ?? paths.instance(order.id).data
        let landmarks = try engine(named: identity(for: order)).landmarks(of: data)
        if let reason = Self.lostDirectory(pid, data, landmarks) { return reason }
        let expected = isUp ? landmarks.fromTheStart + landmarks.onceItServed : landmarks.fromTheStart
        if let name = Landmarks.missing(expected, in: data) { return "\(data)/\(name) is gone" }
        guard isUp, isThorough, let held = landmarks.held, OpenFiles.holds(pid, "\(data)/\(held)") == .other else {
            return nil
        }
        return "\(data)/\(held) is not the file that its server (process \(pid)) has open"
    }

    /// Why the directory that a server works in is not the one on disk. Nil if it is.
    private static func lostDirectory(_ pid: Int32, _ data: String, _ landmarks: Landmarks) -> String? {
        let folder = (data as NSString).deletingLastPathComponent
        if Landmarks.missing(["data"], in: folder) != nil { return "its data directory \(data) is gone" }
        guard landmarks.isWorkingFolder, OpenFiles.works(pid, in: data) == .other else { return nil }
        return "its data directory \(data) is not the one that its server (process \(pid)) uses"
    }

    /// The data that a running server would lose by its end, from its daemon's note and from the disk. The server is
    /// not asked. Nil if it would lose none.
    static func loss(_ pid: Int32, _ id: InstanceID, _ instance: InstancePaths, _ landmarks: Landmarks) -> String? {
        if let note = LossNote.read(instance, of: pid) { return note.reason }
        let missing = Landmarks.missing(landmarks.fromTheStart, in: instance.data).map {
            "\(instance.data)/\($0) is gone"
        }
        return (lostDirectory(pid, instance.data, landmarks) ?? missing).map { $0 + wayBack(id, isRunning: true) }
    }

    /// Writes or removes the note about lost files, so that it matches what is known now.
    func noteLoss(_ health: InstanceHealth, _ process: ServerProcess, _ order: InstanceOrder) async {
        let reason = if case .filesGone(let reason) = health { reason } else { lostFiles(order) }
        let note = reason.map { LossNote(pid: process.pid, reason: $0) }
        let (noted, isKnown) = servers.withLock { ($0[order.id]?.loss, $0[order.id]?.visits.isKnown ?? false) }
        // The note of an earlier daemon counts until this daemon has made its own visits.
        guard note != noted, note != nil || isKnown else { return }
        servers.withLock { $0[order.id]?.loss = note }
        let instance = paths.instance(order.id)
        do {
            try await pool.run { if let note { try note.write(instance) } else { try LossNote.remove(instance) } }
        } catch {
            // No retry: an instance whose folder is gone is detected by that.
            logger.warning(
                "The loss of a server's files could not be recorded",
                metadata: ["instance": "\(order.id)", "reason": "\(error)"])
        }
    }

    /// End of a message: what becomes of the data, and the commands that bring the service back.
    static func wayBack(_ id: InstanceID, isRunning: Bool) -> String {
        let service = "\(id.service.service) -A \(id.service.application)"
        return
            (isRunning
            ? ". Its server still holds the removed files, which are lost when it exits: clients are kept out, "
                + "and it is not restarted"
            : ". No new files are created in their place")
            + ". Choose a snapshot with 'roost snapshot ls \(service)', then 'roost snapshot restore "
            + "\(id.service.service) SNAPSHOT -A \(id.service.application)'"
    }
}
