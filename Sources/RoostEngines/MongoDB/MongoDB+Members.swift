import RoostModel

extension ServerPlan {
    /// The members that the replica set of a group should list. Empty: the set stays as it is.
    var setPeers: [SetPeer] {
        (group?.peers ?? []).map { peer in
            SetPeer(
                index: peer.index, uid: peer.uid, address: peer.address, internalPort: peer.internalPort,
                serverID: peer.serverID)
        }
    }

    /// The member's port at the router, which tells its entry in the set's configuration.
    var memberPort: Int { Int(routerAddress.port.rawValue) }
}

// The set's configuration, which only its primary changes.
extension MongoDB {
    /// Limit of the wait for one step. A set of many members takes several.
    private static let patience: Duration = .seconds(5)
    /// Limit of all steps: two processes that change the set in turn would go on for ever.
    private static let longestPatience: Duration = .seconds(60)
    /// Limit of the wait for a majority that has the new configuration.
    private static let commitMilliseconds: BSONValue = 3000

    /// Makes the set list the plan's members, without votes for new ones. Does nothing on a replica.
    func listMembers(_ plan: ServerPlan) async throws(EngineError) {
        if plan.group != nil { return try await list(plan.setPeers, plan) }
        let own = plan.memberPort
        try await reconfigure(plan) { set, _ in
            SetRoster.alone(set, own: own).map(SetVotes.Step.reconfigure) ?? .done
        }
    }

    func list(_ peers: [SetPeer], _ plan: ServerPlan) async throws(EngineError) {
        if peers.isEmpty { return }
        let own = plan.memberPort
        try await reconfigure(plan) { set, _ in
            SetRoster.next(set, peers: peers, own: own).map(SetVotes.Step.reconfigure) ?? .done
        }
    }

    /// Gives the members with these indices a vote, and takes it from all others but the primary.
    func giveVotes(_ voters: Set<Int>, _ plan: ServerPlan) async throws(EngineError) {
        let own = plan.memberPort
        try await reconfigure(plan) { set, status in SetVotes.next(set, status, voters: voters, own: own) }
    }

    /// Reconfigures the set step by step. Each step begins from the configuration in force: the server refuses one that
    /// somebody else has replaced meanwhile.
    private func reconfigure(
        _ plan: ServerPlan, _ next: @escaping @Sendable (SetDocument, SetStatus) -> SetVotes.Step
    ) async throws(EngineError) {
        let end = ContinuousClock.now + Self.longestPatience
        var deadline = ContinuousClock.now + Self.patience
        var trouble = "it is changed again and again"
        repeat {
            do throws(EngineError) {
                let step = try await administer(plan) { connection throws(MongoFault) in
                    try Self.step(connection, next)
                }
                switch step {
                case .done: return
                case .reconfigure:
                    deadline = min(ContinuousClock.now + Self.patience, end)
                    continue
                case .wait(let reason): trouble = reason
                }
            } catch {
                guard case .refused(let code, let message) = error, Self.mayPass.contains(code) else { throw error }
                trouble = message
            }
            // A cancelled wait ends at the deadline's check or with the next call.
            try? await Task.sleep(for: .milliseconds(20))
        } while ContinuousClock.now < deadline
        throw .notReachable("the replica set is not as wanted: \(trouble)")
    }

    /// Returns the step that was carried out. Done on a replica: only the primary changes the set.
    private static func step(
        _ connection: MongoConnection, _ next: (SetDocument, SetStatus) -> SetVotes.Step
    ) throws(MongoFault) -> SetVotes.Step {
        guard try connection.isPrimary(), let status = try connection.replicaSetStatus(),
            let set = try connection.replicaSet()
        else { return .done }
        let step = next(set, status)
        if case .reconfigure(let document) = step {
            try connection.run(["replSetReconfig": .document(document), "maxTimeMS": commitMilliseconds])
        }
        return step
    }

    /// The configuration before this one is not yet in force, or was replaced.
    private static let mayPass: Set = [
        MongoFault.Code.reconfigurationUnderWay, MongoFault.Code.configurationNotCommitted,
        MongoFault.Code.configurationReplaced, MongoFault.Code.timeExceeded,
    ]

    /// Has the members elect this one. Fails at once if they do not: they have newer writes, or too few answer.
    ///
    /// A vain attempt postpones the election that the members would hold by themselves (tried: attempts without a pause
    /// kept a set without a primary for 57 s). So none is made while another member is known to be ahead.
    func stepUp(_ plan: ServerPlan) async throws(EngineError) {
        do throws(EngineError) {
            try await administer(plan, overIdle: true) { connection throws(MongoFault) in
                if let status = try connection.replicaSetStatus(), let set = try connection.replicaSet(),
                    status.isBehind(set.voters.compactMap(\.id))
                {
                    throw MongoFault(code: MongoFault.Code.commandFailed, message: "")
                }
                // A member that stepped down cannot be elected for a while.
                do throws(MongoFault) { try connection.run(["replSetFreeze": 0]) } catch {
                    guard error.code == MongoFault.Code.notSecondary else { throw error }
                }
                _ = try connection.run(["replSetStepUp": 1])
            }
        } catch {
            guard case .refused(MongoFault.Code.commandFailed, _) = error else { throw error }
            throw .refused(
                code: MongoFault.Code.commandFailed,
                message: "the other members did not elect it: they have newer writes, or too few of them answer")
        }
    }
}

extension MongoConnection {
    func isPrimary() throws(MongoFault) -> Bool { try run(["hello": 1])["isWritablePrimary"]?.isTrue == true }

    /// The set's configuration as this member has it. Nil if it has none.
    func replicaSet() throws(MongoFault) -> SetDocument? {
        let found = try run(["find": "system.replset", "limit": 1], on: "local")
        return SetDocument(found["cursor"]?.document?["firstBatch"]?.items?.first?.document)
    }

    /// Nil if the member is in no set.
    func replicaSetStatus() throws(MongoFault) -> SetStatus? {
        do throws(MongoFault) { return SetStatus(try run(["replSetGetStatus": 1])) } catch {
            if [MongoFault.Code.notMember, MongoFault.Code.notYetInitialised].contains(error.code) { return nil }
            throw error
        }
    }
}
