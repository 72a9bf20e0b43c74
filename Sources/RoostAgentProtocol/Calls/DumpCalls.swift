import Foundation
import RoostModel

/// Keeps a dump from which a template is made.
package struct ReceiveDump: AgentUpload, Equatable {
    package typealias Receipt = ReceivedDump
    package static let name = "receive dump"
    package static let subject = "the dump"

    package init() {}
}

/// Keeps a dump until it was loaded into a service, readable by Roost alone. The receipt is its path.
package struct KeepDump: AgentUpload, Equatable {
    package typealias Receipt = String
    package static let name = "keep dump"
    package static let subject = "the dump"

    /// Its file's name, as the sender knows it.
    package let file: String?

    package init(file: String?) { self.file = file }
}

/// Removes a dump that was kept for an import.
package struct DropDump: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "drop dump"

    package let path: String

    package init(_ path: String) { self.path = path }
}

/// Whether there is a dump at a path that services of the type can be filled from.
package struct CheckDump: AgentCall, Equatable {
    package static let name = "check dump"

    package let path: String
    package let type: ServiceType

    package init(_ path: String, type: ServiceType) {
        self.path = path
        self.type = type
    }

    package struct Answer: Codable, Equatable, Sendable {
        /// Whether it is the whole of a server's data, which is not loaded into one that runs.
        package let isWholeServer: Bool

        package init(isWholeServer: Bool) { self.isWholeServer = isWholeServer }
    }
}

/// What a file is now: it changes when the file does.
package struct FingerprintDump: AgentCall, Equatable {
    package static let name = "fingerprint"

    package let path: String

    package init(_ path: String) { self.path = path }

    package struct Answer: Codable, Equatable, Sendable {
        /// Nil: it is gone, or cannot be looked at.
        package let fingerprint: String?

        package init(fingerprint: String?) { self.fingerprint = fingerprint }
    }
}

/// The dumps in the watched folder that nobody is still writing to.
package struct ListWatchedDumps: AgentCall, Equatable {
    package static let name = "watched dumps"

    /// Whose the dumps are that lie directly in the folder; nil: nobody's.
    package let typeOfFlat: String?

    package init(typeOfFlat: String?) { self.typeOfFlat = typeOfFlat }

    package typealias Answer = [WatchedDump]
}

package struct WatchedDump: Codable, Equatable, Sendable {
    package let type: String
    package let isFlat: Bool
    package let name: String
    package let path: String

    package init(type: String, isFlat: Bool, name: String, path: String) {
        self.type = type
        self.isFlat = isFlat
        self.name = name
        self.path = path
    }
}

/// Removes received dumps that nothing is made of, but none of the last day.
package struct RemoveReceivedDumps: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "remove received dumps"

    /// Paths.
    package let kept: Set<String>

    package init(except kept: Set<String>) { self.kept = kept }
}

/// Loads a kept dump into a service's running server. The server is let run, whatever happens.
package struct ImportDump: AgentJob, Equatable {
    package typealias Result = LoadReport
    package static let name = "import"

    package let path: String
    /// Everything goes into this one database; nil: as the dump says.
    package let database: String?
    package let order: SealedOrder

    package init(_ path: String, into database: String?, _ order: SealedOrder) {
        self.path = path
        self.database = database
        self.order = order
    }
}
