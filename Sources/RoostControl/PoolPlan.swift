import Foundation
import RoostModel

/// Plan of the pool: which running clones are created or removed so that each template has its wanted number of
/// waiting clones, within the memory that the machine gives to all of them. Pure.
package struct PoolPlan: Equatable, Sendable {
    /// Number of clones to create, by template.
    package var create: [TemplateName: Int] = [:]
    package var remove: [ServiceID] = []

    package struct Wanted: Equatable, Sendable {
        package let template: TemplateName
        package let version: String
        package let count: Int
        /// Memory limit of each clone.
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
        /// Whether the clone does not come up, or has other settings than its template now says.
        package let isUnfit: Bool

        package init(id: ServiceID, template: TemplateName, version: String, memory: ByteCount, isUnfit: Bool) {
            self.id = id
            self.template = template
            self.version = version
            self.memory = memory
            self.isUnfit = isUnfit
        }
    }

    /// `memory`: limit for all waiting clones together. `hasRoom`: whether the disk has room for more.
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
        // Clones are added in rounds, so that if memory is short each template gets its first before any gets its
        // second.
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

/// Why a clone is removed. Pure.
package enum CloneEnd: Equatable, Sendable {
    case expired
    case idle(seconds: Double)

    /// `sinceSession`: time for which nobody has been connected. Nil if the clone stays.
    package static func reason(_ terms: CloneTerms, now: Date, sinceSession: Duration) -> CloneEnd? {
        if terms.isProtected { return nil }
        if let end = terms.expiresAt, end <= now { return .expired }
        if let idle = terms.idleSeconds, sinceSession >= .seconds(idle) { return .idle(seconds: idle) }
        return nil
    }

    package var text: String {
        switch self {
        case .expired: "it expired"
        case .idle(let seconds): "no client was connected for \(Int(seconds)) s"
        }
    }
}
