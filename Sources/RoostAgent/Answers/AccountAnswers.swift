import Foundation
import RoostAgentProtocol
import RoostEngines
import RoostModel
import RoostSecrets

/// The agent's answers about the users of servers, and about clients of theirs.
struct AccountAnswers: Sendable {
    let users: InstanceUsers
    let secrets: HomeSecrets

    func register(in calls: inout CallTable) {
        let (users, secrets) = (users, secrets)
        calls.on(ListUsers.self) { call in
            let order = try secrets.open(call.order)
            return try await users.users(order).map { ListUsers.User(name: $0.name, isShown: $0.isShown) }
        }
        calls.on(AddUser.self) { call in
            let password = try secrets.key().opened(call.password, of: call.order.id.service, .user)
            try await users.addUser(call.user, password: password, try secrets.open(call.order))
            return Done()
        }
        calls.on(RemoveUser.self) { call in
            try await users.removeUser(call.user, try secrets.open(call.order))
            return Done()
        }
        calls.on(OfferClient.self) { call in
            let order = try secrets.open(call.order)
            let offer = try await users.client(call.request, host: call.host, port: call.port, order)
            let text = String(decoding: try JSON.encode(offer), as: UTF8.self)
            return try secrets.key().sealed(text, of: call.order.id.service, .offer)
        }
    }
}
