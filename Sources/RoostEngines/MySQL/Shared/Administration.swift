import RoostModel

/// Queries and statements that Roost runs on a server of the MySQL family with its own account.
struct Administration: Sendable {
    let users: UserStatements
    let settings: SettingsInPlace
    let connections = ConnectionCache<ServerConnection>()
    let ownMarks = OwnMarks()
    let ownVariables = OwnVariables()
    let leftDefiners = LeftDefiners()
    let closed = ClosedServers()

    // MARK: Looking

    func probe(_ server: ServerAddress, expecting expected: AccountExpectation?) async -> Health {
        // The only error thrown is that of a cancelled call, which proves nothing about the server.
        let answer = try? await AdministrationThreads.run { () throws(ClientFault) -> Health in
            try look(server, expected)
        }
        switch answer {
        case .success(let health): return health
        case .failure(let fault): return health(fault, server)
        case nil: return .unknown("the probe was cancelled")
        }
    }

    private func look(_ server: ServerAddress, _ expected: AccountExpectation?) throws(ClientFault) -> Health {
        let started = ContinuousClock.now
        if let connection = connections.take(server) {
            do {
                return try look(through: connection, server, expected)
            } catch {
                // A restart of the server closed the connection: sign on again at once. After a timeout, do not
                // retry.
                let waited = ContinuousClock.now - started
                guard ClientFault.Code.serverGone.contains(error.code), waited < .milliseconds(500) else { throw error }
            }
        }
        return try look(through: try ServerConnection(server, .look), server, expected)
    }

    private func look(
        through connection: ServerConnection, _ server: ServerAddress, _ expected: AccountExpectation?
    ) throws(ClientFault) -> Health {
        let isReadOnly = try connection.isReadOnly
        // If this connection saw the server open and Roost did not close it, somebody else did.
        if isReadOnly && !(connection.sawOpen && expected != nil && !closed.contains(server)) {
            connections.bringBack(connection, server)
            return .closed
        }
        connection.sawOpen = true
        guard let expected else {
            connections.bringBack(connection, server)
            return .healthy
        }
        var drift = try drift(through: connection, server, expected)
        if isReadOnly { drift.append(AccountDrift(.setting, "read_only is ON, not OFF")) }
        connections.bringBack(connection, server)
        return drift.isEmpty ? .healthy : .drifted(drift)
    }

    private func drift(
        through connection: ServerConnection, _ server: ServerAddress, _ expected: AccountExpectation
    ) throws(ClientFault) -> [AccountDrift] {
        // Read before the query: a repair that begins in between invalidates the mark of this probe, not of the next.
        let repairs = ownMarks.repairs(of: server)
        let rows: [[String?]]
        do {
            rows = try connection.run(expected.query)
        } catch {
            // The server answers, so it serves, but its own tables are unreadable. No account is known to be right,
            // and Roost has no statement that could repair the tables.
            guard !error.isUnanswered, !error.isRefusal, !error.isExhaustion else { throw error }
            return [
                AccountDrift(
                    .serverDatabase, "the server's own tables cannot be read (error \(error.code): \(error.message))",
                    isMendable: false)
            ]
        }
        var drift = expected.drift(rows.compactMap(AccountFact.init))
        drift += try leftDefiners.drift(server, through: connection)
        if let variables = expected.variables {
            let foreign = try variables.foreign(rows, through: connection, own: ownVariables, of: server)
            drift += foreign.map(variables.drift)
        }
        let mark = rows.first { $0.first == "mark" }?.last ?? nil
        if let before = connection.ownMark, before.repairs == repairs {
            if before.text != mark {
                drift.append(AccountDrift(.ownAccount, "the password of Roost's own account was changed"))
            }
        } else {
            connection.ownMark = OwnMark(text: mark, repairs: repairs)
        }
        return drift
    }

    private func health(_ fault: ClientFault, _ server: ServerAddress) -> Health {
        guard fault.code == ClientFault.Code.cannotConnectToSocket else { return Self.health(fault) }
        switch SocketState(path: server.socket) {
        case .abandoned: return .starting("it is not listening on its socket yet")
        case .listening, .failed: return .unknown(fault.message)
        }
    }

    /// Interprets the error of a server that listens. Pure.
    static func health(_ fault: ClientFault) -> Health {
        if fault.isRefusal {
            return .lockedOut("it refuses Roost's own account (error \(fault.code)), which a restart restores")
        }
        // The server still serves other sessions; whether it accepts new ones is unknown at this moment.
        if fault.isExhaustion { return .crowded("error \(fault.code): \(fault.message)") }
        return fault.isUnanswered ? .unknown(fault.message) : .unhealthy("error \(fault.code): \(fault.message)")
    }

    // MARK: Changing

