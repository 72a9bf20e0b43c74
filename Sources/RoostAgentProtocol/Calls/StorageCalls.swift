import RoostModel

/// Lists the data on the disk, their places, and what they share with others. Takes as long as the disk does.
package struct DescribeStorage: AgentJob, Equatable {
    package typealias Result = StorageInfo
    package static let name = "storage"

    package init() {}
}

/// Asks whether there is a pool.
package struct LookAtPool: AgentCall, Equatable {
    package static let name = "pool"

    package enum Answer: String, Codable, Sendable {
        case none, mounted
        /// The pool was made and is not mounted: the data in it cannot be seen.
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

/// Refused if the pool has no room for the instances that are outside of it.
package struct CheckMove: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "check move"

    package let instances: [InstanceID]

    package init(of instances: [InstanceID]) { self.instances = instances }
}

/// Finds the places of instances. The answer is in their order.
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

/// Asks for the free space that copies may take, without the reserve for running databases.
package struct LookForRoom: AgentCall, Equatable {
    package static let name = "room"

    package init() {}

    package struct Answer: Codable, Equatable, Sendable {
        package let free: ByteCount
        /// Memory of the whole machine.
        package let memory: ByteCount

        package init(free: ByteCount, memory: ByteCount) {
            self.free = free
            self.memory = memory
        }
    }
}
