import Foundation
import RoostModel

// Accounts and switches that somebody changed behind Roost's back.
extension MySQL {
    package func mendAccounts(_ drift: [AccountDrift], _ plan: ServerPlan) async throws(EngineError) {
        let endsAll = drift.contains { $0.kind == .ownAccount }
        try await administration.administerOverStanding(plan.address) { connection throws(ClientFault) in
            let mending = MySQLMending(plan: plan)
            try connection.run("SET SESSION sql_log_bin = 0")
            let gainers = try connection.run(mending.gainers)
            let gained = try connection.run("SELECT User FROM mysql.user WHERE \(mending.shownExcess)")
            let dynamic = try connection.run(MySQLMending.dynamicRights).compactMap { $0.first ?? nil }
            for statement in mending.statements(gainers, dynamic: dynamic) { try connection.run(statement) }
            for row in try connection.run(mending.expired) {
                guard row.count == 2, let name = row[0], let host = row[1] else { continue }
                try connection.run(MySQLMending.renewal(of: SQLText.account(name, host)))
            }
            try Self.makeAccounts(plan, connection)
            for statement in mending.switches { try connection.run(statement) }
            let names = (gainers + gained).compactMap { $0.first ?? nil }
            let sessions = try connection.run(MySQLMending.sessions(of: names, all: endsAll))
            try connection.kill(sessions.compactMap { $0.first ?? nil })
        }
    }
}

/// The statements of a repair. Pure.
struct MySQLMending {
    let plan: ServerPlan

    private var facts: MySQLAccountFacts { MySQLAccountFacts(plan: plan) }

    /// Accounts that have more rights than they should, or no password: the name, the host, and whether it has none.
    var gainers: String {
        [
            "SELECT User, Host, 0 FROM mysql.user WHERE \(facts.excess) OR \(facts.unrestricted)",
            "SELECT User, Host, 0 FROM mysql.global_grants WHERE \(facts.dynamicExcess)",
            "SELECT User, Host, 0 FROM mysql.db WHERE \(MySQLAccountFacts.databaseBreaches)",
            "SELECT User, Host, 0 FROM mysql.tables_priv WHERE \(MySQLAccountFacts.tableBreaches)",
            "SELECT TO_USER, TO_HOST, 0 FROM mysql.role_edges "
                + "WHERE FROM_USER = \(SQLText.literal(SystemAccounts.administrator))",
            "SELECT User, Host, 1 FROM mysql.user WHERE \(facts.passwordless)",
        ].joined(separator: " UNION ")
    }

    var shownExcess: String { facts.shownExcess }

    /// Those of Roost's own account and the application user whose password somebody let expire.
    var expired: String {
        "SELECT User, Host FROM mysql.user WHERE password_expired = 'Y' "
            + "AND (\(MySQLAccountFacts.own) OR \(facts.isShown))"
    }

    /// A stored password that is set again stays expired; one of another text is not. The right one follows.
    static func renewal(of account: String) -> String {
        "ALTER USER \(account) IDENTIFIED WITH caching_sha2_password BY "
            + SQLText.literal(UUID().uuidString + UUID().uuidString)
    }

    static let dynamicRights =
        "SELECT DISTINCT PRIV FROM mysql.global_grants WHERE PRIV NOT IN ("
        + MySQLAccounts.openDynamic.map(SQLText.literal).joined(separator: ", ") + ")"

    func statements(_ gainers: [[String?]], dynamic: [String]) -> [String] {
        let own = SQLText.account(SystemAccounts.administrator, "localhost")
        return gainers.flatMap { row -> [String] in
            guard row.count == 3, let name = row[0], let host = row[1] else { return [] }
            let account = SQLText.account(name, host)
            if row[2] == "1" {
                // Not locked: who makes an account and then sets its password finds it usable.
                return [Self.renewal(of: account)]
            }
            return [
                "REVOKE IF EXISTS \(MySQLAccounts.withheld) ON *.* FROM \(account) IGNORE UNKNOWN USER",
                "REVOKE IF EXISTS \(dynamic.joined(separator: ", ")) ON *.* FROM \(account) IGNORE UNKNOWN USER",
                "REVOKE IF EXISTS \(own) FROM \(account) IGNORE UNKNOWN USER",
            ]
                + MySQLAccounts.systemDatabases.map {
                    "REVOKE IF EXISTS \(MySQLAccounts.withheld(on: $0).joined(separator: ", ")) ON \($0).* "
                        + "FROM \(account) IGNORE UNKNOWN USER"
                }
        } + ["DELETE FROM mysql.tables_priv WHERE \(MySQLAccountFacts.tableBreaches)"]
    }

    var switches: [String] {
        facts.guarantees.map { option in
            let value = Int64(option.value) == nil ? SQLText.literal(option.value) : option.value
            return "SET GLOBAL \(option.name) = \(value)"
        }
    }

    /// Roost and its programs come over the socket, clients never do.
    static func sessions(of names: [String], all: Bool) -> String {
        let list = names.map(SQLText.literal).joined(separator: ", ")
        let whose = all ? "" : names.isEmpty ? " AND FALSE" : " AND USER IN (\(list))"
        return "SELECT ID FROM information_schema.PROCESSLIST WHERE HOST LIKE '%:%'\(whose)"
    }
}
