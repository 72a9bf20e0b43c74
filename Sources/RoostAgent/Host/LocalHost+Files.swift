import Foundation
import Logging
import Glibc
import RoostControl
import RoostEngines
import RoostHost
import RoostModel
import Synchronization

// Whether a running server still works on what stands in its data directory.
extension LocalHost {
    /// Corrects the answer of a server that serves files which were removed or replaced behind its back: its own probe
    /// knows nothing of it. `isThorough`: its open files are looked through, too, which takes time in proportion to them.
    func checked(
        _ health: InstanceHealth, _ process: ServerProcess, _ order: InstanceOrder, isThorough: Bool
    ) async -> InstanceHealth {
        let isUp: Bool
        switch health {
        case .healthy, .drifted, .closed: isUp = true
        case .unhealthy, .lockedOut, .unknown: isUp = false
        // It may be making its files.
        case .starting: return health
        case .filesGone: return health
        }
        do {
            let reason = try await pool.run { [self] in
                try lostFiles(process.pid, order, isUp: isUp, isThorough: isThorough)
            }
            // One that has ended meanwhile holds nothing.
            guard let reason, process.isRunning else { return health }
            return .filesGone(reason + Self.wayBack(order.id, isRunning: true))
        } catch {
            // Without its engine nobody knows what must be there.
            return health
        }
    }

    private func lostFiles(
        _ pid: Int32, _ order: InstanceOrder, isUp: Bool, isThorough: Bool
    ) throws(HostFailure) -> String? {
        // What stands in a pool that is not mounted is not gone.
        if paths.isPoolMissing { return nil }
        // Where it runs it was found once, also if the pool's image was put away since.
        let known = [paths.homePlace, paths.poolPlace].map { $0.instance(order.id).data }
        let data = known.first { Landmarks.missing([""], in: $0) == nil } ?? paths.instance(order.id).data
        let landmarks = try engine(named: identity(for: order)).landmarks(of: data)
        if let reason = Self.lostDirectory(pid, data, landmarks) { return reason }
        let expected = isUp ? landmarks.fromTheStart + landmarks.onceItServed : landmarks.fromTheStart
        if let name = Landmarks.missing(expected, in: data) { return "\(data)/\(name) is gone" }
        guard isUp, isThorough, let held = landmarks.held, OpenFiles.holds(pid, "\(data)/\(held)") == .other else {
            return nil
        }
        return "\(data)/\(held) is another file than its server (process \(pid)) has open"
    }

    /// Whether the directory that a server works in is the one that stands.
    private static func lostDirectory(_ pid: Int32, _ data: String, _ landmarks: Landmarks) -> String? {
        let folder = (data as NSString).deletingLastPathComponent
        if Landmarks.missing(["data"], in: folder) != nil { return "its data directory \(data) is gone" }
        guard landmarks.isWorkingFolder, OpenFiles.works(pid, in: data) == .other else { return nil }
        return "its data directory \(data) is another one than its server (process \(pid)) works in"
    }

    /// The data that a running server would lose by its end, read from its daemon's note and from the disk. The server is not
    /// asked.
    static func loss(_ pid: Int32, _ id: InstanceID, _ instance: InstancePaths, _ landmarks: Landmarks) -> String? {
        if let note = LossNote.read(instance, of: pid) { return note.reason }
        let missing = Landmarks.missing(landmarks.fromTheStart, in: instance.data).map {
            "\(instance.data)/\($0) is gone"
        }
        return (lostDirectory(pid, instance.data, landmarks) ?? missing).map { $0 + wayBack(id, isRunning: true) }
    }

    /// Keeps the note of lost files beside the data as it should be.
    func noteLoss(_ health: InstanceHealth, _ process: ServerProcess, _ order: InstanceOrder) async {
        let reason = if case .filesGone(let reason) = health { reason } else { lostFiles(order) }
        let note = reason.map { LossNote(pid: process.pid, reason: $0) }
        let (noted, isKnown) = servers.withLock { ($0[order.id]?.loss, $0[order.id]?.visits.isKnown ?? false) }
        // The note of an earlier daemon counts until this one has looked itself.
        guard note != noted, note != nil || isKnown else { return }
        servers.withLock { $0[order.id]?.loss = note }
        let instance = paths.instance(order.id)
        do {
            try await pool.run { if let note { try note.write(instance) } else { try LossNote.remove(instance) } }
        } catch {
            // Not tried again: an instance whose folder is gone is found by that.
            logger.warning(
                "That files of a server are gone could not be noted",
                metadata: ["instance": "\(order.id)", "reason": "\(error)"])
        }
    }

    /// What becomes of it, and the commands that bring the service back.
    static func wayBack(_ id: InstanceID, isRunning: Bool) -> String {
        let service = "\(id.service.service) -A \(id.service.application)"
        return
            (isRunning
            ? ". Its server runs on with the removed files, which end with it: clients are kept out, and it is not restarted"
            : ". Nothing is made in their place")
            + ". Choose a snapshot with 'roost snapshot ls \(service)', then 'roost snapshot restore "
            + "\(id.service.service) SNAPSHOT -A \(id.service.application)'"
    }
}
