import RoostModel

/// Connects to the machine's router, and starts a router if none runs. The agent holds one connection: an older one is
/// closed. Asked again for the same connection, it answers with the router's present status.
package struct ReachRouter: AgentCall, Equatable {
    package static let name = "reach router"

    /// Chosen by the caller.
    package let connection: String

    package init(connection: String) { self.connection = connection }

    package struct Answer: Codable, Equatable, Sendable {
        /// Process id of the router that was started for this connection. Nil if one ran already.
        package let started: Int32?
        /// The router's hello.
        package let reply: RouterReply

        package init(started: Int32?, reply: RouterReply) {
            self.started = started
            self.reply = reply
        }
    }
}

/// Sends a request to the router over a connection that the agent holds. Fails if that connection is closed.
package struct AskRouter: AgentCall, Equatable {
    package typealias Answer = RouterReply
    package static let name = "ask router"

    package let connection: String
    package let request: RouterRequest

    package init(connection: String, _ request: RouterRequest) {
        self.connection = connection
        self.request = request
    }
}

/// A job that ends with a connection to the router, which is how the end of the router's process is noticed. A
/// cancellation closes the connection.
package struct FollowRouter: AgentJob, Equatable {
    package typealias Result = Done
    package static let name = "follow router"

    package let connection: String

    package init(connection: String) { self.connection = connection }
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
