import Foundation
import RoostModel

// Repair of accounts and switches that somebody changed behind Roost's back.
extension MariaDB {
    package func mendAccounts(_ drift: [AccountDrift], _ plan: ServerPlan) async throws(EngineError) {
        try await administration.administerOverStanding(plan.address) { connection throws(ClientFault) in
            let mending = MariaDBMending(plan: plan)
            try connection.run("SET SESSION sql_log_bin = 0")
            let gained = Set(try connection.run(mending.gainers).compactMap { $0.first ?? nil })
            // A session with Roost's own account had every right, and left no trace of its user. It may have signed
            // on after the probe as well. Rights of the role PUBLIC were rights of every session.
            let touched = try wasTouched(mending, connection)
            let endsAll = touched || gained.contains("PUBLIC") || drift.contains { $0.kind == .ownAccount }
            administration.ownMarks.noteRepair(of: plan.address)
            defer { administration.ownMarks.noteRepair(of: plan.address) }
            // A statement that fails does not stop the others.
            let events = try connection.run(mending.events).compactMap(SQLText.removalOfEvent)
            var fault = try connection.runEach(
                mending.tables + MariaDBAccounts(plan: plan).statements + events + mending.switches)
            let unset = try MariaDBAccountFacts(plan: plan).variables.setBack(
                through: connection, own: administration.ownVariables, of: plan.address)
            fault = fault ?? unset
            if connection.sawOpen, !administration.closed.contains(plan.address) {
                try connection.run("SET GLOBAL read_only = 0")
            }
            // End sessions after their rights are revoked: a session that is ended earlier could sign on again.
            let sessions = try connection.run(mending.sessions(of: gained.sorted(), all: endsAll))
            try connection.kill(sessions.compactMap { $0.first ?? nil })
            // From here on a different mark means another change: the next attempt must not end sessions because of
            // this one.
            connection.ownMark = nil
            if endsAll || !gained.isEmpty { try giveDefinersAway(plan, connection) }
            if let fault { throw fault }
        }
    }

    /// Accounts with excessive rights may have created views and triggers that run as Roost's own account. Probes do
    /// not search for such objects, because that would open every table. They report the objects that could not be
    /// changed.
    private func giveDefinersAway(_ plan: ServerPlan, _ connection: ServerConnection) throws(ClientFault) {
        let own = OwnDefiners(applicationUser: plan.applicationUser, isMariaDB: true)
        administration.leftDefiners.set(try own.mend(connection), of: plan.address)
    }

    /// Gives such objects away when a server is opened whose start had to recreate Roost's own account: the account
    /// was changed by somebody else, or the directory comes from another server. A new service has no objects yet
    /// that could run as anybody.
    func giveDefinersAwayAfterRepair(_ plan: ServerPlan, _ connection: ServerConnection) throws(ClientFault) {
        guard !plan.profile.isCopy else { return }
        let names = (family.systemDatabases ?? []).map(SQLText.literal).joined(separator: ", ")
        let question =
            "SELECT EXISTS (SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN (\(names))) "
            + "AND (\(MariaDBAccountFacts.ownMark)) >= UNIX_TIMESTAMP() - 1 - (SELECT CAST(VARIABLE_VALUE AS UNSIGNED) "
            + "FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'UPTIME')"
        guard try connection.run(question).first?.first == "1" else { return }
        try connection.run("SET SESSION sql_log_bin = 0")
        try giveDefinersAway(plan, connection)
        try connection.run("SET SESSION sql_log_bin = 1")
    }

    private func wasTouched(_ mending: MariaDBMending, _ connection: ServerConnection) throws(ClientFault) -> Bool {
        let mark = try connection.run(MariaDBAccountFacts.ownMark).first?.first ?? nil
        if let before = connection.ownMark, before.text != mark { return true }
        return try connection.run(mending.ownIsRight).first?.first != "1"
    }
}

/// The statements of a repair. They change the tables rather than grant and revoke: rows written into the tables past
/// the server may not be in force yet, and must not come into force during the repair. Pure.
struct MariaDBMending {
    let plan: ServerPlan
    /// The hash of a password that nobody knows.
    var unknownPassword = NativePassword.hash(UUID().uuidString + UUID().uuidString)

    private var facts: MariaDBAccountFacts { MariaDBAccountFacts(plan: plan) }

