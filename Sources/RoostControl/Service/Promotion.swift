import RoostModel

/// Whether a planned change of the primary would work now, and to which replica. Pure: from the service's document and
/// the last reports of its agents. A request and its dry run decide by the same.
package struct Promotion: Equatable, Sendable {
    package let info: PromotionInfo
    /// The replica that takes over. Nil if nothing would change.
    package let target: Int?

    /// `report`: nil if nothing is known of the instances yet. `refusals`: why the service takes no such request now,
    /// sentences. `electsItself`: whether the members elect their primary by a majority.
    package init(
        _ service: Service, _ report: ServiceReport?, to wanted: Int?, drainSeconds: Double = 0,
        electsItself: Bool = false, refusals: [String] = []
    ) {
        let candidates = service.replicas.map { member in
            (index: member.index, blockers: Self.blockers(member, service, report, electsItself: electsItself))
        }
        let chosen =
            wanted
            ?? service.preferredSuccessor { index in
                candidates.contains { $0.index == index && $0.blockers.isEmpty }
            }
        let found = candidates.first { $0.index == chosen }
        var blockers = refusals + Self.blockers(service, report)
        let names = candidates.map { "\(InstanceID(service.id, $0.index).name) \($0.blockers.joined(separator: ", "))" }
        if candidates.isEmpty {
            blockers.append("'\(service.id.service)' has no replica that could take over")
        } else if let found {
            let name = InstanceID(service.id, found.index).name
            blockers += found.blockers.map { "\(name) \($0)" }
        } else {
            blockers.append("no replica can take over: \(names.joined(separator: "; "))")
        }
        target = blockers.isEmpty ? found?.index : nil
        let primary = service.status.primary
        info = PromotionInfo(
            from: InstanceID(service.id, primary).name, to: found.map { InstanceID(service.id, $0.index).name },
            position: Self.position(primary, report), drainSeconds: drainSeconds,
            candidates: candidates.map { candidate in
                .init(
                    instance: InstanceID(service.id, candidate.index).name,
                    position: Self.position(candidate.index, report),
                    lagSeconds: report?.instances[candidate.index]?.following?.secondsBehind,
                    blockers: candidate.blockers)
            }, blockers: blockers)
    }

    /// Refuses a member that can never take over, whatever its state.
    package static func check(_ wanted: Int?, of service: Service) throws(Problem) {
        let name = service.id.service
        guard !service.replicas.isEmpty else {
            throw Problem(
                .conflict, "'\(name)' has no replica that could take over", next: ["roost scale \(name):instances=2"])
        }
        guard let wanted else { return }
        guard wanted != service.status.primary else {
            throw Problem(.conflict, "\(InstanceID(service.id, wanted).name) is already the primary")
        }
        guard service.replicas.contains(where: { $0.index == wanted }) else {
            throw Problem(.instanceNotFound, "'\(name)' has no instance \(wanted)", next: ["roost info \(name)"])
        }
        if let reason = service.member(wanted).reasonAgainstPromotion {
            throw Problem(
                .conflict, "\(InstanceID(service.id, wanted).name) cannot become the primary: \(reason)",
                next: ["change 'members' in the build file, then roost push", "roost promote \(name)"])
        }
    }

    // MARK: What blocks it

    /// Of the service and its primary, sentences.
    private static func blockers(_ service: Service, _ report: ServiceReport?) -> [String] {
        guard let report else { return ["the state of its instances is not known yet"] }
        if report.isChangingPrimary { return ["another change of the primary is under way"] }
        let name = InstanceID(service.id, service.status.primary).name
        guard let primary = report.instances[service.status.primary] else {
            return ["the state of the primary \(name) is not known yet"]
        }
        if let lost = primary.lostFiles { return ["files of the primary \(name) were removed: \(lost)"] }
        guard primary.state == .up else {
            return ["the primary \(name) is \(primary.state.rawValue)" + (primary.problem.map { ": \($0)" } ?? "")]
        }
        return primary.isSilent ? ["the primary \(name) does not answer"] : []
    }

    /// Of one replica, clauses that follow its name.
    private static func blockers(
        _ member: ServiceStatus.Member, _ service: Service, _ report: ServiceReport?, electsItself: Bool
    ) -> [String] {
        if let reason = service.member(member.index).reasonAgainstPromotion { return ["cannot be promoted: \(reason)"] }
        guard member.seeded else { return ["is still being created from the primary's data"] }
        if service.isReseeding(member.index) { return ["is being given the primary's data again"] }
        guard let instance = report?.instances[member.index] else { return ["has not told its state yet"] }
        guard instance.state == .up || instance.following != nil else { return ["is \(instance.state.rawValue)"] }
        var blockers = instance.following.map(Self.blockers) ?? ["does not follow the primary"]
        if blockers.isEmpty, instance.isSilent { blockers.append("does not answer") }
        if blockers.isEmpty, electsItself, !service.status.isVoter(member.index) {
            blockers.append("has no vote in the replica set, so the members cannot elect it")
        }
        return blockers
    }

    private static func blockers(_ following: ServiceReport.Instance.Following) -> [String] {
        switch following.link {
        case .up:
            guard let behind = following.secondsBehind, behind > InstancePlanner.readableLag / .seconds(1) else {
                return []
            }
            return ["is \(behind.rounded(toPlaces: 0)) s behind the primary"]
        case .none: return ["does not follow the primary"]
        case .connecting(let reason): return ["receives nothing from the primary: \(reason)"]
        case .broken(let reason): return ["cannot apply the primary's changes: \(reason)"]
        }
    }

    /// The set of MySQL's transactions may be long.
    private static func position(_ index: Int, _ report: ServiceReport?) -> String? {
        report?.instances[index]?.position.map { String($0.text.prefix(500)) }
    }
}
