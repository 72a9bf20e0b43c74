import Foundation
import RoostModel
import Testing

@testable import RoostControl

@Suite struct ServiceRoutesTests {
    let id = ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: "data"))

    @Test func oneInstanceServesItsEndpointItsReadEndpointAndItsOwnPort() throws {
        let routes = ServiceRoutes.make(try service(), wire: "mysql", gates: [0: .open])
        #expect(routes.map(\.name) == ["ramen/data", "ramen/data/read", "ramen/data.0"])
        #expect(routes.map(\.port.number) == [21000, 21001, 22000])
        #expect(routes.allSatisfy { $0.backend.port.number == 31000 && $0.backend.host == "127.0.0.1" })
        #expect(routes.allSatisfy { $0.gate == .open && $0.reach == .loopback && $0.epoch == 3 })
    }

    @Test func holdsConnectionsOfAnInstanceNobodyHasLookedAt() throws {
        #expect(ServiceRoutes.make(try service(), wire: "mysql", gates: [:]).allSatisfy { $0.gate == .held })
    }

    @Test func aServerThatFindsItselfThroughItsPortReachesItWhileClientsWait() throws {
        let routes = ServiceRoutes.make(try service(), wire: "mongodb", gates: [0: .held], instancesAreOpen: true)
        #expect(routes.map(\.gate) == [.held, .held, .open])
        #expect(routes.map(\.instanceGate) == [nil, nil, .held])
        #expect(routes.allSatisfy { $0.refusesAtOnce == nil }, "a set of one has nobody to elect")
        let read = try JSONDecoder().decode([Route].self, from: JSONEncoder().encode(routes))
        #expect(read == routes)
    }

    @Test func exposesAServiceOnEveryAddressWhereAsked() throws {
        var service = try service()
        service.spec.settings.expose = .network
        #expect(ServiceRoutes.make(service, wire: "mysql", gates: [0: .open]).allSatisfy { $0.reach == .network })
    }

    @Test(arguments: ["ramen/data", "ramen/data/read", "ramen/data.0"])
    func findsTheServiceOfARoute(name: String) {
        #expect(ServiceRoutes.service(ofRoute: name) == id)
    }

    @Test(arguments: ["", "ramen", "ramen/data/write", "Ramen/data", "ramen/data/read/x"])
    func refusesNamesOfNoRoute(name: String) {
        #expect(ServiceRoutes.service(ofRoute: name) == nil)
    }

    private func service() throws -> Service {
        func port(_ number: Int) throws -> PortNumber { try #require(PortNumber(number)) }
        let secret = SealedSecret(rawValue: "")
        return Service(
            id: id, uid: "u", type: .mysql, engine: try #require(EngineIdentity("mariadb@10.11.19")),
            settings: ServiceSettings(memory: .mebibytes(512)), endpoint: try port(21000),
            readEndpoint: try port(21001),
            instances: [
                ServiceStatus.Member(
                    index: 0, host: "local", port: try port(22000), internalPort: try port(31000), serverID: 1)
            ], credentials: Credentials(user: "root", password: secret, administration: secret), epoch: 3,
            createdAt: Date(timeIntervalSince1970: 0))
    }
}
