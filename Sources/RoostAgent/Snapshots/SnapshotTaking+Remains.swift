import Foundation
import Logging
import RoostHost
import RoostModel

// Remains of a daemon that died while it took a snapshot: copies, and servers that are still frozen.
extension SnapshotTaking {
    /// Removes unfinished copies of a daemon that died.
    func sweepOnlineCopies(of instances: [InstanceID]) async {
        for id in instances {
            let instance = paths.instance(id)
            guard FileManager.default.fileExists(atPath: instance.onlineCopies) else { continue }
            do {
                try await disk.bulk.run { try Storage.removeTree(instance.onlineCopies, within: instance.folder) }
            } catch {
                logger.warning(
                    "An unfinished copy could not be cleared", metadata: ["instance": "\(id)", "reason": "\(error)"])
            }
        }
    }

    /// Thaws every server of this home: a guard that was killed together with roostd may have left one frozen.
    func thawAll(_ instances: [InstanceID]) {
        for id in instances {
            do {
                if plans.groups.areAvailable {
                    try FreezeSubject.group(try plans.groups.group(id.groupName)).thaw()
                } else {
                    try FreezeSubject.processes(members(id)).thaw()
                }
            } catch {
                logger.error("A server may still be frozen", metadata: ["instance": "\(id)", "reason": "\(error)"])
            }
        }
    }
}
