import Foundation
import RoostModel

/// Keeps a dump from which a template is made.
package struct ReceiveDump: AgentUpload, Equatable {
    package typealias Receipt = ReceivedDump
    package static let name = "receive dump"
    package static let subject = "the dump"

    package init() {}
}

/// Keeps a dump, readable by Roost alone, until it was loaded into a service. The receipt is its path.
package struct KeepDump: AgentUpload, Equatable {
    package typealias Receipt = String
    package static let name = "keep dump"
    package static let subject = "the dump"

    /// Name of the dump's file, as the sender knows it.
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

/// Checks whether services of the type can be filled from the dump at a path.
package struct CheckDump: AgentCall, Equatable {
    package static let name = "check dump"

    package let path: String
    package let type: ServiceType

    package init(_ path: String, type: ServiceType) {
        self.path = path
        self.type = type
    }

    package struct Answer: Codable, Equatable, Sendable {
        /// Whether the dump is the whole of a server's data, which is not loaded into a running server.
        package let isWholeServer: Bool

        package init(isWholeServer: Bool) { self.isWholeServer = isWholeServer }
    }
}

/// Asks for the fingerprint of a file, which changes when the file does.
package struct FingerprintDump: AgentCall, Equatable {
    package static let name = "fingerprint"

    package let path: String

    package init(_ path: String) { self.path = path }

    package struct Answer: Codable, Equatable, Sendable {
        /// Nil if the file is gone, or cannot be looked at.
        package let fingerprint: String?

        package init(fingerprint: String?) { self.fingerprint = fingerprint }
    }
}

/// Lists the dumps in the watched folder that are no longer written to.
package struct ListWatchedDumps: AgentCall, Equatable {
    package static let name = "watched dumps"

    /// Service type of the dumps that lie directly in the folder. Nil: such dumps are ignored.
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

/// Removes received dumps that no template is made of, except those of the last day.
package struct RemoveReceivedDumps: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "remove received dumps"

    /// Paths of the dumps to keep.
    package let kept: Set<String>

    package init(except kept: Set<String>) { self.kept = kept }
}

/// Loads a kept dump into a service's running server. The server goes on running, even if the import fails.
package struct ImportDump: AgentJob, Equatable {
    package typealias Result = LoadReport
    package static let name = "import"

    package let path: String
    /// The one database that everything is loaded into; nil: as the dump says.
    package let database: String?
    package let order: SealedOrder

    package init(_ path: String, into database: String?, _ order: SealedOrder) {
        self.path = path
        self.database = database
        self.order = order
    }
}
