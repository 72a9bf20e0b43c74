import RoostModel

/// What stands where, and what it shares with others. Takes as long as the disk does.
package struct DescribeStorage: AgentJob, Equatable {
    package typealias Result = StorageInfo
    package static let name = "storage"

    package init() {}
}

/// Whether there is a pool.
package struct LookAtPool: AgentCall, Equatable {
    package static let name = "pool"

    package enum Answer: String, Codable, Sendable {
        case none, mounted
        /// It was made, and is not there: what stands in it cannot be seen.
        case missing
    }

    package init() {}
}

package struct MakePool: AgentJob, Equatable {
    package typealias Result = Done
    package static let name = "make pool"

    package let size: ByteCount

    package init(size: ByteCount) { self.size = size }
}

package struct GrowPool: AgentJob, Equatable {
    package typealias Result = Done
    package static let name = "grow pool"

    package let size: ByteCount

    package init(size: ByteCount) { self.size = size }
}

/// Refused where the pool has no room for what stands outside of it.
package struct CheckMove: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "check move"

    package let instances: [InstanceID]

    package init(of instances: [InstanceID]) { self.instances = instances }
}

/// Where instances stand, in their order.
package struct FindInstances: AgentCall, Equatable {
    package static let name = "find instances"

    package let instances: [InstanceID]

    package init(_ instances: [InstanceID]) { self.instances = instances }

    package typealias Answer = [Place]

    package struct Place: Codable, Equatable, Sendable {
        package let isInPool: Bool
        package let hasData: Bool

        package init(isInPool: Bool, hasData: Bool) {
            self.isInPool = isInPool
            self.hasData = hasData
        }
    }
}

/// What copies may still take; the reserve for databases that run is taken off.
package struct LookForRoom: AgentCall, Equatable {
    package static let name = "room"

    package init() {}

    package struct Answer: Codable, Equatable, Sendable {
        package let free: ByteCount
        /// Of the whole machine.
        package let memory: ByteCount

        package init(free: ByteCount, memory: ByteCount) {
            self.free = free
            self.memory = memory
        }
    }
}
