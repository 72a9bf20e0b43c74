import RoostEngines
import RoostModel
import Synchronization

/// Key of cached expectations: for two equal keys the same accounts are expected.
struct ExpectationKey: Equatable, Sendable {
    let engine: EngineIdentity
    let uid: String
    let generation: Int
    /// The members of the group, which have accounts on each other.
    let members: [String]
    let replicationPasswords: [Int]
    let password: String
    let previousPassword: String?
    let administration: String

    init(_ order: InstanceOrder, _ engine: EngineIdentity) {
        self.engine = engine
        uid = order.service.uid
        generation = order.service.generation
        members = order.service.instances.map { order.service.status.uid(of: $0.index) + ".\($0.index)" }
        replicationPasswords = order.service.status.currentReplicationPasswords.accepted
        password = order.secrets.password
        previousPassword = order.secrets.previousPassword
        administration = order.secrets.administration
    }
}

// The accounts that a running server should have, and their repair.
extension LocalHost {
    /// The accounts that the server should have. Cached between looks, because some engines hash for milliseconds.
    /// Nil for a template build, whose dump may replace all accounts meanwhile.
    func expectation(_ order: InstanceOrder, _ engine: any Engine) throws(HostFailure) -> AccountExpectation? {
        if order.profile == .building { return nil }
        let key = ExpectationKey(order, identity(for: order))
        if let known = servers.withLock({ $0[order.id]?.expectation }), known.of == key { return known.value }
        let made = engine.accountMending?.expectation(try serverPlan(order))
        servers.withLock { $0[order.id, default: Server()].expectation = (key, made) }
        return made
    }

    package func mendAccounts(_ drift: [AccountDrift], _ order: InstanceOrder) async throws(HostFailure) {
        let engine = try engine(named: identity(for: order))
        let plan = try serverPlan(order)
        do { try await engine.accountMending?.mendAccounts(drift, plan) } catch {
            throw HostFailure("could not repair its accounts (\(drift.text)): \(error)")
        }
        // A repair counts only when a probe confirms it.
        let health = await engine.probe(plan.address, expecting: try expectation(order, engine))
        switch health {
        case .healthy: return
        case .drifted(let left):
            let open = left.filter(\.isMendable)
            if !open.isEmpty { throw HostFailure("could not repair its accounts: \(open.text)") }
        case .closed, .starting, .lockedOut, .unhealthy, .crowded, .unknown:
            throw HostFailure("could not verify that its accounts are repaired: \(health)")
        }
    }
}
