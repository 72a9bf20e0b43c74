import Foundation
import RoostModel

/// Takes an image of an instance's data, running or not, by the best means there are. Idempotent: an existing snapshot with
/// the id is the result.
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

/// Every snapshot on the machine, with its size.
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
        /// Nil: there is none.
        package let record: SnapshotRecord?

        package init(record: SnapshotRecord?) { self.record = record }
    }
}

/// Removes a snapshot. One that is not there is removed.
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

/// Removes snapshots whose time is over, but none of those that are needed. The result is those that went.
package struct RemoveExpiredSnapshots: AgentJob, Equatable {
    package typealias Result = [SnapshotRecord]
    package static let name = "remove expired snapshots"

    /// Their ids.
    package let needed: Set<String>
    package let now: Date

    package init(needed: Set<String>, now: Date) {
        self.needed = needed
        self.now = now
    }
}

/// How long writers were held up for the last snapshot of each instance, since the agent's start.
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
