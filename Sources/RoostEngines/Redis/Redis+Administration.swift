import RoostModel

// Administration of a running server, as Roost's own account.
extension Redis {
    package func probe(_ server: ServerAddress, expecting expected: AccountExpectation?) async -> Health {
        // `run` throws only if the call is cancelled; a cancelled probe has no result.
        let answer = try? await AdministrationThreads.run { () throws(RedisFault) -> Health in
            try look(server, expected)
        }
        switch answer {
        case .success(let health): return health
        case .failure(let fault):
            let isListening = SocketState(path: server.socket) != .abandoned
            return RedisHealth.read(fault, isListening: isListening)
        case nil: return .unknown("the probe was cancelled")
        }
    }

    private func look(_ server: ServerAddress, _ expected: AccountExpectation?) throws(RedisFault) -> Health {
        let started = ContinuousClock.now
        if let connection = connections.take(server) {
            do {
                return try look(through: connection, server, expected)
            } catch {
                // A connection that a restart of the server, a limit or a CLIENT KILL ended is replaced at once. A
                // connection that timed out is not.
                guard case .unanswered = error, ContinuousClock.now - started < .seconds(1) else { throw error }
            }
        }
        return try look(
            through: try RedisConnection(server, patience: RedisConnection.probePatience), server, expected)
    }

    private func look(
        through connection: RedisConnection, _ server: ServerAddress, _ expected: AccountExpectation?
    ) throws(RedisFault) -> Health {
        let account = try connection.run(["ACL", "GETUSER", RedisAccess.applicationUser])
        let facts = try connection.run(["INFO", "persistence", "replication"])
        let health = RedisHealth.read(account: account, facts: facts)
        guard health == .healthy, let expected else {
            connections.bringBack(connection, server)
            return health
        }
        let drift = try drift(through: connection, expected)
        connections.bringBack(connection, server)
        return drift.isEmpty ? .healthy : .drifted(drift)
    }

    package func open(_ plan: ServerPlan) async throws(EngineError) {
        let data = RedisData(folder: plan.folders.data)
        try await administer(plan.address) { connection throws(EngineError) in
            try noteServed(data, by: connection)
            try asking { () throws(RedisFault) in
                for user in userFiles.list(in: data).users { try connection.run(RedisAccess.added(user)) }
                // The application user comes last: probes take its state for the server's.
                try connection.run(RedisAccess(plan: plan).shown(isOn: true))
            }
        }
    }

    /// Notes in the data directory that a server of this version admits clients to it.
    func noteServed(_ data: RedisData, by connection: RedisConnection) throws(EngineError) {
        let facts = try asking { () throws(RedisFault) in try connection.run(["INFO", "server"]) }
        guard let version = facts.field(flavour.versionField).flatMap(EngineVersion.init) else { return }
        try data.note(version, flavour, isServed: true)
    }

    package func applyAccounts(_ plan: ServerPlan) async throws(EngineError) {
        let data = RedisData(folder: plan.folders.data)
        try await administer(plan.address) { connection throws(EngineError) in
            try asking { () throws(RedisFault) in
                let access = RedisAccess(plan: plan)
                try connection.run(access.administration)
                try applyFollowers(access, connection)
                let account = try connection.run(["ACL", "GETUSER", plan.applicationUser])
                let isOpen = account["flags"]?.list.contains(.text("on")) ?? false
                if isOpen {
                    for user in userFiles.list(in: data).users { try connection.run(RedisAccess.added(user)) }
                }
                // A closed server stays closed.
                try connection.run(access.shown(isOn: isOpen))
                try takeCertificate(plan, connection)
            }
        }
    }

    /// Deletes the account of a member that left, which ends its connection.
    private func applyFollowers(_ access: RedisAccess, _ connection: RedisConnection) throws(RedisFault) {
        for account in access.following { try connection.run(account) }
        for name in try connection.run(["ACL", "USERS"]).list.compactMap(\.text)
        where name.hasPrefix(GroupPlan.Follower.prefix) && !access.isOwn(name) {
            try connection.run(["ACL", "DELUSER", name])
        }
    }

