import Foundation
import RoostModel

/// Takes a snapshot of an instance's data, whether its server runs or not, by the best method available. Idempotent:
/// an existing snapshot with the id is the result.
package struct TakeSnapshot: AgentJob, Equatable {
    package typealias Result = SnapshotRecord
    package static let name = "snapshot"

    package let snapshot: String
    package let terms: SnapshotTerms
    package let order: SealedOrder

    package init(_ snapshot: String, _ terms: SnapshotTerms, _ order: SealedOrder) {
        self.snapshot = snapshot
        self.terms = terms
        self.order = order
    }
}

/// Lists every snapshot on the machine, with its size.
package struct ListSnapshots: AgentCall, Equatable {
    package typealias Answer = [SnapshotInfo]
    package static let name = "snapshots"

    package init() {}
}

package struct FindSnapshot: AgentCall, Equatable {
    package static let name = "find snapshot"

    package let service: ServiceID
    package let snapshot: String

    package init(_ service: ServiceID, _ snapshot: String) {
        self.service = service
        self.snapshot = snapshot
    }

    package struct Answer: Codable, Equatable, Sendable {
        /// Nil if there is no such snapshot.
        package let record: SnapshotRecord?

        package init(record: SnapshotRecord?) { self.record = record }
    }
}

/// Removes a snapshot. Idempotent.
package struct RemoveSnapshot: AgentJob, Equatable {
    package typealias Result = Done
    package static let name = "remove snapshot"

    package let service: ServiceID
    package let snapshot: String

    package init(_ service: ServiceID, _ snapshot: String) {
        self.service = service
        self.snapshot = snapshot
    }
}

/// Removes expired snapshots except the needed ones. The result is the removed snapshots.
package struct RemoveExpiredSnapshots: AgentJob, Equatable {
    package typealias Result = [SnapshotRecord]
    package static let name = "remove expired snapshots"

    /// Ids of the snapshots to keep.
    package let needed: Set<String>
    package let now: Date

    package init(needed: Set<String>, now: Date) {
        self.needed = needed
        self.now = now
    }
}

/// Lists how long the last snapshot of each instance held writers up, since the agent's start.
package struct ListPauses: AgentCall, Equatable {
    package static let name = "pauses"
    package typealias Answer = [Pause]

    package struct Pause: Codable, Equatable, Sendable {
        package let instance: InstanceID
        package let seconds: Double

        package init(instance: InstanceID, seconds: Double) {
            self.instance = instance
            self.seconds = seconds
        }
    }

    package init() {}
}
