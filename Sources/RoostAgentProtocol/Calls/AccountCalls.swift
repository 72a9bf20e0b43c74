import RoostModel

/// Lists the accounts of a running server, except Roost's own.
package struct ListUsers: AgentCall, Equatable {
    package static let name = "users"

    package let order: SealedOrder

    package init(_ order: SealedOrder) { self.order = order }

    package typealias Answer = [User]

    package struct User: Codable, Equatable, Sendable {
        package let name: String
        /// Whether the account is the application user.
        package let isShown: Bool

        package init(name: String, isShown: Bool) {
            self.name = name
            self.isShown = isShown
        }
    }
}

package struct AddUser: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "add user"

    package let user: String
    /// Sealed as `SecretUse.user`.
    package let password: SealedSecret
    package let order: SealedOrder

    package init(_ user: String, password: SealedSecret, _ order: SealedOrder) {
        self.user = user
        self.password = password
        self.order = order
    }
}

package struct RemoveUser: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "remove user"

    package let user: String
    package let order: SealedOrder

    package init(_ user: String, _ order: SealedOrder) {
        self.user = user
        self.order = order
    }
}

/// Asks how to start a client of the engine. The answer is an encoded `ClientOffer`, sealed as `SecretUse.offer`.
package struct OfferClient: AgentCall {
    package typealias Answer = SealedSecret
    package static let name = "client"

    package let request: ClientOfferRequest
    package let host: String
    package let port: PortNumber
    package let order: SealedOrder

    package init(_ request: ClientOfferRequest, host: String, port: PortNumber, _ order: SealedOrder) {
        self.request = request
        self.host = host
        self.port = port
        self.order = order
    }
}
