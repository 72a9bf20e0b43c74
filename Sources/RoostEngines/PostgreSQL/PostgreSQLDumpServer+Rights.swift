import CPostgreSQL
import RoostModel

// Steps that Roost's own account takes for a load with the application user's rights.
extension PostgreSQLDumpServer {
    /// Nil: the statement has to be sent again.
    func help(
        _ rights: PostgreSQLRights, _ refusal: PostgreSQLRepair.Refusal, _ statement: Statement, _ repairs: Int
    ) throws(StatementFault) -> StatementOutcome? {
        guard case .applicationUser(let shown) = loader else { throw fault(refusal) }
        let user = PostgreSQLText.identifier(shown)
        switch rights {
        case .join(let role): try join(role, user, refusal)
        case .membership(let membership): return try give(membership, statement)
        case .setting(let setting): return try set(setting, refusal, statement)
        case .makesExtension(let name, let schema): return try makeExtension(name, in: schema, refusal)
        case .lend(let place, let owner): return try send(statement, lending: place, to: owner, repairs)
        case .triggers(let table, let isOff, let others):
            return try switchTriggers(of: table, isOff: isOff, others, statement, repairs)
        case .replicationRole: try lendReplicationRole()
        case .wrapper(let name):
            guard let found = ["postgres_fdw", "dblink_fdw"].first(where: { name.elementsEqual($0.utf8) }) else {
                throw fault(refusal)
            }
            // The wrapper's own rules keep users without superuser rights from the server's files and accounts.
            try within { inside throws(PostgreSQLFault) in
                try inside.run("GRANT USAGE ON FOREIGN DATA WRAPPER \(found) TO \(user)")
            }
        case .emptyRows:
            refusedRows = fault(refusal)
            return .rows
        }
        return nil
    }

    /// Runs `work` as Roost's own account in the database of the load.
    private func within(_ work: (PostgreSQLConnection) throws(PostgreSQLFault) -> Void) throws(StatementFault) {
        do throws(PostgreSQLFault) {
            try work(try PostgreSQLConnection(plan.address, database: database, .administration))
        } catch { throw StatementFault(message: "\(error.engineError)") }
    }

    private func aside<Value>(_ work: () throws(PostgreSQLFault) -> Value) throws(StatementFault) -> Value {
        do throws(PostgreSQLFault) { return try work() } catch {
            throw StatementFault(message: "\(error.engineError)")
        }
    }

    // MARK: Roles

    /// A query for an existing role of the users': no superuser, and no role of the server's own.
    private static func isPeoples(_ name: String) -> String {
        "SELECT FROM pg_roles WHERE rolname = \(PostgreSQLText.literal(name)) AND NOT rolsuper AND rolname !~ '^pg_' "
            + "AND rolname !~ '\(PostgreSQLFollowers.pattern)'"
    }

    private func join(_ role: [UInt8], _ user: String, _ refusal: PostgreSQLRepair.Refusal) throws(StatementFault) {
        let isDone = try aside { () throws(PostgreSQLFault) in
            let name = try text(role)
            guard try !side.run(Self.isPeoples(name)).isEmpty else { return false }
            try side.run("GRANT \(PostgreSQLText.identifier(name)) TO \(user)")
            return true
        }
        if !isDone { throw fault(refusal) }
        try seeOthers()
    }

    private func give(
        _ membership: PostgreSQLMembership, _ statement: Statement
    ) throws(StatementFault) -> StatementOutcome {
        try aside { () throws(PostgreSQLFault) in
            var (roles, members): ([String], [String]) = ([], [])
            for role in membership.roles {
                let name = try text(role)
                if PostgreSQLMembership.harmless.contains(name) {
                    roles.append(name)
                } else if try !side.run(Self.isPeoples(name)).isEmpty {
                    roles.append(name)
                }
            }
            for member in membership.members {
                let name = try text(member)
                if try !side.run(Self.isPeoples(name)).isEmpty { members.append(name) }
            }
            if roles.count < membership.roles.count || members.count < membership.members.count {
                leaveOut(statement, PostgreSQLRights.membershipNote)
            }
            guard !roles.isEmpty, !members.isEmpty else { return }
            do throws(PostgreSQLFault) { _ = try side.run(membership.statement(roles, members)) } catch {
                // The application user is a member of every role that the dump made: the reverse grant would be a
                // circle.
                guard case .refused(PostgreSQLRights.circle, _) = error else { throw error }
                leaveOut(statement, PostgreSQLRights.membershipNote)
            }
        }
        try seeOthers()
        return .made
    }

