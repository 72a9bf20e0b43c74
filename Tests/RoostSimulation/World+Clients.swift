import RoostModel

extension World {
    mutating func write() {
        guard gates[routed.primary] == .open, let server = servers[routed.primary], server.isRunning, server.isOpen
        else { return }
        written.append(written.count)
        servers[routed.primary]?.history.append(written.count)
    }

    mutating func replicate() {
        guard let members = service?.instances else { return }
        for member in members {
            guard let server = servers[member.index], server.isRunning, let port = server.source,
                let source = members.first(where: { $0.internalPort == port }).flatMap({ servers[$0.index] }),
                source.isRunning, random.chance(70)
            else { continue }
            guard source.history.starts(with: server.history) else {
                broken.append("instance \(member.index) holds writes that its source lacks")
                continue
            }
            servers[member.index]?.history = source.history
        }
    }

    /// Rules that hold whenever a server of a group was opened.
    mutating func checkGroup(_ index: Int) {
        guard isGroup, let opened = servers[index], opened.isRunning, opened.isOpen else { return }
        for (other, server) in servers where other != index && server.isRunning && server.isOpen {
            broken.append("instances \(index) and \(other) take writes at once")
        }
        if opened.history.count < written.count { broken.append("instance \(index) was opened without every write") }
    }
}
