/// Settings of one member of a service, from `members:` of the build file. Nil means the default.
package struct MemberSettings: Codable, Equatable, Sendable {
    package enum Storage: String, Codable, Sendable, CaseIterable {
        /// A new copy shares the blocks of the primary's data where the disk can do that.
        case shared
        /// A full copy: a block that is damaged in another member's data is intact in this member's.
        case separate
    }

    package static let priorityRange = 0...100
    package static let defaultPriority = 1
    /// In seconds. Below the time for which MariaDB and MySQL keep their binary log: a replica that was restarted reads
    /// it again from where it is.
    package static let delayRange = 1...172_800

    /// Of the members that may take over, one with the highest priority does. 0: the member is never promoted.
    package var priority: Int?
    /// How far the member's data stay behind on purpose, in seconds.
    package var delaySeconds: Int?
    package var storage: Storage?

    package init(priority: Int? = nil, delaySeconds: Int? = nil, storage: Storage? = nil) {
        self.priority = priority
        self.delaySeconds = delaySeconds
        self.storage = storage
    }

    /// A member that stays behind is never promoted: its clients would wait until it has applied everything.
    package var effectivePriority: Int { delaySeconds == nil ? priority ?? Self.defaultPriority : 0 }
    package var isPromotable: Bool { effectivePriority > 0 }

    /// Why the member is never promoted, a clause for people. Nil if it may be.
    package var reasonAgainstPromotion: String? {
        if let delaySeconds { return "it stays behind on purpose (delay: \(TimeText.text(delaySeconds)))" }
        return priority == 0 ? "it is never promoted (priority: 0)" : nil
    }
}

extension Service {
    /// Settings of the member.
    package func member(_ index: Int) -> MemberSettings { settings.member(index) }

    /// Whether the member stays behind on purpose while it is a replica.
    package func isDelayed(_ index: Int) -> Bool { member(index).delaySeconds != nil }

    /// How far a replica is to stay behind now, in seconds. A voter first stops acknowledging commits.
    package func delay(of index: Int) -> Int {
        index == status.primary || status.isVoter(index) ? 0 : member(index).delaySeconds ?? 0
    }

    /// Whether a new copy of the data for this member is a full one: the member, or the primary that the copy is of, is
    /// to share no block with another member.
    package func needsFullCopy(_ index: Int) -> Bool {
        [index, status.primary].contains { member($0).storage == .separate }
    }

    /// The replicas that get a new copy of the data if the service gets these settings: those that are to share no block
    /// from then on.
    package func fullCopies(_ new: ServiceSettings) -> [Int] {
        replicas.filter(\.seeded).map(\.index).filter {
            new.member($0).storage == .separate && !needsFullCopy($0)
        }
    }
}
