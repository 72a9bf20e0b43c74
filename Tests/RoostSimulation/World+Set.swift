import RoostControl
import RoostModel

/// The members of a replica set among themselves: heartbeats, copies of writes, acknowledgements, elections.
extension World {
    /// Silence of the leader after which a member stands for election, and of the majority after which a leader steps
    /// down.
    static let electionTimeout: Duration = .seconds(10)

    var elects: Bool { engine == .elections }

    /// Members that run and answer the others, lowest index first.
    private var talking: [Int] { servers.keys.sorted().filter(isTalking) }

    private func isTalking(_ index: Int) -> Bool {
        guard let server = servers[index], server.isRunning, !server.isFrozen, server.data != nil else { return false }
        return server.member.isConfigured && isListed(index)
    }

    /// Whether the set lists the present member with this index, not an earlier one.
    private func isListed(_ index: Int) -> Bool {
        guard let uid = set.listed[index] else { return false }
        return uid == service?.status.uid(of: index)
    }

    private func isLeading(_ index: Int) -> Bool { servers[index]?.member.isLeading ?? false }

    func hasVote(_ index: Int) -> Bool { set.voters.contains(index) && isListed(index) }

    func view(of index: Int) -> SetMember.View {
        var view = SetMember.View(isListed: isListed(index), listed: set.listed)
        view.voters = set.voters.filter { $0 != index }.sorted()
        let term = servers[index]?.member.term ?? 0
        let leader = talking.first { $0 != index && isLeading($0) && servers[$0]?.member.term == term }
        view.leader = leader.flatMap { leader in service?.instances.first { $0.index == leader }?.internalPort }
        return view
    }

    /// One round of heartbeats. A fifth of them are lost.
    mutating func beat() {
        let members = talking
        let newest = members.compactMap { servers[$0]?.member.term }.max() ?? 0
        for index in members where servers[index]?.member.term ?? newest < newest && random.chance(80) {
            servers[index]?.member.term = newest
            servers[index]?.member.isLeading = false
        }
        for index in members { lead(index) }
        for index in members { stand(index) }
    }

    /// The leader sends what it has to the others. Returns whether a majority answered: it then has all writes, which are
    /// acknowledged.
    @discardableResult
    private mutating func lead(_ leader: Int) -> Bool {
        guard isTalking(leader), let own = servers[leader], own.member.isLeading else { return false }
        var heard: Set<Int> = [leader]
        for index in talking where index != leader && random.chance(80) {
            // A member that knows a newer term follows nobody of an older one.
            guard servers[index]?.member.term ?? .max <= own.member.term else { continue }
            heard.insert(index)
            servers[index]?.member.term = own.member.term
            servers[index]?.member.isLeading = false
            servers[index]?.member.heardAt = now
            // The member undoes the writes that the leader lacks.
            servers[index]?.history = own.history
        }
        if set.isMajority(heard) {
            servers[leader]?.member.heardAt = now
            acknowledge(own, leader)
            return true
        }
        if now - (own.member.heardAt ?? now) >= Self.electionTimeout { stepDown(leader) }
        return false
    }

    /// Clients are told that all writes of the leader are done.
    private mutating func acknowledge(_ own: ModelledServer, _ leader: Int) {
        let term = own.member.term
        if set.leaders[term] != leader || term < set.newestTerm {
            broken.append("instance \(leader) acknowledged in term \(term) of \(set.leaders)")
        }
        if !own.history.starts(with: set.acknowledged) { broken.append("instance \(leader) lacks acknowledged writes") }
        set.acknowledged = own.history
        written = own.history.count
    }

    private mutating func stepDown(_ index: Int) {
        note(index, "it steps down in term \(servers[index]?.member.term ?? 0)")
        servers[index]?.member.isLeading = false
        servers[index]?.member.heardAt = now
        servers[index]?.member.restsUntil = now + Self.electionTimeout
    }

    /// A member with a vote that has heard no leader for long stands for election, the only one at once.
    private mutating func stand(_ index: Int) {
        guard let member = servers[index]?.member, set.voters.contains(index), !member.isLeading else { return }
        if set.voters.count > 1 {
            guard now - (member.heardAt ?? now) >= Self.electionTimeout, member.restsUntil ?? now <= now,
                random.chance(30)
            else { return }
        }
        elect(index)
    }

    /// Holds an election. Returns whether a majority voted for the member; otherwise nothing changes, as after the trial
    /// election of the engine.
    ///
    /// A member votes once in a term, and for nobody who lacks one of its writes.
    @discardableResult
    private mutating func elect(_ index: Int) -> Bool {
        guard isTalking(index), set.voters.contains(index), let own = servers[index] else { return false }
        let term = own.member.term + 1
        let granting = talking.filter { voter in
            guard set.voters.contains(voter), let other = servers[voter], other.member.term < term else { return false }
            return own.optime.standing(against: other.optime).holdsAll
        }
        guard set.isMajority(Set(granting)) else { return false }
        for voter in granting {
            servers[voter]?.member.term = term
            servers[voter]?.member.isLeading = false
            servers[voter]?.member.heardAt = now
        }
        note(index, "it is elected in term \(term) by \(granting)")
        if let other = set.leaders[term] { broken.append("instances \(other) and \(index) lead in term \(term)") }
        if !own.history.starts(with: set.acknowledged) {
            broken.append("instance \(index) was elected without every acknowledged write")
        }
        set.leaders[term] = index
        servers[index]?.member.isLeading = true
        // The first write of a term tells all others that it has begun.
        append(index)
        return true
    }

