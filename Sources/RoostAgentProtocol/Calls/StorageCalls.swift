import RoostModel

/// Lists all data directories (instances, snapshots, templates, clones), where each is, and how many bytes it shares with
/// others. A job, because it reads the layout of every file.
package struct DescribeStorage: AgentJob, Equatable {
    package typealias Result = StorageInfo
    package static let name = "storage"

    package init() {}
}

/// Asks whether the home has a storage pool.
package struct LookAtPool: AgentCall, Equatable {
    package static let name = "pool"

    package enum Answer: String, Codable, Sendable {
        case none, mounted
        /// A pool was made, but it is not mounted, so nothing is known about the data in it.
        case missing
    }

    package init() {}
}

/// Makes a storage pool of this size and mounts it.
package struct MakePool: AgentJob, Equatable {
    package typealias Result = Done
    package static let name = "make pool"

    package let size: ByteCount

    package init(size: ByteCount) { self.size = size }
}

/// Enlarges the storage pool to this size.
package struct GrowPool: AgentJob, Equatable {
    package typealias Result = Done
    package static let name = "grow pool"

    package let size: ByteCount

    package init(size: ByteCount) { self.size = size }
}

/// Asks whether the data of these instances can be moved into the pool. Answered by a problem if it does not fit.
package struct CheckMove: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "check move"

    package let instances: [InstanceID]

    package init(of instances: [InstanceID]) { self.instances = instances }
}

/// Asks where the data of instances is. The answer has one element for each, in the same order.
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

/// Asks how much room there is for copies, to decide how many clones a template's pool may keep waiting.
package struct LookForRoom: AgentCall, Equatable {
    package static let name = "room"

    package init() {}

    package struct Answer: Codable, Equatable, Sendable {
        /// Free disk space, without the reserve for running databases.
        package let free: ByteCount
        /// Memory of the whole machine.
        package let memory: ByteCount

        package init(free: ByteCount, memory: ByteCount) {
            self.free = free
            self.memory = memory
        }
    }
}
