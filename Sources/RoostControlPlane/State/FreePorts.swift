import RoostAgentProtocol
import RoostModel

/// Ports on which nothing listens, as reported by the machine's agent. Allocations are made of them.
struct FreePorts: Sendable {
    private let ports: Set<PortNumber>

    func contains(_ port: PortNumber) -> Bool { ports.contains(port) }

    /// Asks about more ports than are needed, because others may listen on some: in rounds, until there are enough or
    /// the range ends. `needed`: ranges, each with the number of ports that are wanted of it.
    static func ask(
        _ machine: KnownMachine, for needed: [(range: PortRange, count: Int)], besides taken: Set<PortNumber>
    ) async throws(Problem) -> FreePorts {
        var found: Set<PortNumber> = []
        for (range, count) in needed {
            var candidates = range.ports.makeIterator()
            var free: Set<PortNumber> = []
            while free.count < count {
                var asked: [PortNumber] = []
                while asked.count < count - free.count + 4, let port = candidates.next() {
                    if !taken.contains(port) { asked.append(port) }
                }
                if asked.isEmpty { break }
                free.formUnion(try await machine.agent.call(FindFreePorts(among: asked)))
            }
            found.formUnion(free)
        }
        return FreePorts(ports: found)
    }

    init(ports: Set<PortNumber>) { self.ports = ports }
}
