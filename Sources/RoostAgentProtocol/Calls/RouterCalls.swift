import RoostModel

/// Starts the router, unless it runs. It may not serve yet when the answer comes.
package struct EnsureRouter: AgentCall, Equatable {
    package static let name = "router"

    package init() {}

    package struct Answer: Codable, Equatable, Sendable {
        /// The process that was started; nil: one ran.
        package let started: Int32?

        package init(started: Int32?) { self.started = started }
    }
}

/// The table that the router keeps on the disk.
package struct ReadRouterTable: AgentCall, Equatable {
    package static let name = "router table"

    package init() {}

    package struct Answer: Codable, Equatable, Sendable {
        /// Nil: there is none, or it cannot be read.
        package let table: RoutingTable?

        package init(table: RoutingTable?) { self.table = table }
    }
}