    /// Runs `work` on a new connection, with timeouts that allow for disks and locks.
    func administer<Value: Sendable>(
        _ server: ServerAddress, _ work: @escaping @Sendable (ServerConnection) throws(ClientFault) -> Value
    ) async throws(EngineError) -> Value {
        let result: Result<Value, ClientFault>
        do {
            result = try await AdministrationThreads.run { () throws(ClientFault) -> Value in
                try work(try connection(to: server))
            }
        } catch {
            throw .notReachable("the call was cancelled")
        }
        do throws(ClientFault) { return try result.get() } catch { throw error.engineError }
    }

    private func connection(to server: ServerAddress) throws(ClientFault) -> ServerConnection {
        do {
            return try ServerConnection(server, .administration)
        } catch {
            // Roost's account was dropped, as an import of all databases does, or all connections are in use. The
            // cached connection still has the account's rights and can restore it.
            guard error.isRefusal || error.isExhaustion, let standing = connections.take(server) else {
                throw error
            }
            return standing
        }
    }

    /// Runs `work` on the probe's cached connection if there is one: it keeps the rights that it signed on with,
    /// whatever happened to the account. After success it is dropped, so that the next probe signs on with the
    /// account as it is then.
    func administerOverStanding(
        _ server: ServerAddress, _ work: @escaping @Sendable (ServerConnection) throws(ClientFault) -> Void
    ) async throws(EngineError) {
        let result: Result<Void, ClientFault>
        do {
            result = try await AdministrationThreads.run { () throws(ClientFault) in
                guard let standing = connections.take(server), standing.isAlive else {
                    return try work(try ServerConnection(server, .administration))
                }
                do throws(ClientFault) { try work(standing) } catch {
                    // Keep the connection: the server may accept no other.
                    if !error.isUnanswered { connections.bringBack(standing, server) }
                    throw error
                }
            }
        } catch {
            throw .notReachable("the call was cancelled")
        }
        do throws(ClientFault) { try result.get() } catch { throw error.engineError }
    }

    func applySettings(_ changed: [String: String?], plan: ServerPlan) async throws(EngineError) -> Set<String> {
        try await administer(plan.address) { connection throws(ClientFault) in
            var left: Set<String> = []
            for (name, value) in changed.sorted(by: { $0.key < $1.key }) {
                if settings.needsRestart(name) {
                    left.insert(name)
                } else if !(try connection.change(settings.variable(name), value)) {
                    left.insert(name)
                } else if settings.areWatched {
                    try ownVariables.note(settings.variable(name), through: connection, of: plan.address)
                }
            }
            return left
        }
    }

    func trimLogs(_ server: ServerAddress, keeping size: ByteCount) async throws(EngineError) {
        try await administer(server) { connection throws(ClientFault) in
            var kept: Int64 = 0
            var oldest: String?
            // Copies have no binary log.
            guard try connection.run("SELECT @@global.log_bin").first?.first == "1" else { return }
            for row in try connection.run("SHOW BINARY LOGS").reversed() {
                guard let name = row[0], let bytes = row[1].flatMap({ Int64($0) }) else { continue }
                kept += bytes
                // The newest log is always kept, whatever its size.
                if oldest == nil || kept <= size.bytes { oldest = name } else { break }
            }
            guard let oldest else { return }
            // The server itself keeps logs that a connected replica still reads.
            try connection.run("PURGE BINARY LOGS TO \(SQLText.literal(oldest))")
        }
    }
}

/// Changes settings of a running server, where the servers of the family differ.
struct SettingsInPlace: Sendable {
    /// Whether a setting must not be changed in place although the server might accept it, because it means something
    /// else at boot or together with other settings.
    let needsRestart: @Sendable (_ name: String) -> Bool
    /// The variable behind an option of another name.
    let variable: @Sendable (_ name: String) -> String
    /// Whether probes look for variables that somebody else set.
    var areWatched = false
}

extension ServerConnection {
    /// Sets a global variable. Returns whether the server took the value in place.
    @discardableResult
    func change(_ variable: String, _ value: String?) throws(ClientFault) -> Bool {
        var forms = value.map(SettingText.literals) ?? ["DEFAULT"]
        while let form = forms.first {
            forms.removeFirst()
            do {
                try run("SET GLOBAL \(variable) = \(form)")
                return true
            } catch {
                switch error.code {
                case ClientFault.Code.readOnlyVariable, ClientFault.Code.unknownVariable: return false
                case ClientFault.Code.wrongArgumentType where !forms.isEmpty: continue
                default: throw error
                }
            }
        }
        return false
    }

    /// Creates only missing databases: the binary log would record even a statement that changes nothing.
    func makeDatabases(_ names: [String]) throws(ClientFault) {
        guard !names.isEmpty else { return }
        let wanted = names.map(SQLText.literal).joined(separator: ", ")
        let rows = try run("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME IN (\(wanted))")
        let standing = Set(rows.compactMap { $0.first ?? nil })
        for name in names where !standing.contains(name) {
            try run("CREATE DATABASE IF NOT EXISTS \(SQLText.identifier(name)) CHARACTER SET utf8mb4")
        }
    }
}
