import Foundation
import RoostModel

@testable import RoostControl

/// A group of three members of epoch 3: member 0 leads, the others follow it and have all of its data.
enum GroupSample {
    static func group(
        voters: [Int]? = nil, isInForce: Bool = true, _ durability: ServiceSettings.Durability = .sync
    ) throws -> Service {
        var service = try Samples.service("data")
        service.spec.settings.durability = durability
        service.status.epoch = 3
        service.status.members = (0...2).compactMap { index in
            guard let port = PortNumber(22000 + index), let own = PortNumber(31000 + index) else { return nil }
            return ServiceStatus.Member(
                index: index, host: "local", port: port, internalPort: own, serverID: UInt32(index + 1), seeded: true)
        }
        service.status.synchronous = voters.map { .init(voters: $0, isInForce: isInForce, since: .distantPast) }
        return service
    }

    /// The primary is open and waits for nobody; the replicas acknowledge.
    static func statuses(_ change: (inout [Int: InstanceStatus]) -> Void = { _ in }) throws -> [Int: InstanceStatus] {
        let id = try group().id
        var statuses: [Int: InstanceStatus] = [:]
        for index in 0...2 {
            var status = InstanceStatus(id: InstanceID(id, index), uid: "u", life: 1)
            (status.epoch, status.serving) = (3, index == 0 ? .open : .closed)
            status.replication = ReplicationReport(
                role: index == 0 ? .primary : .replica, link: index == 0 ? .none : .up,
                source: index == 0 ? nil : PortNumber(31000), received: position(10), applied: position(10),
                isSynchronous: index > 0)
            statuses[index] = status
        }
        change(&statuses)
        return statuses
    }

    static func position(_ location: UInt64) -> Position { .postgresql(timeline: 1, location: location) }
}
