import Foundation
import RoostModel

// Administration of a running server, as Roost's own account.
extension PostgreSQL {
    // MARK: Looking

    package func probe(_ server: ServerAddress, expecting expected: AccountExpectation?) async -> Health {
        // `run` throws only if the call is cancelled; a cancelled probe has no result.
        let answer = try? await AdministrationThreads.run { () throws(PostgreSQLFault) -> Health in
            look(server, expected)
        }
        switch answer {
        case .success(let health): return health
        case .failure(let fault): return .unknown("\(fault)")
        case nil: return .unknown("the probe was cancelled")
        }
    }

    private func look(_ server: ServerAddress, _ expected: AccountExpectation?) -> Health {
        if let connection = connections.take(server) {
            do {
                return try look(server, connection, expected)
            } catch {
                // A restart of the server ended the idle connection: open a new one at once.
                guard case .notConnected = error else { return health(error, server) }
            }
        }
        // A starting server writes its status to its pid file. A connection attempt would add a line to its log each
        // time.
        let text = FolderEntry.text("\(server.data)/\(PostmasterFile.name)", atMost: 4096)
        if let reason = PostmasterFile.reasonToWait(text) { return .starting(reason) }
        do {
            return try look(server, try PostgreSQLConnection(server, .look), expected)
        } catch {
            return health(error, server)
        }
    }

    private func look(
        _ server: ServerAddress, _ connection: PostgreSQLConnection, _ expected: AccountExpectation?
    ) throws(PostgreSQLFault) -> Health {
        guard try connection.takesWrites else {
            connections.bringBack(connection, server)
            return .closed
        }
        let drift =
            try expected.map { expected throws(PostgreSQLFault) in
                try self.drift(through: connection, expected)
            } ?? []
        connections.bringBack(connection, server)
        return drift.isEmpty ? .healthy : .drifted(drift)
    }

    private func health(_ fault: PostgreSQLFault, _ server: ServerAddress) -> Health {
        switch fault {
        case .silent: return .unknown("it does not answer")
        case .refused(let state, let message): return .unhealthy("error \(state): \(message)")
        case .notConnected(let message):
            switch SocketState(path: PostgreSQLConnection.socket(of: server)) {
            case .abandoned: return .starting("it is not listening on its socket yet")
            case .failed: return .unknown(message)
            case .listening:
                return PostgreSQLConnection.isStartingOrStopping(server) ? .starting(message) : .unhealthy(message)
            }
        }
    }

    // MARK: Opening and accounts

    package func open(_ plan: ServerPlan) async throws(EngineError) {
        // The creation of a service waits for this step. A probe succeeded just before; reusing its connection saves
        // the start of a session.
        try await administer(plan.address, overIdle: true) { connection throws(PostgreSQLFault) in
            // A replica has accounts and databases of its primary.
            if try !connection.isStandby {
                try setUp(plan, connection)
                try takeOverRemains(plan, connection)
                if plan.profile.isCopy { try stopSubscriptions(plan.address, connection, dropping: false) }
            }
            try load(plan, .open(requiresTLS: plan.certificate != nil), connection)
        }
    }

    package func applyAccounts(_ plan: ServerPlan) async throws(EngineError) {
        try await administer(plan.address) { connection throws(PostgreSQLFault) in
            // Databases are created on the primary; a closed server gets its accounts when it is opened.
            guard try connection.isOpen else { return }
            if try !connection.isStandby {
                try setUp(plan, connection)
                try takeOverRemains(plan, connection)
            }
            // The files may hold a newer certificate, which can change the rules.
            try load(plan, .open(requiresTLS: plan.certificate != nil), connection)
        }
    }

