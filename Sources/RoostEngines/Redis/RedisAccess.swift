import Crypto
import RoostModel

/// The accounts of a server and their rights, as rules of its ACL. Pure; passwords appear only as hashes.
///
/// Source of truth: Roost's own account and the application user come from the plan, at each start and with each
/// change. Users that were added are noted in a file of the data directory (`RedisUserList`), so that they travel with
/// it into snapshots, as they do in an engine that has tables for them. The server never reads or writes that file: it
/// starts from `bootFile`, which admits only Roost, and `open` tells it the rest. So a file written by the server's
/// user gives nobody more than a user's rights, a restart cannot revive a removed account, and a newer Roost's
/// definition of these rights reaches all accounts at the next start.
///
/// `open` enables the application user last. A probe tells an open server from a closed one by that user's state; an
/// interrupted `open` leaves the server closed, and is repeated.
struct RedisAccess {
    static let administrator = "roost_admin"
    /// The account of clients that send only a password (`AUTH password`, and most libraries given only a password),
    /// and the account that URLs of hosted services name. Another name would lock older clients out.
    static let applicationUser = "default"

    let plan: ServerPlan

    /// All keys, all channels, and every command except those that manage the server.
    ///
    /// The category `admin` covers settings, accounts, persistence, replication, modules, DEBUG and SHUTDOWN, also of
    /// newer releases. Commands that users know from hosted services are allowed again: connections, the slow log and
    /// latencies, and MONITOR, which shows only what the account could read anyway (the server leaves out passwords
    /// and commands of `admin`). CONFIG stays forbidden, even GET, because replication will need a password among the
    /// settings. MIGRATE would let the server connect to any host it reaches, past every firewall.
    static let rights = [
        "~*", "&*", "+@all", "-@admin", "-migrate", "-restore-asking", "-acl", "+acl|whoami", "+client|kill",
        "+client|list", "+client|unblock", "+slowlog", "+latency", "+lastsave", "+role", "+monitor",
    ]

    /// The ACL file that the server starts from. The application user must be named: without a line it would be
    /// enabled, without a password.
    ///
    /// The user is disabled but has its rights: it is `default`, the user for which Redis 7.0 loads the log, and there
    /// EXEC checks rights. Without them every transaction and every script of more than one write would be lost at a
    /// restart, and the server would start all the same.
    var bootFile: String {
        let administration = ["on", Self.hash(plan.administrationPassword), "~*", "&*", "+@all"]
        return Self.text(
            [
                ["user", Self.administrator] + administration,
                ["user", plan.applicationUser, "off", "resetpass", "~*", "&*", "+@all"],
            ] + members.map { ["user", $0.name] + Self.rules($0.passwords) })
    }

    private static func text(_ lines: [[String]]) -> String {
        lines.map { $0.joined(separator: " ") + "\n" }.joined()
    }

    /// Restores Roost's own account.
    var administration: [String] {
        Self.setting(Self.administrator, ["on", Self.hash(plan.administrationPassword), "~*", "&*", "+@all"])
    }

    /// Restores the application user, enabled or disabled.
    func shown(isOn: Bool) -> [String] {
        let passwords = [plan.applicationPassword] + (plan.previousPassword.map { [$0] } ?? [])
        return Self.setting(plan.applicationUser, [isOn ? "on" : "off"] + passwords.map(Self.hash) + Self.rights)
    }

    /// The account of `roost export`.
    static let exporter = "roost_export"
    static let exportRights = ["-@all", "+ping", "+replconf", "+sync"]

    static func exporting(_ password: String) -> [String] { setting(exporter, ["on", hash(password)] + exportRights) }

    // MARK: Members of a group

    static let followRights = ["-@all", "+ping", "+replconf", "+psync"]

    /// An account with which a member follows this server.
    struct Member {
        let name: String
        let passwords: [String]
    }

    /// The accounts, one for each member. While new passwords come into effect an account has two: connections stay,
    /// and a replica that connects again may use either.
    var members: [Member] {
        let followers = plan.group?.followers ?? []
        return Set(followers.map(\.memberName)).sorted().map { name in
            Member(name: name, passwords: followers.filter { $0.memberName == name }.map(\.password))
        }
    }

    static func rules(_ passwords: [String]) -> [String] { ["on"] + passwords.map(hash) + followRights }

    /// Restores the accounts with which other members follow this server. A connection that was made before stays.
    var following: [[String]] { members.map { Self.setting($0.name, Self.rules($0.passwords)) } }

    /// Whether the plan contains the account. An export's account is not in the plan: the next export creates it anew.
    func isOwn(_ name: String) -> Bool {
        [Self.administrator, plan.applicationUser].contains(name) || members.contains { $0.name == name }
    }

    static func added(_ user: RedisUserList.User) -> [String] {
        setting(user.name, ["on", "#\(user.hash)"] + rights)
    }

    /// Resets and sets the account in one command: there is no moment with rights between the old and the new ones.
    private static func setting(_ name: String, _ rules: [String]) -> [String] {
        ["ACL", "SETUSER", name, "reset"] + rules
    }

    /// `#` and the SHA-256 in hex, the form in which the server itself stores passwords. Passwords are random with 128
    /// bits or more, so a stolen hash reveals nothing.
    static func hash(_ password: String) -> String { "#\(digest(password))" }

    static func digest(_ password: String) -> String {
        SHA256.hash(data: password.data).hexadecimal
    }
}
