import Foundation
import RoostModel

/// Members that a service gains and loses to reach its desired number of instances. Pure.
///
/// Members join as entries without data, and are seeded by their agents. Members that leave stay entries until
/// nothing of them is left on their machine.
package struct Membership: Equatable, Sendable {
    /// Uid of the service: an earlier service may have had the same name.
    package let uid: String
    /// Indices of new members, lowest first.
    package let joining: [Int]
    /// Indices of members that leave.
    package let leaving: [Int]

    /// Nil if the service has its desired members, or something else is under way.
    package static func change(_ service: Service) -> Membership? {
        // New members are seeded from the primary, so the primary is seeded first.
        guard service.goal == .run, service.primary?.seeded ?? false else { return nil }
        let wanted = service.settings.instances
        let staying = service.instances.filter { $0.leaving == nil }.map(\.index)
        if staying.count < wanted {
            let taken = Set(service.instances.map(\.index))
            let free = (0...).lazy.filter { !taken.contains($0) }.prefix(wanted - staying.count)
            return Membership(uid: service.uid, joining: Array(free), leaving: [])
        }
        let leaving = service.surplus
        return leaving.isEmpty ? nil : Membership(uid: service.uid, joining: [], leaving: leaving)
    }

    /// The part of the change that may be made now. Nil if there is none.
    ///
    /// Members with a time for their readers leave once the router says that they have none, or the time is over; not
    /// during a pause. `readers`: open connections of clients by member; a member that is missing may have some.
    package static func due(_ service: Service, at date: Date, readers: [Int: Int] = [:]) -> Membership? {
        guard let change = change(service) else { return nil }
        guard !change.leaving.isEmpty, service.spec.readersUntil != nil else { return change }
        if service.spec.isPaused(at: date) { return nil }
        guard service.spec.pendingReadersEnd(at: date) != nil else { return change }
        let leaving = change.leaving.filter { readers[$0] == 0 }
        return leaving.isEmpty ? nil : Membership(uid: service.uid, joining: [], leaving: leaving)
    }

    /// Whether the other change contains this one.
    private func isPart(of other: Membership?) -> Bool {
        guard let other, uid == other.uid, joining == other.joining, leaving.isEmpty == other.leaving.isEmpty
        else { return false }
        return leaving.allSatisfy(other.leaving.contains)
    }

    /// Indices of the members once the service has this number of instances.
    static func indices(_ service: Service, wanted: Int) -> [Int] {
        let staying = service.instances.filter { $0.leaving == nil }.map(\.index)
        let free = (0...).lazy.filter { !staying.contains($0) }.prefix(max(wanted - staying.count, 0))
        let leaving = staying.filter { $0 != service.status.primary }.sorted(by: >)
            .prefix(max(staying.count - max(wanted, 1), 0))
        return (staying.filter { !leaving.contains($0) } + free).sorted()
    }

    /// The service's status with this change. Nil if the service is another by now, or asks for something else.
    ///
    /// `join`: makes the entry of a new member. `keep`: prefix of the ids of the snapshots that the data of leaving
    /// members become.
    package func applied<Failure: Error>(
        to service: Service, keep: String, join: (Int) throws(Failure) -> ServiceStatus.Member
    ) throws(Failure) -> ServiceStatus? {
        guard isPart(of: Self.change(service)) else { return nil }
        var status = service.status
        status.replicationDomain = status.domain
        for index in joining {
            var member = try join(index)
            // Requests for new data were meant for an earlier member with this index.
            member.reseeded = service.spec.resyncs?[index]
            status.members.append(member)
        }
        status.members.sort { $0.index < $1.index }
        for place in status.members.indices where leaving.contains(status.members[place].index) {
            // A leaving member keeps its data under a snapshot id of its own.
            status.members[place].leaving = "\(keep)-\(status.members[place].index)"
        }
        return status
    }
}

extension ServiceStatus {
    /// The status without a leaving member of which nothing is left. Nil if no such member is leaving.
    package func dismissing(_ index: Int) -> ServiceStatus? {
        guard members.contains(where: { $0.index == index && $0.leaving != nil }) else { return nil }
        var status = self
        status.members.removeAll { $0.index == index }
        status.outgoing?.removeAll { $0 == index }
        if status.outgoing?.isEmpty ?? false { status.outgoing = nil }
        return status
    }
}