    /// Query for the names of accounts that have excessive rights, of accounts that are signed on but were dropped,
    /// and of accounts that were granted a role with excessive rights.
    var gainers: String {
        [
            "SELECT User FROM mysql.global_priv WHERE \(facts.excess) OR \(facts.shownExcess)",
            Self.holders(of: "SELECT User FROM mysql.global_priv WHERE Host = '' AND \(facts.excess)"),
            Self.holders(of: "SELECT User FROM mysql.db d WHERE Host = '' AND \(MariaDBWall.breaches)"),
            "SELECT User FROM mysql.db d WHERE \(MariaDBWall.breaches)",
            "SELECT User FROM mysql.tables_priv WHERE \(MariaDBAccountFacts.tableBreaches)",
            "SELECT User FROM mysql.proxies_priv",
            "SELECT User FROM mysql.global_priv WHERE \(facts.passwordless) OR \(facts.shadow)",
            "SELECT USER FROM information_schema.PROCESSLIST p WHERE \(Self.isSignedOn) "
                + "AND NOT EXISTS (SELECT 1 FROM mysql.global_priv g WHERE g.User = p.USER)",
        ].joined(separator: " UNION ")
    }

    /// Accounts that were granted one of these roles, directly or through another role.
    private static func holders(of roles: String) -> String {
        "SELECT name FROM (WITH RECURSIVE holders (name) AS (\(roles) "
            + "UNION SELECT m.User FROM mysql.roles_mapping m JOIN holders h ON m.Role = h.name) "
            + "SELECT name FROM holders) t"
    }

    var ownIsRight: String { "SELECT \(facts.ownIsRight)" }

    /// Statements that come into force with the flush that follows in the statements of the accounts.
    var tables: [String] {
        [
            "UPDATE mysql.global_priv SET Priv = JSON_SET(Priv, '$.access', "
                + "\(MariaDBAccountFacts.access) & \(MariaDBAccountFacts.Right.harmless)) WHERE \(facts.excess)",
            "DELETE FROM mysql.db WHERE \(MariaDBWall.removedBreaches)",
        ]
            + MariaDBWall.databases.map { database in
                "INSERT IGNORE INTO mysql.db (Host, Db, User) SELECT DISTINCT Host, \(SQLText.literal(database)), '' "
                    + "FROM mysql.db d WHERE User <> '' AND ('mysql' LIKE Db OR 'sys' LIKE Db "
                    + "OR 'performance_schema' LIKE Db) AND Host NOT IN ('', '%', '127.0.0.1')"
            } + [
                "DELETE FROM mysql.columns_priv WHERE (Host, Db, User, Table_name) IN (SELECT Host, Db, User, Table_name "
                    + "FROM mysql.tables_priv WHERE \(MariaDBAccountFacts.tableBreaches))",
                "DELETE FROM mysql.tables_priv WHERE \(MariaDBAccountFacts.tableBreaches)",
                "DELETE FROM mysql.proxies_priv",
                "UPDATE mysql.proc SET definer = \(definer) WHERE \(MariaDBAccountFacts.isOwnDefiner)",
                "UPDATE mysql.event SET definer = \(definer) WHERE \(MariaDBAccountFacts.isOwnDefiner)",
                // The account is not locked: if its creator sets a password later, it becomes usable.
                "UPDATE mysql.global_priv SET Priv = JSON_SET(JSON_REMOVE(Priv, '$.auth_or'), "
                    + "'$.plugin', 'mysql_native_password', '$.authentication_string', "
                    + "\(SQLText.literal(unknownPassword))) WHERE \(facts.passwordless)",
            ]
    }

    /// Query for events in the server's own databases.
    var events: String { "SELECT db, name FROM mysql.event WHERE \(MariaDBAccountFacts.isOfServer)" }

    private var definer: String { SQLText.literal("\(plan.applicationUser)@%") }

    var switches: [String] {
        facts.guarantees.filter { !["server_id", "gtid_domain_id"].contains($0.name) || !plan.profile.isCopy }
            .map { option in
                let value = Int64(option.value) == nil ? SQLText.literal(option.value) : option.value
                return "SET GLOBAL \(option.name) = \(value)"
            }
    }

    /// Roost and its programs connect over the socket, clients over TCP. Sessions that have not sent a user name yet
    /// are left alone: the server reads their rights after the name, which is after the repair. The name alone is no
    /// criterion, because an account may have it.
    private static let isSignedOn =
        "HOST LIKE '%:%' AND NOT (USER = 'unauthenticated user' AND COMMAND = 'Connect')"

    func sessions(of names: [String], all: Bool) -> String {
        let list = names.map(SQLText.literal).joined(separator: ", ")
        let whose = all ? "" : names.isEmpty ? " AND FALSE" : " AND USER IN (\(list))"
        return "SELECT ID FROM information_schema.PROCESSLIST WHERE \(Self.isSignedOn)\(whose)"
    }
}
