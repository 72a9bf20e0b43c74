import RoostModel

/// The rule for settings of single members of a service. Pure.
package struct MemberRule {
    /// Nil for a new service.
    private let standing: Service?
    private let settings: ServiceSettings
    private let family: EngineFamily

    package init(_ standing: Service?, settings: ServiceSettings, family: EngineFamily) {
        self.standing = standing
        self.settings = settings
        self.family = family
    }

    /// The reason why the service cannot have these settings, a clause; nil if it can.
    ///
    /// `statesMembers`: whether the request contains settings of members. Earlier settings of members that have left have
    /// no effect, and are no reason to refuse a request about something else.
    package func fault(statesMembers: Bool) -> String? {
        guard let members = settings.members, !members.isEmpty else { return nil }
        let sorted = members.sorted { $0.key < $1.key }
        let faults = [statesMembers ? absentFault(sorted.map(\.key)) : nil, engineFault(sorted)]
        return faults.compactMap(\.self).first ?? primaryFault ?? promotionFault(statesMembers) ?? strictFault
    }

    /// Note for the person who asks for these settings. Nil if there is none.
    package var note: String? {
        guard settings.instances > 1, settings.durability != .async, !(settings.members ?? [:]).isEmpty,
            !replicas.contains(where: { settings.member($0).delaySeconds == nil })
        else { return nil }
        return "no replica can acknowledge commits, because all of them stay behind on purpose: what the primary "
            + "acknowledges is on one member only"
    }

    /// Numbers of the members that the service has with these settings.
    private var indices: [Int] {
        guard let standing else { return Array(0..<settings.instances) }
        return Membership.indices(standing, wanted: settings.instances)
    }

    private var primary: Int { standing?.status.primary ?? 0 }
    private var replicas: [Int] { indices.filter { $0 != primary } }

    private func absentFault(_ stated: [Int]) -> String? {
        guard let absent = stated.first(where: { !indices.contains($0) }) else { return nil }
        let numbers = indices.sorted().map { "\($0)" }.joined(separator: ", ")
        return "there is no instance \(absent); the numbers of the instances are \(numbers)"
    }

    private func engineFault(_ members: [(key: Int, value: MemberSettings)]) -> String? {
        for (index, member) in members {
            if family.electsItself, member.priority != nil {
                return "instance \(index): the members of a \(family.name) service elect their primary themselves, and "
                    + "'priority' is not supported for them yet"
            }
            if member.delaySeconds != nil, !family.delaysReplicas {
                return "instance \(index): \(family.name) has no replicas with a 'delay' in Roost; MariaDB, MySQL and "
                    + "PostgreSQL have them"
            }
        }
        return nil
    }

    /// The reason why the primary cannot have its new settings. Settings that it had as a replica stay.
    private var primaryFault: String? {
        let (old, new) = (standing?.settings.member(primary) ?? MemberSettings(), settings.member(primary))
        let name = "instance \(primary) is the primary"
        if new.delaySeconds != nil, old.delaySeconds == nil {
            return "\(name), which cannot stay behind" + promoteFirst
        }
        if standing?.isGroup ?? false, new.storage == .separate, old.storage != .separate {
            return "\(name), and only a replica gets a new copy of the data" + promoteFirst
        }
        return nil
    }

    private var promoteFirst: String {
        standing.map { $0.isGroup ? ": promote another one first, with 'roost promote \($0.id.service)'" : "" } ?? ""
    }

    private func promotionFault(_ statesMembers: Bool) -> String? {
        guard statesMembers || settings.instances > 1, !indices.contains(where: { settings.member($0).isPromotable })
        else { return nil }
        return "no instance could ever be promoted: leave at least one without 'priority: 0' and 'delay'"
    }

    /// Commits of such a service would wait for ever.
    private var strictFault: String? {
        guard settings.durability == .strict, settings.instances > 1,
            !replicas.contains(where: { settings.member($0).delaySeconds == nil })
        else { return nil }
        return "with durability: strict, commits wait for a replica, and one with a 'delay' never acknowledges them: "
            + "leave at least one replica without it"
    }
}
