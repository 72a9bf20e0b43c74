import Foundation
import RoostHost
import RoostModel

// Administration of a running server, as Roost's own account.
extension MongoDB {
    /// The mark of a server that was opened after its start; it is lost when the process ends. The parameter is a text
    /// that the server reports to every client in `hello`, made for administration programs.
    static let openMark = "roost: open"

    package func probe(_ server: ServerAddress, expecting expected: AccountExpectation?) async -> Health {
        // `run` throws only if the call is cancelled; a cancelled probe has no result.
        let answer = try? await AdministrationThreads.run { () throws(MongoFault) -> Health in
            try look(server, expected)
        }
        switch answer {
        case .success(let health): return health
        case .failure(let fault): return Self.health(fault)
        case nil: return .unknown("the probe was cancelled")
        }
    }

    private func look(_ server: ServerAddress, _ expected: AccountExpectation?) throws(MongoFault) -> Health {
        let started = ContinuousClock.now
        if let connection = connections.take(server.socket) {
            do throws(MongoFault) {
                return try look(through: connection, server, expected)
            } catch {
                // A connection that a restart of the server ended is replaced at once. A connection that timed out is
                // not.
                guard error.isUnanswered, ContinuousClock.now - started < .milliseconds(500) else { throw error }
            }
        }
        // A connection attempt by the library would take longer than a start may be delayed.
        if SocketState(path: server.socket) == .abandoned {
            return .starting("it is not listening on its socket yet")
        }
        let connection = try MongoConnection(
            server.socket, .system(key: server.administrationPassword), .probe)
        return try look(through: connection, server, expected)
    }

    private func look(
        through connection: MongoConnection, _ server: ServerAddress, _ expected: AccountExpectation?
    ) throws(MongoFault) -> Health {
        let health = Self.health(try connection.run(["hello": 1]))
        guard health == .healthy, let expected else {
            connections.bringBack(connection, server.socket)
            return health
        }
        let drift = try drift(through: connection, expected)
        connections.bringBack(connection, server.socket)
        return drift.isEmpty ? .healthy : .drifted(drift)
    }

    static func health(_ hello: BSONDocument) -> Health {
        if hello["isWritablePrimary"]?.isTrue == true {
            return hello["automationServiceDescriptor"]?.text == openMark ? .healthy : .closed
        }
        // A server without a replica set waits for `open`.
        if hello["setName"] == nil || members(hello) > 1 { return .closed }
        return .starting("it is being elected primary")
    }

    /// Members of the server's replica set. Those that cannot be elected are listed apart.
    private static func members(_ hello: BSONDocument) -> Int {
        ["hosts", "passives", "arbiters"].reduce(0) { $0 + (hello[$1]?.items?.count ?? 0) }
    }

    private static func health(_ fault: MongoFault) -> Health {
        if fault.code == MongoFault.Code.authenticationFailed {
            return .unhealthy("it refuses Roost's own account (\(fault.message)), which a restart restores")
        }
        return fault.isUnanswered ? .unknown(fault.message) : .unhealthy("error \(fault.code): \(fault.message)")
    }

    // MARK: Settings

    package func applySettings(
        _ changed: [String: String?], plan: ServerPlan
    ) async throws(EngineError) -> Set<String> {
        var left: Set<String> = []
        for (name, value) in changed.sorted(by: { $0.key < $1.key }) {
            switch (MongoDBSettingRules.change(of: name), value) {
            case (.parameter(let parameter), let value?):
                if !(try await set(parameter, value, plan)) { left.insert(name) }
            case (.profile(let field), let value?):
                let number = MongoDBSettingRules.forms(value)[0]
                // -1 leaves the profiling level, which each database has for itself, unchanged.
                try await tell(plan, ["profile": -1, field: number])
            case (.cache, let value?):
                try await tell(plan, ["setParameter": 1, "wiredTigerEngineRuntimeConfig": .string(value)])
            case (.member, _):
                // If a restart is needed anyway, the router listens at the new address only then.
                if changed.contains(where: { $0.key != name && MongoDBSettingRules.change(of: $0.key) == .restart }) {
                    left.insert(name)
                } else if plan.group == nil {
                    try await becomePrimary(plan)
                } else {
                    // The primary changes the addresses of all members.
                    try await listMembers(plan)
                }
            // The default value is only known after a start.
            case (.parameter, nil), (.profile, nil), (.cache, nil), (.restart, _): left.insert(name)
            }
        }
        return left
    }

    /// Whether the server took a parameter in place. Some parameters need a number, others a text.
    private func set(_ parameter: String, _ value: String, _ plan: ServerPlan) async throws(EngineError) -> Bool {
        try await administer(plan) { connection throws(MongoFault) in
            let known = try connection.run(["getParameter": ["showDetails": true], parameter: 1])
            guard known[parameter]?.document?["settableAtRuntime"]?.isTrue == true else { return false }
            var refusal: MongoFault?
            for form in MongoDBSettingRules.forms(value) {
                do throws(MongoFault) {
                    try connection.run(["setParameter": 1, parameter: form])
                    return true
                } catch {
                    if error.isUnanswered { throw error }
                    refusal = refusal ?? error
                }
            }
            if let refusal { throw refusal }
            return false
        }
    }

    /// Runs on a connection of its own, with timeouts for disks and locks.
    ///
    /// `overIdle`: first tries the idle connection of the probes if there is one, which saves a sign-on of 15 ms. Only
    /// for work that can be repeated: without an answer within a probe's timeout, the work is run again.
    func administer<Value: Sendable>(
        _ plan: ServerPlan, overIdle: Bool = false,
        _ work: @escaping @Sendable (MongoConnection) throws(MongoFault) -> Value
    ) async throws(EngineError) -> Value {
        try await onThread { () throws(MongoFault) in
            if overIdle, let idle = standing(plan, in: connections) {
                do throws(MongoFault) { return try use(idle, of: connections, plan, work) } catch {
                    guard error.isUnanswered else { throw error }
                }
            }
            let connection: MongoConnection
            if let standing = standing(plan, in: administrations) {
                connection = standing
            } else {
                connection = try connect(plan, .administration)
            }
            return try use(connection, of: administrations, plan, work)
        }
    }

    private func use<Value>(
        _ connection: MongoConnection, of pool: MongoConnections, _ plan: ServerPlan,
        _ work: (MongoConnection) throws(MongoFault) -> Value
    ) throws(MongoFault) -> Value {
        let value = try work(connection)
        // A connection is not reused after an error of any kind.
        pool.bringBack(connection, plan.folders.socket)
        return value
    }

    /// The connection kept from the last call, if its server still runs.
    private func standing(_ plan: ServerPlan, in pool: MongoConnections) -> MongoConnection? {
        guard let connection = pool.take(plan.folders.socket) else { return nil }
        // The connection ended with its server: a new connection will show whether another one runs.
        return (try? connection.run(["ping": 1])) == nil ? nil : connection
    }

    func connect(_ plan: ServerPlan, _ patience: MongoConnection.Patience) throws(MongoFault) -> MongoConnection {
        try MongoConnection(
            plan.folders.socket, .system(key: plan.administrationPassword), patience,
            prefersTLS: plan.certificate != nil)
    }

    func onThread<Value: Sendable>(
        _ work: @escaping @Sendable () throws(MongoFault) -> Value
    ) async throws(EngineError) -> Value {
        let result: Result<Value, MongoFault>
        do { result = try await AdministrationThreads.run(work) } catch {
            throw .notReachable("the call was cancelled")
        }
        do throws(MongoFault) { return try result.get() } catch { throw error.engineError }
    }
}
