import RoostModel

/// Which members a service gains and loses, to have as many as it is asked for. Pure.
///
/// Members join as entries without data, and are seeded by their agents. Those that leave stay entries until nothing of
/// them is left on their machine.
package struct Membership: Equatable, Sendable {
    /// Of the service: one of the same name may have been there before.
    package let uid: String
    /// Indices of new members, lowest first.
    package let joining: [Int]
    /// Indices of members that go.
    package let leaving: [Int]

    /// Nil: it has the members that it is asked for, or something else is under way.
    ///
    /// The replicas with the highest indices go. The primary stays: another is made it before.
    package static func change(_ service: Service) -> Membership? {
        // Copies are made of what the primary has, so it is there first.
        guard service.intent == .run, service.primary?.seeded ?? false else { return nil }
        let wanted = service.settings.instances
        let staying = service.instances.filter { $0.leaving == nil }.map(\.index)
        if staying.count < wanted {
            let taken = Set(service.instances.map(\.index))
            let free = (0...).lazy.filter { !taken.contains($0) }.prefix(wanted - staying.count)
            return Membership(uid: service.uid, joining: Array(free), leaving: [])
        }
        let replicas = staying.filter { $0 != service.status.primary }.sorted(by: >)
        let leaving = replicas.prefix(staying.count - max(wanted, 1))
        return leaving.isEmpty ? nil : Membership(uid: service.uid, joining: [], leaving: leaving.sorted())
    }

    /// What the change makes of the service's status. Nil: the service is another by now, or asks for something else.
    ///
    /// `join`: the entry of a new member. `keep`: begins the ids of the snapshots that the data of those that go become.
    package func applied<Failure: Error>(
        to service: Service, keep: String, join: (Int) throws(Failure) -> ServiceStatus.Member
    ) throws(Failure) -> ServiceStatus? {
        guard Self.change(service) == self else { return nil }
        var status = service.status
        for index in joining { status.members.append(try join(index)) }
        status.members.sort { $0.index < $1.index }
        for place in status.members.indices where leaving.contains(status.members[place].index) {
            // Each has data of its own to keep.
            status.members[place].leaving = "\(keep)-\(status.members[place].index)"
        }
        return status
    }
}

extension ServiceStatus {
    /// Nothing is left of a member that was to go. Nil: it is no such member.
    package func dismissing(_ index: Int) -> ServiceStatus? {
        guard members.contains(where: { $0.index == index && $0.leaving != nil }) else { return nil }
        var status = self
        status.members.removeAll { $0.index == index }
        status.outgoing?.removeAll { $0 == index }
        if status.outgoing?.isEmpty ?? false { status.outgoing = nil }
        return status
    }
}