    func setUp(_ plan: ServerPlan, _ connection: PostgreSQLConnection) throws(PostgreSQLFault) {
        try connection.waitForNoReplica(plan)
        let accounts = PostgreSQLAccounts(
            applicationUser: plan.applicationUser,
            verifier: try connection.verifier(of: plan.applicationPassword, role: plan.applicationUser),
            major: connection.major, isManaged: plan.settings.accounts == .managed)
        let exists = !(try connection.run(PostgreSQLUsers.look(for: plan.applicationUser)).isEmpty)
        let standing = try connection.run(PostgreSQLDatabase.list).compactMap(PostgreSQLDatabase.init)
        let changes = PostgreSQLDatabase.changes(
            wanted: plan.databases, owner: plan.applicationUser, standing: standing)
        let roles = accounts.statements(exists: exists)
        if !exists, changes.creations.isEmpty {
            // The creation of a service waits for this step, and each transaction costs a flush of the disk: use one
            // transaction.
            try connection.run(roles + changes.others)
        } else {
            // Roles first: a changed password is in force even if creating a database fails.
            try connection.run(roles)
            for statement in changes.creations { try connection.run(statement) }
            try connection.run(changes.others)
        }
        try setUpFollowers(plan, connection)
        try connection.run(PostgreSQLReaders(plan).statements)
        let extensions = PostgreSQLExtensions.used(plan)
        guard !extensions.isEmpty else { return }
        for database in plan.databases {
            try makeExtensions(
                PostgreSQLExtensions.wanted(extensions, isDefault: database == plan.databases.first),
                in: database, of: plan)
        }
    }

    private func makeExtensions(
        _ names: [String], in database: String, of plan: ServerPlan
    ) throws(PostgreSQLFault) {
        let connection = try PostgreSQLConnection(plan.address, database: database, .administration)
        try connection.waitForNoReplica(plan)
        let standing = Set(try connection.run("SELECT extname FROM pg_extension").compactMap { $0.first ?? nil })
        for name in names where !standing.contains(name) {
            try connection.run(PostgreSQLExtensions.create(name))
        }
    }

    package func trimLogs(_ server: ServerAddress, keeping size: ByteCount) async throws(EngineError) {
        // No work is needed: checkpoints recycle the log by `max_wal_size`, and slots of absent replicas keep at most
        // `max_slot_wal_keep_size`.
    }

    // MARK: Private

    /// Runs on a new connection, with timeouts for disks and locks. `overIdle`: reuses the idle connection of the
    /// probes if there is one. Only for work that can be repeated: an idle connection may turn out to have ended.
    func administer<Value: Sendable>(
        _ server: ServerAddress, overIdle: Bool = false,
        _ work: @escaping @Sendable (PostgreSQLConnection) throws(PostgreSQLFault) -> Value
    ) async throws(EngineError) -> Value {
        let result: Result<Value, PostgreSQLFault>
        do {
            result = try await AdministrationThreads.run { () throws(PostgreSQLFault) -> Value in
                guard overIdle, let idle = connections.take(server) else {
                    return try work(try PostgreSQLConnection(server, .administration))
                }
                idle.patience = .administration
                let value = try work(idle)
                idle.patience = .look
                connections.bringBack(idle, server)
                return value
            }
        } catch {
            throw .notReachable("the call was cancelled")
        }
        do throws(PostgreSQLFault) { return try result.get() } catch { throw error.engineError }
    }
}

/// The file in which a postmaster writes its status. Pure.
enum PostmasterFile {
    static let name = "postmaster.pid"
    /// Index of the status line, from 0; see "pidfile.h" of the server's sources.
    private static let statusLine = 7

    /// The reason not to connect to the server yet. Nil if the server takes connections, or if its status is unknown.
    static func reasonToWait(_ text: String?) -> String? {
        guard let text else { return "it has not started yet" }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count > statusLine else { return "it is not listening yet" }
        switch lines[statusLine].trimmingCharacters(in: .whitespaces) {
        case "starting": return "it is starting or recovering"
        case "stopping": return "it is shutting down"
        case "": return "it is not listening yet"
        default: return nil
        }
    }
}