    /// The files may hold a newer certificate. A server that started without TLS uses it at its next start.
    private func takeCertificate(_ plan: ServerPlan, _ connection: RedisConnection) throws(RedisFault) {
        guard plan.certificate != nil, let port = try connection.run(["CONFIG", "GET", "tls-port"])["tls-port"],
            port.text != "0"
        else { return }
        // The server reads the file again although its name stays the same.
        let folder = plan.folders.configuration
        try connection.run([
            "CONFIG", "SET", "tls-cert-file", "\(folder)/\(RedisConfiguration.certificateFile)",
            "tls-key-file", "\(folder)/\(RedisConfiguration.keyFile)",
        ])
    }

    package func applySettings(
        _ changed: [String: String?], plan: ServerPlan
    ) async throws(EngineError) -> Set<String> {
        let inPlace = changed.filter { !RedisSettingRules.needsRestart($0.key) }
        let defaults = try await defaults(of: inPlace.filter { $0.value == nil }.map(\.key), plan)
        let left = try await administer(plan.address) { connection throws(EngineError) in
            try asking { () throws(RedisFault) in
                var left: Set<String> = []
                for (name, value) in inPlace.sorted(by: { $0.key < $1.key }) {
                    guard let value = value ?? defaults[name], try change(name, value, connection) else {
                        left.insert(name)
                        continue
                    }
                }
                return left
            }
        }
        return left.union(changed.keys.filter(RedisSettingRules.needsRestart))
    }

    /// Whether the server took the value in place. The value was checked before, so a refusal depends on the running
    /// process: the setting is fixed at the start, or the value exceeds what the process may have.
    private func change(
        _ name: String, _ value: String, _ connection: RedisConnection
    ) throws(RedisFault) -> Bool {
        do {
            try connection.run(["CONFIG", "SET", name, value])
            return true
        } catch {
            guard error.kind == "ERR" else { throw error }
            return false
        }
    }

    /// The running release's default values. Settings that the server does not report are missing.
    private func defaults(of names: [String], _ plan: ServerPlan) async throws(EngineError) -> [String: String] {
        guard !names.isEmpty else { return [:] }
        let field = flavour.versionField
        let version = try await administer(plan.address) { connection throws(EngineError) in
            try asking { () throws(RedisFault) in try connection.run(["INFO", "server"]).field(field) }
        }
        guard let version = version.flatMap(EngineVersion.init),
            let build = builds().first(where: { $0.identity.version == version })
        else { return [:] }
        return try await RedisDefaults(build: build, flavour: flavour).ask(names)
    }

    /// Runs on a connection of its own.
    ///
    /// `overStanding`: on the idle connection of the probes if there is one, which stays signed on whatever became of
    /// the account.
    func administer<Value: Sendable>(
        _ server: ServerAddress, patience: Duration = RedisConnection.patience, overStanding: Bool = false,
        _ work: @escaping @Sendable (RedisConnection) throws(EngineError) -> Value
    ) async throws(EngineError) -> Value {
        let result: Result<Value, EngineError>
        do {
            result = try await AdministrationThreads.run { () throws(EngineError) -> Value in
                if overStanding, let standing = connections.take(server), standing.isAlive {
                    return try work(standing)
                }
                return try work(try connection(to: server, patience))
            }
        } catch {
            throw .notReachable("the call was cancelled")
        }
        return try result.get()
    }

    private func connection(
        to server: ServerAddress, _ patience: Duration
    ) throws(EngineError) -> RedisConnection {
        do throws(RedisFault) {
            return try RedisConnection(server, patience: patience)
        } catch {
            // Clients hold all connections that the server allows. The idle connection already belongs to Roost.
            guard error.kind == "ERR", let standing = connections.take(server) else { throw error.engineError }
            return standing
        }
    }
}

/// Runs commands, and rethrows the server's refusal.
func asking<Value>(_ work: () throws(RedisFault) -> Value) throws(EngineError) -> Value {
    do { return try work() } catch { throw error.engineError }
}
