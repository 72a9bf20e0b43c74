import RoostControl
import RoostModel

/// Stores that members join and leave a service, with the ports of joining members in the same commit.
struct MemberRegister: Sendable {
    let parts: ReconcilerParts
    let id: ServiceID

    func enlist(_ change: Membership) async throws(Problem) {
        guard let take = parts.takeMember else { throw Problem(.noPort, "no ports can be reserved") }
        let records = parts.records
        let isNews = try await records.inTurn("allocations") { () async throws(Problem) -> Bool in
            try await records.again { () async throws(Problem) -> Bool in
                guard let stored = try await records.service(id) else { return false }
                let found = try await records.allocations()
                var allocations = found.value
                var members: [Int: ServiceStatus.Member] = [:]
                for index in change.joining { members[index] = try await take(index, &allocations) }
                let status = try change.applied(to: stored.value, keep: TimedID.make()) {
                    index throws(Problem) -> ServiceStatus.Member in
                    guard let member = members[index] else { throw Problem(.noPort, "no ports were reserved") }
                    return member
                }
                guard let status else { return false }
                try await records.commit(
                    Records.decision(on: stored, status) + [
                        Records.put(allocations, at: Allocations.key, expecting: found.revision)
                    ])
                return true
            }
        }
        guard isNews else { return }
        for index in change.joining {
            await parts.events.add("member_joined", "\(InstanceID(id, index).name) is a new member", service: id)
        }
        for index in change.leaving {
            await parts.events.add("member_leaving", "\(InstanceID(id, index).name) is being removed", service: id)
        }
        await parts.applicationChanged(id.application)
    }
}