    private func set(
        _ setting: PostgreSQLRoleSetting, _ refusal: PostgreSQLRepair.Refusal, _ statement: Statement
    ) throws(StatementFault) -> StatementOutcome {
        let isPeoples = try aside { () throws(PostgreSQLFault) in
            let role = try text(setting.role)
            guard try !side.run(Self.isPeoples(role)).isEmpty else { return false }
            var (names, values): ([String], [String]) = ([], [])
            for name in setting.parameter { names.append(try text(name)) }
            for value in setting.values ?? [] { values.append(try text(value)) }
            let parameter = PostgreSQLText.literal(names.joined(separator: ".").lowercased())
            // Only settings that a session may set for itself. An unknown name is an application's own setting.
            let context = try side.run("SELECT context FROM pg_settings WHERE lower(name) = \(parameter)")
            guard context.allSatisfy({ $0.first == "user" }) else {
                leaveOut(statement, PostgreSQLRights.settingNote)
                return true
            }
            try side.run(
                setting.statement(
                    role, try setting.database.map { name throws(PostgreSQLFault) in try text(name) }, names,
                    setting.values == nil ? nil : values))
            return true
        }
        if !isPeoples { throw fault(refusal) }
        return .made
    }

    // MARK: Extensions

    private func makeExtension(
        _ name: [UInt8], in schema: [UInt8]?, _ refusal: PostgreSQLRepair.Refusal
    ) throws(StatementFault) -> StatementOutcome {
        let name = try aside { () throws(PostgreSQLFault) in try text(name) }
        guard plan.settings.extensions.contains(name) || PostgreSQLExtensions.makesForImports(name) else {
            throw StatementFault(
                message:
                    "\(refusal.text): add '\(name)' to 'extensions' of the service in the build file, push it, and "
                    + "import again")
        }
        try within { inside throws(PostgreSQLFault) in
            let place = try schema.map { schema throws(PostgreSQLFault) in
                " SCHEMA \(PostgreSQLText.identifier(try text(schema)))"
            }
            try inside.run([
                "SET LOCAL search_path = public",
                "CREATE EXTENSION IF NOT EXISTS \(PostgreSQLText.identifier(name))\(place ?? "") CASCADE",
            ])
        }
        try seeOthers()
        return .made
    }

    // MARK: Owners and triggers

    /// A new owner needs the right to create in the place at the moment of the change. The right is granted before it
    /// and revoked afterwards.
    private func send(
        _ statement: Statement, lending place: [UInt8], to owner: [UInt8], _ repairs: Int
    ) throws(StatementFault) -> StatementOutcome {
        func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
        _ = try send(bytes("GRANT CREATE ON ") + place + bytes(" TO ") + owner, statement, repairs: repairs + 1)
        let outcome = try send(statement, repairs: repairs + 1)
        _ = try send(bytes("REVOKE CREATE ON ") + place + bytes(" FROM ") + owner, statement, repairs: repairs + 1)
        return outcome
    }

    /// The server's own triggers check a table's constraints. While they are off for any table, the session runs no
    /// triggers, as on a replica.
    private func switchTriggers(
        of table: [UInt8], isOff: Bool, _ others: [UInt8], _ statement: Statement, _ repairs: Int
    ) throws(StatementFault) -> StatementOutcome {
        let outcome = try send(others, statement, repairs: repairs + 1)
        if isOff {
            try lendReplicationRole()
            unchecked.insert(table)
        } else {
            unchecked.remove(table)
        }
        try execute("SET session_replication_role = \(unchecked.isEmpty ? "origin" : "replica")")
        return outcome
    }

    /// The right is revoked when the load ends.
    private func lendReplicationRole() throws(StatementFault) {
        let user = PostgreSQLText.identifier(plan.applicationUser)
        try aside { () throws(PostgreSQLFault) in
            _ = try side.run("GRANT SET ON PARAMETER session_replication_role TO \(user)")
        }
        try seeOthers()
    }
}
