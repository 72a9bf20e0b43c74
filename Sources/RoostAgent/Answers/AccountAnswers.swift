import Foundation
import RoostAgentProtocol
import RoostEngines
import RoostModel
import RoostSecrets

extension MachineAnswers {
    func onAccounts(_ calls: inout CallTable) {
        let host = host
        calls.on(ListUsers.self) { [self] call in
            try await host.users(try open(call.order)).map { ListUsers.User(name: $0.name, isShown: $0.isShown) }
        }
        calls.on(AddUser.self) { [self] call in
            let password = try secrets.key().opened(call.password, of: call.order.id.service, .user)
            try await host.addUser(call.user, password: password, try open(call.order))
            return Done()
        }
        calls.on(RemoveUser.self) { [self] call in
            try await host.removeUser(call.user, try open(call.order))
            return Done()
        }
        calls.on(OfferClient.self) { [self] call in
            let offer = try await host.client(call.request, host: call.host, port: call.port, try open(call.order))
            let text = String(decoding: try JSON.encode(offer), as: UTF8.self)
            return try secrets.key().sealed(text, of: call.order.id.service, .offer)
        }
    }
}