    private mutating func append(_ index: Int) {
        guard let term = servers[index]?.member.term else { return }
        nextWrite += 1
        servers[index]?.history.append(ModelledServer.entry(nextWrite, term: term))
    }

    // MARK: Clients

    /// A client writes where the router leads it, or to a member that says it is the primary. It may be one that was
    /// succeeded: nobody then acknowledges the write.
    mutating func writeToSet() {
        let leading = servers.keys.sorted().filter(isLeading)
        let isRouted = gates[routed.primary] == .open && random.chance(50)
        guard let index = isRouted ? routed.primary : leading.randomElement(using: &random), isLeading(index),
            let server = servers[index], server.isRunning, !server.isFrozen
        else { return }
        append(index)
    }

    // MARK: Steps

    /// Carries out an action's part in the set. Returns whether the engine accepted it.
    mutating func carryOutInSet(_ action: Action, _ spec: InstanceSpec, _ index: Int) -> Bool {
        switch action {
        case .promote, .openServer: return becomePrimary(spec, index)
        case .closeServer: return closePrimary(index)
        case .play(.waits(let members)): return giveVotes(Set(members), index)
        case .play(.none): return giveVotes([], index)
        case .applyAccounts, .mendAccounts: return list(spec, index)
        case .keepDirectory, .deleteDirectory:
            if hasVote(index), service?.spec.deletion == nil {
                broken.append("instance \(index): data were taken from a member with a vote")
            }
            return true
        default: return true
        }
    }

    private mutating func becomePrimary(_ spec: InstanceSpec, _ index: Int) -> Bool {
        guard let server = servers[index], server.isRunning else { return false }
        if server.member.isLeading { return true }
        if !server.member.isConfigured {
            if !set.listed.isEmpty { broken.append("instance \(index) made a second set beside \(set.listed)") }
            (set.listed, set.voters) = ([index: spec.uid], [index])
            servers[index]?.member.isConfigured = true
        }
        servers[index]?.member.restsUntil = nil
        return elect(index)
    }

    /// The primary steps down once a majority and a member that can be elected have all its writes. It waits for them,
    /// some rounds of heartbeats.
    private mutating func closePrimary(_ index: Int) -> Bool {
        guard isLeading(index) else { return true }
        var hasMajority = false
        for _ in 0..<4 where lead(index) { hasMajority = true }
        guard hasMajority, let own = servers[index] else { return !isLeading(index) }
        let successor = talking.first { $0 != index && hasVote($0) && servers[$0]?.history == own.history }
        guard successor != nil else { return false }
        stepDown(index)
        return true
    }

    /// One vote changes at a time, and a member gets one only once it has nearly all writes. A member that does not lead
    /// changes nothing.
    private mutating func giveVotes(_ wanted: Set<Int>, _ leader: Int) -> Bool {
        guard isLeading(leader) else { return true }
        var isDone = true
        for index in wanted.subtracting(set.voters).sorted() {
            guard isTalking(index), isCaughtUp(index, leader), lead(leader) else {
                isDone = false
                continue
            }
            set.voters.insert(index)
        }
        for index in set.voters.subtracting(wanted.union([leader])).sorted(by: >) {
            guard lead(leader) else { return false }
            set.voters.remove(index)
        }
        return isDone
    }

    private func isCaughtUp(_ index: Int, _ leader: Int) -> Bool {
        guard let own = servers[leader]?.history, let other = servers[index]?.history else { return false }
        return own.starts(with: other) && own.count - other.count <= 2
    }

    /// The primary lists the members of the service. One that it removes first loses its vote.
    private mutating func list(_ spec: InstanceSpec, _ leader: Int) -> Bool {
        guard isLeading(leader) else { return true }
        let members = spec.uids
        for stray in set.listed.keys.sorted() where stray != leader && members[stray] != set.listed[stray] {
            if set.voters.contains(stray) {
                guard lead(leader) else { return false }
                set.voters.remove(stray)
            }
            guard lead(leader) else { return false }
            set.listed[stray] = nil
        }
        for index in members.keys.sorted() where set.listed[index] == nil {
            guard lead(leader) else { return false }
            set.listed[index] = members[index]
        }
        return true
    }

    // MARK: The end

    /// The reason why the set is not as the service records it; nil if it is.
    var unsettledSet: String? {
        guard let service else { return nil }
        let primary = service.status.primary
        let leading = servers.keys.sorted().filter(isLeading)
        guard leading == [primary] else { return "\(leading) lead, and \(primary) is recorded" }
        // A member that has left may stay listed as long as it has no vote: nobody waits for it.
        let strays = set.listed.filter { service.status.uids[$0.key] != $0.value }
        guard service.status.uids.allSatisfy({ set.listed[$0.key] == $0.value }),
            set.voters.isDisjoint(with: strays.keys)
        else { return "the set lists \(set.listed), not \(service.status.uids)" }
        let recorded = Set(service.status.synchronous?.voters ?? []).union([primary])
        guard set.voters == recorded else { return "\(set.voters.sorted()) have a vote, not \(recorded.sorted())" }
        return recorded.count.isMultiple(of: 2) ? "the number of votes is even: \(recorded.sorted())" : nil
    }
}

extension ServiceStatus {
    /// Uids of the members, by index.
    var uids: [Int: String] { members.reduce(into: [:]) { $0[$1.index] = uid(of: $1.index) } }
}

extension InstanceSpec {
    /// Uids of the members that the set should list, by index.
    var uids: [Int: String] { status.uids }
}
