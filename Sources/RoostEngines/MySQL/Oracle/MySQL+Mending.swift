import Foundation
import RoostModel

// Repair of accounts and switches that somebody changed behind Roost's back.
extension MySQL {
    package func mendAccounts(_ drift: [AccountDrift], _ plan: ServerPlan) async throws(EngineError) {
        let endsAll = drift.contains { $0.kind == .ownAccount }
        try await administration.administerOverStanding(plan.address) { connection throws(ClientFault) in
            try connection.withOwnWrites { () throws(ClientFault) in
                try mend(MySQLMending(plan: plan), endsAll: endsAll, connection)
            }
            if connection.sawOpen, !administration.closed.contains(plan.address) {
                try connection.run("SET GLOBAL read_only = 0")
            }
        }
    }

    private func mend(
        _ mending: MySQLMending, endsAll: Bool, _ connection: ServerConnection
    ) throws(ClientFault) {
        let gainers = try connection.run(mending.gainers).compactMap { $0.first ?? nil }
        let expired = try connection.run(mending.expired)
        let events = try connection.run(MySQLMending.events).compactMap(SQLText.removalOfEvent)
        // A statement that fails does not stop the others.
        var fault = try connection.runEach(mending.tables + expired.compactMap(MySQLMending.renewal) + events)
        do throws(ClientFault) { try Self.makeAccounts(mending.plan, connection) } catch {
            guard !error.isUnanswered else { throw error }
            fault = fault ?? error
        }
        // The tables are in force by now, so accounts that were written into them can be altered.
        let passwordless = try connection.run(mending.passwordless)
        let unrestricted = try connection.run(mending.unrestricted)
        try connection.run("SET SESSION sql_log_bin = 0")
        let rest = try connection.runEach(
            passwordless.compactMap(MySQLMending.renewal) + unrestricted.flatMap(MySQLMending.restriction)
                + mending.switches)
        let sessions = try connection.run(MySQLMending.sessions(of: gainers, all: endsAll))
        try connection.kill(sessions.compactMap { $0.first ?? nil })
        if let fault = fault ?? rest { throw fault }
    }
}

/// The statements of a repair. Where possible they change the tables rather than grant and revoke: that also removes
/// rows of accounts that do not exist. Pure.
struct MySQLMending {
    let plan: ServerPlan

    private var facts: MySQLAccountFacts { MySQLAccountFacts(plan: plan) }

    /// Query for the names of accounts that have excessive rights or no password, and of accounts that were granted a
    /// role of such an account.
    var gainers: String {
        let gainers = [
            "SELECT User FROM mysql.user WHERE \(facts.excess) OR \(facts.unrestricted) OR \(facts.passwordless) "
                + "OR \(facts.shownExcess)",
            "SELECT User FROM mysql.global_grants WHERE \(facts.dynamicExcess)",
            "SELECT User FROM mysql.db WHERE \(MySQLAccountFacts.databaseBreaches)",
            "SELECT User FROM mysql.tables_priv WHERE \(MySQLAccountFacts.tableBreaches)",
            "SELECT TO_USER FROM mysql.role_edges WHERE FROM_USER = \(Self.administrator)",
        ].joined(separator: " UNION ")
        return "WITH RECURSIVE gainers (name) AS (\(gainers) UNION "
            + "SELECT e.TO_USER FROM mysql.role_edges e JOIN gainers g ON e.FROM_USER = g.name) SELECT name FROM gainers"
    }

    /// Query for events in the server's own databases.
    static let events =
        "SELECT EVENT_SCHEMA, EVENT_NAME FROM information_schema.EVENTS WHERE \(MySQLAccountFacts.isEventOfServer)"

    private static let administrator = SQLText.literal(SystemAccounts.administrator)

    /// Statements that come into force with the flush that follows in the statements of the accounts.
    var tables: [String] {
        let nothing = MySQLAccountFacts.columnsOfDatabases
        return [
            "UPDATE mysql.user SET \(Self.none(of: MySQLAccountFacts.excessive)) WHERE \(facts.excess)",
            "DELETE FROM mysql.global_grants WHERE \(facts.dynamicExcess)",
            "DELETE FROM mysql.role_edges WHERE FROM_USER = \(Self.administrator)",
            "DELETE FROM mysql.default_roles WHERE DEFAULT_ROLE_USER = \(Self.administrator)",
            "UPDATE mysql.db SET \(Self.none(of: MySQLAccountFacts.writing)) "
                + "WHERE \(MySQLAccountFacts.databaseBreaches)",
            // The server itself would have removed such a row with its last right.
            "DELETE FROM mysql.db WHERE \(MySQLAccountFacts.isOfServer) "
                + "AND 'Y' NOT IN (\(nothing.joined(separator: ", ")))",
            "DELETE FROM mysql.columns_priv WHERE (Host, Db, User, Table_name) IN (SELECT Host, Db, User, Table_name "
                + "FROM mysql.tables_priv WHERE \(MySQLAccountFacts.tableBreaches))",
            "DELETE FROM mysql.tables_priv WHERE \(MySQLAccountFacts.tableBreaches)",
        ]
    }

    private static func none(of columns: [String]) -> String { columns.map { "\($0) = 'N'" }.joined(separator: ", ") }

    /// Query for which of Roost's own account and the application user have an expired password.
    var expired: String {
        "SELECT User, Host FROM mysql.user WHERE password_expired = 'Y' "
            + "AND (\(MySQLAccountFacts.own) OR \(facts.isShown))"
    }

    var passwordless: String { "SELECT User, Host FROM mysql.user WHERE \(facts.passwordless)" }
    var unrestricted: String { "SELECT User, Host FROM mysql.user WHERE \(facts.unrestricted)" }

    /// Gives an account, a row of the lists above, a password that nobody knows. The account is not locked: if its
    /// creator sets a password later, it becomes usable. Setting the stored password again would leave it expired; a
    /// new password does not.
    static func renewal(of row: [String?]) -> String? {
        account(row).map {
            "ALTER USER \($0) IDENTIFIED WITH caching_sha2_password BY "
                + SQLText.literal(UUID().uuidString + UUID().uuidString)
        }
    }

    /// Revokes rights on the server's own databases from an account that has them through rights on everything.
    static func restriction(of row: [String?]) -> [String] {
        guard let account = account(row) else { return [] }
        return MySQLAccounts.systemDatabases.map {
            "REVOKE IF EXISTS \(MySQLAccounts.withheld(on: $0).joined(separator: ", ")) ON \($0).* "
                + "FROM \(account) IGNORE UNKNOWN USER"
        }
    }

    private static func account(_ row: [String?]) -> String? {
        guard row.count == 2, let name = row[0], let host = row[1] else { return nil }
        return SQLText.account(name, host)
    }

    var switches: [String] {
        facts.guarantees.map { option in
            let value = Int64(option.value) == nil ? SQLText.literal(option.value) : option.value
            return "SET GLOBAL \(option.name) = \(value)"
        }
    }

    /// Roost and its programs connect over the socket, clients over TCP. Sessions that have not sent a user name yet
    /// are left alone: the server reads their rights after the name. The name alone is no criterion, because an
    /// account may have it.
    static func sessions(of names: [String], all: Bool) -> String {
        let list = names.map(SQLText.literal).joined(separator: ", ")
        let whose = all ? "" : names.isEmpty ? " AND FALSE" : " AND USER IN (\(list))"
        return "SELECT ID FROM information_schema.PROCESSLIST WHERE HOST LIKE '%:%' "
            + "AND NOT (USER = 'unauthenticated user' AND COMMAND = 'Connect')\(whose)"
    }
}
