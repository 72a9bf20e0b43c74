import Foundation
import RoostModel

/// A change of the record of who acknowledges commits. Pure and idempotent.
package struct SynchronousChange: Equatable, Sendable {
    /// Uid of the service: an earlier service may have had the same name.
    package let uid: String
    package let epoch: UInt64
    /// The record that the change was decided on.
    package let before: ServiceStatus.Synchronous?
    package let voters: [Int]
    package let isInForce: Bool

    /// The service's status with this change. Nil if the service, its epoch or its record is another by now.
    package func applied(to service: Service, at date: Date) -> ServiceStatus? {
        guard service.uid == uid, service.epoch == epoch, service.status.synchronous == before else { return nil }
        var status = service.status
        status.synchronous = ServiceStatus.Synchronous(
            voters: voters, isInForce: isInForce,
            since: before.flatMap { $0.isInForce == isInForce ? $0.since : nil } ?? date)
        return status
    }

    /// Event for people, once the change is stored. Nil if it changes nothing that they rely on.
    package func event(_ service: Service) -> StatusDecision.Event? {
        let names = voters.map { InstanceID(service.id, $0).name }.joined(separator: ", ")
        let wasInForce = before?.isInForce ?? false
        if isInForce, !wasInForce {
            return .init(kind: "synchronous", message: "Commits of \(service.id) wait for a replica: \(names)")
        }
        guard !isInForce, wasInForce else { return nil }
        if !service.wantsAcknowledgements {
            return .init(kind: "asynchronous", message: "Commits of \(service.id) no longer wait for a replica")
        }
        if voters.isEmpty, service.waitsWithoutVoters {
            return .init(
                kind: "synchronous_lost",
                message: "No replica of \(service.id) acknowledges commits: none is acknowledged until one does "
                    + "(durability: strict)")
        }
        return .init(
            kind: "synchronous_lost",
            message: voters.isEmpty
                ? "No replica of \(service.id) acknowledges commits: the primary goes on alone, and what it acknowledges "
                    + "now is on one member only"
                : "Commits of \(service.id) did not wait for a replica: that was switched off on the server")
    }
}

extension ServiceStatus.Synchronous {
    /// The record after a change of the primary. What the new primary held is no copy any more, and the other voters may
    /// lack some of it. `predecessor`: the old primary if it has all that the new one has, and follows it next.
    /// `isByMajority`: the old primary keeps its vote, whether the promise is in force or not.
    func led(by primary: Int, predecessor: Int?, isByMajority: Bool, at date: Date) -> Self {
        var record = self
        record.voters.removeAll { $0 == primary }
        if let predecessor, record.isInForce || isByMajority {
            record.voters = (record.voters + [predecessor]).sorted()
        } else if record.isInForce {
            (record.isInForce, record.since) = (false, date)
        }
        return record
    }
}
