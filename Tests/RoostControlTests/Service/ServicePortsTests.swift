import RoostControl
import RoostModel
import Testing

/// Port numbers of a custom service.
@Suite struct ServicePortsTests {
    private static func port(_ number: Int) -> PortNumber {
        guard let port = PortNumber(number) else { preconditionFailure("\(number) is no port") }
        return port
    }

    private static let main = (endpoint: port(20_000), internalPort: port(30_000))

    private func wanted(_ names: String...) -> [CustomSettings.Port] {
        names.map { CustomSettings.Port(name: PartName(checked: $0), kind: .tcp) }
    }

    /// Assigns ports: 20001 and 30001 first, then the following numbers.
    private func assign(_ wanted: [CustomSettings.Port], _ standing: [ServicePort] = []) -> ServicePorts {
        var next = standing.map(\.endpoint.number).max() ?? Self.main.endpoint.number
        return ServicePorts.assign(wanted, standing: standing, main: Self.main) { _ in
            next += 1
            return (Self.port(next), Self.port(next + 10_000))
        }
    }

    private func numbers(_ ports: ServicePorts) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: ports.ports.map { ("\($0.name)", $0.endpoint.number) })
    }

    @Test func theFirstPortIsTheServicesOwn() {
        #expect(numbers(assign(wanted("www", "admin"))) == ["www": 20_000, "admin": 20_001])
        #expect(assign([]) == ServicePorts.assign([], standing: [], main: Self.main) { _ in Self.main })
    }

    @Test func aPortKeepsItsNumbersWhereverItStands() {
        let before = assign(wanted("www", "admin")).ports
        #expect(
            numbers(assign(wanted("admin", "more", "www"), before)) == ["admin": 20_001, "more": 20_002, "www": 20_000])
        #expect(assign(wanted("admin", "www"), before).released == [])
    }

    @Test func whatLeavesTheFileIsReleasedButForTheServicesOwn() {
        let before = assign(wanted("www", "admin")).ports
        #expect(assign(wanted("www"), before).released == [Self.port(20_001), Self.port(30_001)])
        let without = assign(wanted("admin"), before)
        #expect(without.released == [])
        #expect(numbers(without) == ["admin": 20_001])
        #expect(numbers(assign(wanted("admin", "fresh"), without.ports)) == ["admin": 20_001, "fresh": 20_000])
    }

    @Test func anotherKindIsTheSamePort() {
        let before = assign(wanted("www")).ports
        let after = assign([CustomSettings.Port(name: PartName(checked: "www"), kind: .http)], before)
        #expect(after.ports.first?.kind == .http)
        #expect(after.ports.first?.endpoint == Self.main.endpoint)
    }
}
