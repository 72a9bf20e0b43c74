import RoostModel

/// Decides which member gets a new copy of the primary's data: on a user's request, or by itself when a replica cannot
/// follow any more or its directory is gone. Pure, and kept in memory only.
///
/// By itself it heals one member at a time, and waits longer each time that the same member breaks again.
struct Healing: Equatable, Sendable {
    /// Time for which a replica must be broken first: a server that has just started may say so for a moment.
    static let patience: Duration = .seconds(4)
    static let shortestPause: Duration = .seconds(10)
    static let longestPause: Duration = .seconds(3600)
    /// Time without a break after which a member's earlier breaks are forgotten.
    static let forgotten: Duration = .seconds(600)
    /// A member that waits longer than this for new data is shown as one that does not come up by itself.
    static let soon: Duration = .seconds(60)

    /// Since when each replica is broken.
    private var brokenSince: [Int: ContinuousClock.Instant] = [:]
    /// How often each member was healed lately, and when last.
    private var healed: [Int: (count: Int, at: ContinuousClock.Instant)] = [:]

    /// Broken members that get new data by themselves soon. What waits for them goes on waiting.
    private(set) var expected: Set<Int> = []

    static func == (one: Healing, other: Healing) -> Bool {
        one.brokenSince == other.brokenSince && one.healed.mapValues(\.count) == other.healed.mapValues(\.count)
    }

    /// The member to be healed now; nil if there is none. The primary takes writes in the service's epoch.
    ///
    /// `isPaused`: no member is healed then, not even on request. Its time of being broken counts nevertheless.
    mutating func decide(
        _ service: Service, _ statuses: [Int: InstanceStatus], now: ContinuousClock.Instant, isPaused: Bool = false
    ) -> Reseeding? {
        // The member that would take over comes first. The order of equals stays.
        let replicas = service.replicas.filter(\.seeded).sorted { one, other in
            (-service.member(one.index).effectivePriority, one.index)
                < (-service.member(other.index).effectivePriority, other.index)
        }
        // A member that gets new data has a fault until it has them; its agent may tell of it for a moment longer.
        let faults = replicas.filter { $0.reseeding == nil }.reduce(into: [Int: String]()) { faults, member in
            faults[member.index] = statuses[member.index].flatMap(Self.fault)
        }
        brokenSince = brokenSince.filter { faults[$0.key] != nil }
        for index in faults.keys where brokenSince[index] == nil { brokenSince[index] = now }
        expected = isPaused ? [] : Set(faults.keys.filter { Self.pause(after: count($0, now)) <= Self.soon })
        guard !isPaused, let primary = statuses[service.status.primary], primary.epoch == service.epoch,
            primary.serving == .open
        else { return nil }
        guard service.instances.allSatisfy({ $0.reseeding == nil }) else { return nil }
        let asked = replicas.first { service.spec.resyncs?[$0.index] ?? 0 > $0.reseeded ?? 0 }
        if let asked { return reseeding(asked.index, "as requested", service.spec.resyncs?[asked.index], service) }
        let due = replicas.first { member in
            brokenSince[member.index].map { now - $0 >= Self.patience && mayHeal(member.index, now) } ?? false
        }
        guard let due, let reason = faults[due.index] else { return nil }
        healed[due.index] = (count(due.index, now) + 1, now)
        return reseeding(due.index, reason, nil, service)
    }

    /// Why a replica cannot follow any more, a clause. Nil if it can.
    static func fault(_ status: InstanceStatus) -> String? {
        if status.isDataGone ?? false { return "its data directory is gone" }
        if status.isDataUnusable ?? false { return "no server can start on its data directory" }
        guard case .broken(let reason)? = status.replication?.link, status.replication?.role == .replica else {
            return nil
        }
        return "broken: \(reason)"
    }

    private func count(_ index: Int, _ now: ContinuousClock.Instant) -> Int {
        healed[index].map { now - $0.at < Self.forgotten + Self.pause(after: $0.count) ? $0.count : 0 } ?? 0
    }

    private func mayHeal(_ index: Int, _ now: ContinuousClock.Instant) -> Bool {
        guard let last = healed[index] else { return true }
        return now - last.at >= Self.pause(after: count(index, now))
    }

    private static func pause(after count: Int) -> Duration {
        count == 0 ? .zero : min(shortestPause * (1 << min(count - 1, 12)), longestPause)
    }

    private func reseeding(_ index: Int, _ reason: String, _ request: Int?, _ service: Service) -> Reseeding {
        Reseeding(
            uid: service.uid, index: index, member: service.status.uid(of: index), reason: reason, request: request)
    }
}
