import Foundation
import RoostModel

// Accounts and switches that somebody changed behind Roost's back.
extension MariaDB {
    package func mendAccounts(_ drift: [AccountDrift], _ plan: ServerPlan) async throws(EngineError) {
        // Whoever signed on as Roost's own account had every right, and left no trace of who it was.
        let endsAll = drift.contains { $0.kind == .ownAccount }
        try await administration.administerOverStanding(plan.address) { connection throws(ClientFault) in
            let mending = MariaDBMending(plan: plan)
            try connection.run("SET SESSION sql_log_bin = 0")
            let gained = try connection.run(mending.gainers).compactMap { $0.first ?? nil }
            for statement in mending.tables + MariaDBAccounts(plan: plan).statements + mending.switches {
                try connection.run(statement)
            }
            // After their rights are gone: a session that is ended earlier could sign on again.
            let sessions = try connection.run(mending.sessions(of: gained, all: endsAll))
            try connection.kill(sessions.compactMap { $0.first ?? nil })
        }
    }
}

/// The statements of a repair. The tables are changed, not granted and revoked from: what was written into them past the
/// server may not be in force yet, and must not come into force on the way. Pure.
struct MariaDBMending {
    let plan: ServerPlan
    /// Of a password that nobody knows.
    var unknownPassword = NativePassword.hash(UUID().uuidString + UUID().uuidString)

    private var facts: MariaDBAccountFacts { MariaDBAccountFacts(plan: plan) }

    /// Names of accounts that have more rights than they should, of those that had and are gone, and of those that were
    /// given a role of that kind.
    var gainers: String {
        [
            "SELECT User FROM mysql.global_priv WHERE \(facts.excess) OR \(facts.shownExcess)",
            "SELECT User FROM mysql.roles_mapping WHERE Role IN "
                + "(SELECT User FROM mysql.global_priv WHERE Host = '' AND \(facts.excess))",
            "SELECT User FROM mysql.db d WHERE \(MariaDBWall.breaches)",
            "SELECT User FROM mysql.tables_priv WHERE \(MariaDBAccountFacts.tableBreaches)",
            "SELECT User FROM mysql.proxies_priv",
            "SELECT User FROM mysql.global_priv WHERE \(facts.passwordless) OR \(facts.shadow)",
            "SELECT USER FROM information_schema.PROCESSLIST p WHERE \(Self.isClients) "
                + "AND NOT EXISTS (SELECT 1 FROM mysql.global_priv g WHERE g.User = p.USER)",
        ].joined(separator: " UNION ")
    }

    /// In force with the flush that follows in the statements of the accounts.
    var tables: [String] {
        [
            "UPDATE mysql.global_priv SET Priv = JSON_SET(Priv, '$.access', "
                + "\(MariaDBAccountFacts.access) & \(MariaDBAccountFacts.Right.harmless)) WHERE \(facts.excess)",
            "DELETE FROM mysql.db WHERE \(MariaDBWall.exactBreaches)",
        ]
            + MariaDBWall.databases.map { database in
                "INSERT IGNORE INTO mysql.db (Host, Db, User) SELECT DISTINCT Host, \(SQLText.literal(database)), '' "
                    + "FROM mysql.db d WHERE User <> '' AND ('mysql' LIKE Db OR 'sys' LIKE Db "
                    + "OR 'performance_schema' LIKE Db) AND Host NOT IN ('', '%', '127.0.0.1')"
            } + [
                "DELETE FROM mysql.tables_priv WHERE \(MariaDBAccountFacts.tableBreaches)",
                "DELETE FROM mysql.proxies_priv",
                "UPDATE mysql.proc SET definer = \(definer) WHERE \(MariaDBAccountFacts.isOwnDefiner)",
                "UPDATE mysql.event SET definer = \(definer) WHERE \(MariaDBAccountFacts.isOwnDefiner)",
                // Not locked: who makes an account and then sets its password finds it usable.
                "UPDATE mysql.global_priv SET Priv = JSON_SET(JSON_REMOVE(Priv, '$.auth_or'), "
                    + "'$.plugin', 'mysql_native_password', '$.authentication_string', "
                    + "\(SQLText.literal(unknownPassword))) WHERE \(facts.passwordless)",
            ]
    }

    private var definer: String { SQLText.literal("\(plan.shownUser)@%") }

    var switches: [String] {
        facts.guarantees.filter { !["server_id", "gtid_domain_id"].contains($0.name) || !plan.profile.isCopy }
            .map { option in
                let value = Int64(option.value) == nil ? SQLText.literal(option.value) : option.value
                return "SET GLOBAL \(option.name) = \(value)"
            }
    }

    /// Roost and its programs come over the socket, clients never do.
    private static let isClients = "HOST LIKE '%:%'"

    func sessions(of names: [String], all: Bool) -> String {
        let list = names.map(SQLText.literal).joined(separator: ", ")
        let whose = all ? "" : names.isEmpty ? " AND FALSE" : " AND USER IN (\(list))"
        return "SELECT ID FROM information_schema.PROCESSLIST WHERE \(Self.isClients)\(whose)"
    }
}
