import RoostModel

// Users besides Roost's own account.
extension PostgreSQL {
    package func users(_ plan: ServerPlan) async throws(EngineError) -> [EngineUser] {
        try await administer(plan.address) { connection throws(PostgreSQLFault) in
            try connection.run(PostgreSQLUsers.list).compactMap { $0.first ?? nil }
                .map { EngineUser(name: $0, isShown: $0 == plan.applicationUser) }
        }
    }

    package func addUser(_ name: String, password: String, plan: ServerPlan) async throws(EngineError) {
        try refuseReserved(name, plan)
        let exists = try await administer(plan.address) { connection throws(PostgreSQLFault) in
            guard try connection.run(PostgreSQLUsers.look(for: name)).isEmpty else { return true }
            if plan.changeReaders.contains(name) { try refuseReader(connection) }
            let verifier = try connection.verifier(of: password, role: name)
            try connection.run(PostgreSQLUsers.create(name, verifier: verifier, plan: plan))
            for database in plan.databases {
                let inside = try PostgreSQLConnection(plan.address, database: database, .administration)
                let schemas = try inside.run(PostgreSQLUsers.schemas).compactMap { $0.first ?? nil }
                try inside.run(PostgreSQLUsers.grants(name, schemas: schemas, applicationUser: plan.applicationUser))
            }
            return false
        }
        if exists { throw .userExists(name) }
    }

    package func removeUser(_ name: String, plan: ServerPlan) async throws(EngineError) {
        try refuseReserved(name, plan)
        let existed = try await administer(plan.address) { connection throws(PostgreSQLFault) in
            guard !(try connection.run(PostgreSQLUsers.look(for: name)).isEmpty) else { return false }
            for statement in PostgreSQLUsers.shutOut(name) { try connection.run(statement) }
            if plan.changeReaders == [name] { try dropReaderSlots(connection) }
            // A role's objects are recorded only in the database that holds them.
            for database in try connection.run(PostgreSQLUsers.reachable).compactMap({ $0.first ?? nil }) {
                let inside = try PostgreSQLConnection(plan.address, database: database, .administration)
                try inside.run(PostgreSQLUsers.release(name, to: plan.applicationUser))
            }
            try connection.run(PostgreSQLUsers.drop(name))
            return true
        }
        if !existed { throw .userUnknown(name) }
    }

    private func refuseReserved(_ name: String, _ plan: ServerPlan) throws(EngineError) {
        // PostgreSQL reserves the prefix `pg_` and the names `public` and `none`.
        let isReserved =
            name.hasPrefix("pg_") || name.hasPrefix(GroupPlan.Follower.prefix)
            || ["public", "none", PostgreSQLAccounts.administrator].contains(name)
        if isReserved || name == plan.applicationUser { throw .userReserved(name) }
    }
}
