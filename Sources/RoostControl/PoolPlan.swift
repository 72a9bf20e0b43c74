import Foundation
import RoostModel

/// Which running clones are made or let go so that each template has as many waiting as it wants, within what the machine
/// gives to all of them. Pure.
package struct PoolPlan: Equatable, Sendable {
    /// How many more, by template.
    package var create: [TemplateName: Int] = [:]
    package var remove: [ServiceID] = []

    package struct Wanted: Equatable, Sendable {
        package let template: TemplateName
        package let version: String
        package let count: Int
        /// The limit of each.
        package let memory: ByteCount

        package init(template: TemplateName, version: String, count: Int, memory: ByteCount) {
            self.template = template
            self.version = version
            self.count = count
            self.memory = memory
        }
    }

    package struct Waiting: Equatable, Sendable {
        package let id: ServiceID
        package let template: TemplateName
        package let version: String
        package let memory: ByteCount
        /// It does not come up, or has other settings than its template says now.
        package let isUnfit: Bool

        package init(id: ServiceID, template: TemplateName, version: String, memory: ByteCount, isUnfit: Bool) {
            self.id = id
            self.template = template
            self.version = version
            self.memory = memory
            self.isUnfit = isUnfit
        }
    }

    /// `memory`: for all that wait. `hasRoom`: whether the disk takes more.
    package static func make(
        _ wanted: [Wanted], _ waiting: [Waiting], memory: ByteCount, hasRoom: Bool
    ) -> PoolPlan {
        var plan = PoolPlan()
        var used: Int64 = 0
        var standing: [TemplateName: Int] = [:]
        let targets = Dictionary(wanted.map { ($0.template, $0) }, uniquingKeysWith: { first, _ in first })
        for clone in waiting.sorted(by: { $0.id < $1.id }) {
            let target = targets[clone.template]
            let isGood = target?.version == clone.version && !clone.isUnfit
            if isGood, standing[clone.template, default: 0] < target?.count ?? 0,
                used + clone.memory.bytes <= memory.bytes
            {
                standing[clone.template, default: 0] += 1
                used += clone.memory.bytes
            } else {
                plan.remove.append(clone.id)
            }
        }
        guard hasRoom else { return plan }
        // In rounds, so that where memory is short each template gets its first before any gets its second.
        var grew = true
        while grew {
            grew = false
            for target in wanted.sorted(by: { $0.template < $1.template }) {
                let have = standing[target.template, default: 0]
                guard have < target.count, used + target.memory.bytes <= memory.bytes else { continue }
                standing[target.template] = have + 1
                plan.create[target.template, default: 0] += 1
                used += target.memory.bytes
                grew = true
            }
        }
        return plan
    }
}

/// Why a clone is to go, or not. Pure.
package enum CloneEnd: Equatable, Sendable {
    case expired
    case idle(seconds: Double)

    /// `sinceSession`: how long nobody was connected. Nil: it stays.
    package static func reason(_ terms: CloneTerms, now: Date, sinceSession: Duration) -> CloneEnd? {
        if terms.isProtected { return nil }
        if let end = terms.expiresAt, end <= now { return .expired }
        if let idle = terms.idleSeconds, sinceSession >= .seconds(idle) { return .idle(seconds: idle) }
        return nil
    }

    package var text: String {
        switch self {
        case .expired: "its time was over"
        case .idle(let seconds): "nobody was connected for \(Int(seconds)) s"
        }
    }
}
