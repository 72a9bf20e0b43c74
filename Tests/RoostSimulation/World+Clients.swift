import RoostModel

extension World {
    mutating func write() {
        if elects { return writeToSet() }
        guard gates[routed.primary] == .open, let server = servers[routed.primary], server.isRunning, server.isOpen,
            !server.isFrozen
        else { return }
        nextWrite += 1
        servers[routed.primary]?.history.append(nextWrite)
        if server.waitsFor == nil { acknowledge(routed.primary) }
        checkVoters("after a write")
    }

    /// Clients are told that all writes of the server are done.
    mutating func acknowledge(_ index: Int) {
        guard !elects, let server = servers[index], server.isRunning, server.isOpen else { return }
        written = max(written, server.history.count)
    }

    mutating func replicate() {
        if elects { return beat() }
        guard let service, !service.goal.isOfPrimaryAlone else { return }
        let members = service.instances
        for member in members where !service.isReseeding(member.index) {
            guard let server = servers[member.index], server.isRunning, !server.isFrozen, !server.hasBooted,
                let port = server.source,
                let place = members.first(where: { $0.internalPort == port }), let source = servers[place.index],
                source.isRunning, !source.isFrozen, source.accepted.contains(server.password), random.chance(70)
            else { continue }
            guard source.history.starts(with: server.history) else {
                // It was not asked in an election, or its image was older than one.
                servers[member.index]?.hasDiverged = true
                continue
            }
            servers[member.index]?.history = source.history
            servers[member.index]?.mayHaveAcknowledged = nil
            if source.isOpen, source.counts(member.index, server) { written = max(written, source.history.count) }
        }
        checkVoters("after replication")
    }

    /// Rules that hold whenever a server of a group was opened.
    mutating func checkGroup(_ index: Int) {
        guard isGroup, !elects, let opened = servers[index], opened.isRunning, opened.isOpen else { return }
        for (other, server) in servers where other != index && server.isRunning && server.isOpen {
            broken.append("instances \(index) and \(other) take writes at once")
        }
        if opened.history.count < written { broken.append("instance \(index) was opened without every write") }
    }

    /// While the promise is in force, a voter holds every acknowledged write, and the open primary waits.
    mutating func checkVoters(_ moment: String) {
        guard !elects, let service, let record = service.status.synchronous, record.isInForce else { return }
        let held =
            record.voters.compactMap { servers[$0].map { max($0.history.count, $0.mayHaveAcknowledged ?? 0) } }.max()
            ?? 0
        if held < written { broken.append("\(moment): write \(written) is on no voter of \(record.voters)") }
        if let primary = servers[service.status.primary], primary.isRunning, primary.isOpen, primary.waitsFor == nil {
            broken.append("\(moment): the primary does not wait for its voters")
        }
    }
}
