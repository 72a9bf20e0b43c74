import Foundation
import RoostModel

/// The decision to replace a member's data by those of the primary. Pure.
package struct Reseeding: Equatable, Sendable {
    /// Uid of the service: an earlier service may have had the same name.
    package let uid: String
    package let index: Int
    /// Uid of the member: an earlier member may have had the same index.
    package let member: String
    /// Why the data are replaced, a clause.
    package let reason: String
    /// Generation of the user's request. Nil if nobody asked.
    package let request: Int?

    /// The service's status with this change. Nil if the member is another, leads, leaves or is being reseeded.
    package func applied(to service: Service, at date: Date) -> ServiceStatus? {
        guard service.uid == uid, service.status.uid(of: index) == member, index != service.status.primary,
            let place = service.instances.firstIndex(where: { $0.index == index && $0.leaving == nil }),
            service.instances[place].seeded, service.instances[place].reseeding == nil
        else { return nil }
        var status = service.status
        status.members[place].reseeding = .init(keep: Self.keep(index, at: date), reason: reason)
        if let request { status.members[place].reseeded = request }
        return status
    }

    /// Sentence for people.
    package func text(_ service: Service) -> String {
        let (name, primary) = (InstanceID(service.id, index).name, InstanceID(service.id, service.status.primary).name)
        return "\(name) gets a new copy of the data of \(primary): \(reason)"
    }

    /// Id of the snapshot of the member's present data: another one for each reseeding. `diverged-20261121-064406120-1`
    static func keep(_ index: Int, at date: Date) -> String { "diverged-\(TimedID.exact(date))-\(index)" }
}
