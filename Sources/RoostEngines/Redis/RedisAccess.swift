import Crypto
import RoostModel

/// Who may do what in a server, as rules of its ACL. Pure; passwords appear as hashes alone.
///
/// Where the truth is: Roost's own account and the shown one come from the plan, at each start and with each change.
/// Users that people add are noted in a file of the data directory (`RedisUserList`), so that they travel with it into
/// snapshots, as they do where an engine has tables for them. The server never reads that file and never writes one: it
/// starts from `bootFile`, which knows nobody else and lets only Roost in, and `open` tells it the rest. So what the
/// server's user might write into the data directory gives nobody more than a user's rights, an account cannot outlive
/// its removal by a restart, and a newer Roost's idea of these rights reaches all accounts at the next start.
///
/// `open` tells it the shown user last. That user being on is how a look tells an open server from a closed one; an
/// `open` cut short before it leaves the server closed, and is repeated.
struct RedisAccess {
    static let administrator = "roost_admin"
    /// The account of clients that send a password alone (`AUTH password`, and most libraries given only a password),
    /// and the one that URLs of hosted services name. Another one would lock older clients out.
    static let shownUser = "default"

    let plan: ServerPlan

    /// All keys, all channels, and every command but those that manage the server.
    ///
    /// The category `admin` covers settings, accounts, persistence, replication, modules, DEBUG and SHUTDOWN, also of
    /// newer builds. From it come back what people know from hosted services: looking after connections, the slow log
    /// and latencies, and MONITOR, which shows nothing that the account could not read anyway (passwords and commands
    /// of `admin` are left out by the server). CONFIG does not come back, not even GET, because replication will need a
    /// password among the settings. MIGRATE would let the server connect to whatever it reaches, past every firewall.
    static let rights = [
        "~*", "&*", "+@all", "-@admin", "-migrate", "-restore-asking", "-acl", "+acl|whoami", "+client|kill",
        "+client|list", "+client|unblock", "+slowlog", "+latency", "+lastsave", "+role", "+monitor",
    ]

    /// What the server starts from. The shown user must be named: without a line it would be on, without a password.
    ///
    /// It is off, but not without rights: it is `default`, in whose name Redis 7.0 loads the log, and there EXEC asks for
    /// rights. Without them every transaction and every script of more than one write is lost at a restart, and the
    /// server starts all the same.
    var bootFile: String {
        let administration = ["on", Self.hash(plan.administrationPassword), "~*", "&*", "+@all"]
        return Self.text(
            [
                ["user", Self.administrator] + administration,
                ["user", plan.shownUser, "off", "resetpass", "~*", "&*", "+@all"],
            ] + followers.map { ["user", $0.name] + Self.rules(of: $0) })
    }

    private static func text(_ lines: [[String]]) -> String {
        lines.map { $0.joined(separator: " ") + "\n" }.joined()
    }

    /// Makes Roost's own account right again.
    var administration: [String] {
        Self.setting(Self.administrator, ["on", Self.hash(plan.administrationPassword), "~*", "&*", "+@all"])
    }

    /// Makes the shown account right, and switches it on or leaves it off.
    func shown(isOn: Bool) -> [String] {
        let passwords = [plan.shownPassword] + (plan.previousPassword.map { [$0] } ?? [])
        return Self.setting(plan.shownUser, [isOn ? "on" : "off"] + passwords.map(Self.hash) + Self.rights)
    }

    /// Of `roost export`.
    static let exporter = "roost_export"
    static let exportRights = ["-@all", "+ping", "+replconf", "+sync"]

    static func exporting(_ password: String) -> [String] { setting(exporter, ["on", hash(password)] + exportRights) }

    // MARK: Members of a group

    static let followRights = ["-@all", "+ping", "+replconf", "+psync"]

    private var followers: [GroupPlan.Follower] { plan.group?.followers ?? [] }

    static func rules(of follower: GroupPlan.Follower) -> [String] { ["on", hash(follower.password)] + followRights }

    /// Makes the accounts right that other members follow this server with.
    var following: [[String]] { followers.map { Self.setting($0.name, Self.rules(of: $0)) } }

    /// Whether it is an account that the plan has. One of exports is made anew by the next.
    func isOwn(_ name: String) -> Bool {
        [Self.administrator, plan.shownUser].contains(name) || followers.contains { $0.name == name }
    }

    static func added(_ user: RedisUserList.User) -> [String] {
        setting(user.name, ["on", "#\(user.hash)"] + rights)
    }

    /// From nothing, in one command: at no moment does an account have rights between the old and the new.
    private static func setting(_ name: String, _ rules: [String]) -> [String] {
        ["ACL", "SETUSER", name, "reset"] + rules
    }

    /// `#` and the SHA-256 in hex, as the server itself keeps passwords. They are random and of 128 bits or more, so a
    /// stolen hash opens nothing.
    static func hash(_ password: String) -> String { "#\(digest(password))" }

    static func digest(_ password: String) -> String {
        SHA256.hash(data: password.data).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
