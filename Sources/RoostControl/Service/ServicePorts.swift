import RoostModel

/// Port numbers of a custom service. Pure except for `take`, which allocates fresh numbers.
package struct ServicePorts: Equatable, Sendable {
    package let ports: [ServicePort]
    /// Numbers of ports that are not in the file any more.
    package let released: [PortNumber]

    /// A port keeps its numbers for as long as the file keeps its name, whatever its place in the file and its kind.
    /// `main`: the service's own pair, which goes to the first port that needs a pair.
    package static func assign<Failure: Error>(
        _ wanted: [CustomSettings.Port], standing: [ServicePort],
        main: (endpoint: PortNumber, internalPort: PortNumber),
        take: (PartName) throws(Failure) -> (endpoint: PortNumber, internalPort: PortNumber)
    ) throws(Failure) -> ServicePorts {
        var ports: [ServicePort] = []
        let kept = standing.filter { port in wanted.contains { $0.name == port.name } }
        var isMainFree = !kept.contains { $0.endpoint == main.endpoint }
        for port in wanted {
            var pair = kept.first { $0.name == port.name }.map { ($0.endpoint, $0.internalPort) }
            if pair == nil, isMainFree {
                pair = main
                isMainFree = false
            }
            let (endpoint, internalPort) = if let pair { pair } else { try take(port.name) }
            ports.append(
                ServicePort(name: port.name, kind: port.kind, endpoint: endpoint, internalPort: internalPort))
        }
        let used = Set(ports.flatMap { [$0.endpoint, $0.internalPort] }).union([main.endpoint, main.internalPort])
        let released = standing.flatMap { [$0.endpoint, $0.internalPort] }.filter { !used.contains($0) }
        return ServicePorts(ports: ports, released: released)
    }
}
