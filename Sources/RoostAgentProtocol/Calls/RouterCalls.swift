import RoostModel

/// Starts the router, unless it runs. The router may not serve yet when the answer comes.
package struct EnsureRouter: AgentCall, Equatable {
    package static let name = "router"

    package init() {}

    package struct Answer: Codable, Equatable, Sendable {
        /// The started process. Nil if the router ran already.
        package let started: Int32?

        package init(started: Int32?) { self.started = started }
    }
}

/// Reads the table that the router keeps on the disk.
package struct ReadRouterTable: AgentCall, Equatable {
    package static let name = "router table"

    package init() {}

    package struct Answer: Codable, Equatable, Sendable {
        /// Nil if there is no table, or it cannot be read.
        package let table: RoutingTable?

        package init(table: RoutingTable?) { self.table = table }
    }
}
