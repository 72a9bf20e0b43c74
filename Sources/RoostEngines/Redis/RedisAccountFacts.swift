import RoostModel

/// The desired state of a server's users, and their status as the server reports it. Pure.
///
/// The application user has no command of the categories that change users or settings, so drift comes from a fault of
/// the engine or from somebody with access to Roost's own account.
struct RedisAccountFacts {
    let plan: ServerPlan

    private static let ownUser = "Roost's own account"
    private static func subject(of follower: String) -> String { "the account '\(follower)' of a replica" }
    private var applicationUser: String { "the application user \(plan.applicationUser)" }
    private static let own = ["+@all"]

    /// Settings that a guarantee depends on, with the value that Roost starts the server with.
    private static let switches = ["appendonly", "appendfsync", "no-appendfsync-on-rewrite"]
    static let question = ["CONFIG", "GET"] + switches

    var expectation: AccountExpectation {
        let passwords = [plan.applicationPassword] + (plan.previousPassword.map { [$0] } ?? [])
        let options = RedisConfiguration(plan: plan).options
        let values = Self.switches.compactMap { name in options.first { $0.name == name } }
        return AccountExpectation(
            plan: plan,
            facts: [
                AccountFact(
                    .ownAccount, Self.ownUser,
                    Self.value("on", [RedisAccess.hash(plan.administrationPassword)], Self.own)),
                AccountFact(
                    .applicationUser, applicationUser,
                    Self.value("on", passwords.map(RedisAccess.hash), RedisAccess.rights.filter(Self.isCommand))),
            ]
                + RedisAccess(plan: plan).members.map { member in
                    AccountFact(
                        .rights, Self.subject(of: member.name), Self.value(of: RedisAccess.rules(member.passwords)))
                } + values.map { AccountFact(.guarantee, $0.name, $0.value) })
    }

    /// `lines`: the answer to ACL LIST, one line per user. `added`: users made by Roost, compared with their notes in
    /// the file.
    func seen(lines: [String], added: RedisUserList, settings: RedisAnswer) -> [AccountFact] {
        let users = lines.compactMap { line -> AccountFact? in
            let words = line.split(separator: " ").map(String.init)
            guard words.count > 2, words[0] == "user" else { return nil }
            let name = words[1]
            let value = Self.value(of: Array(words.dropFirst(2)))
            switch name {
            case RedisAccess.administrator: return AccountFact(.ownAccount, Self.ownUser, value)
            case RedisAccess.exporter:
                return Self.isExporter(Array(words.dropFirst(2)))
                    ? nil : AccountFact(.rights, "the account '\(name)' was changed", "")
            case let name where name.hasPrefix(GroupPlan.Follower.prefix):
                return AccountFact(.rights, Self.subject(of: name), value)
            case plan.applicationUser: return AccountFact(.applicationUser, applicationUser, value)
            default:
                guard let user = added[name] else {
                    return AccountFact(.rights, "the account '\(name)' was not created by Roost", "")
                }
                let wanted = Self.value("on", ["#\(user.hash)"], RedisAccess.rights.filter(Self.isCommand))
                return value == wanted ? nil : AccountFact(.rights, "the account '\(name)' was changed", "")
            }
        }
        let names = Set(lines.compactMap { $0.split(separator: " ").dropFirst().first.map(String.init) })
        let missing = added.users.filter { !names.contains($0.name) }.map {
            AccountFact(.rights, "the account '\($0.name)' is missing", "")
        }
        let switches = Self.switches.compactMap { name in
            settings[name]?.text.map { AccountFact(.guarantee, name, $0) }
        }
        return users + missing + switches
    }

    /// A user's rules in canonical order. The server lists commands in another order than it was given, and splits
    /// some; keys and channels are unrestricted for all users.
    private static func value(_ state: String, _ hashes: [String], _ commands: [String]) -> String {
        ([state] + hashes.sorted() + Set(commands.map(folded)).sorted()).joined(separator: " ")
    }

    private static func value(of words: [String]) -> String {
        let state = words.contains("on") ? "on" : "off"
        let extra = words.filter { $0 == "nopass" || $0.hasPrefix("(") || $0.hasPrefix("%") }
        let keys = words.contains("~*") && words.contains("&*") ? [] : ["keys"]
        return value(state, words.filter { $0.hasPrefix("#") } + extra + keys, words.filter(isCommand))
    }

    /// Whether the account is as an export makes it: with one password, without keys, and with an export's rights
    /// only.
    private static func isExporter(_ words: [String]) -> Bool {
        let passwords = words.filter { $0.hasPrefix("#") }
        return passwords.count == 1 && value(of: words) == value("on", passwords + ["keys"], RedisAccess.exportRights)
    }

    private static func isCommand(_ word: String) -> Bool { word.hasPrefix("+") || word.hasPrefix("-") }

    /// `+slowlog|get` → `+slowlog`
    private static func folded(_ command: String) -> String {
        for whole in ["+slowlog", "+latency"] where command.hasPrefix("\(whole)|") { return whole }
        return command
    }
}

// Repair of users and settings that were changed without Roost.
extension Redis {
    package func expectation(_ plan: ServerPlan) -> AccountExpectation? { RedisAccountFacts(plan: plan).expectation }

    func drift(
        through connection: RedisConnection, _ expected: AccountExpectation
    ) throws(RedisFault) -> [AccountDrift] {
        let data = RedisData(folder: expected.plan.folders.data)
        let drift = try compare(connection, expected, userFiles.list(in: data))
        guard !drift.isEmpty else { return [] }
        // Adding or removing a user tells the server and writes the file one after the other, so the comparison is
        // repeated while no change is under way.
        return try userFiles.change(in: data) { list throws(RedisFault) in try compare(connection, expected, list) }
    }

    private func compare(
        _ connection: RedisConnection, _ expected: AccountExpectation, _ added: RedisUserList
    ) throws(RedisFault) -> [AccountDrift] {
        let facts = RedisAccountFacts(plan: expected.plan)
        let lines = try connection.run(["ACL", "LIST"]).list.compactMap(\.text)
        let settings = try connection.run(RedisAccountFacts.question)
        return expected.drift(facts.seen(lines: lines, added: added, settings: settings))
    }

    package func mendAccounts(_ drift: [AccountDrift], _ plan: ServerPlan) async throws(EngineError) {
        let data = RedisData(folder: plan.folders.data)
        let endsAll = drift.contains { $0.kind == .ownAccount }
        try await administer(plan.address, overStanding: true) { connection throws(EngineError) in
            try userFiles.change(in: data) { added throws(EngineError) in
                try asking { () throws(RedisFault) in try mend(connection, plan, added, endsAll: endsAll) }
            }
        }
    }

    private func mend(
        _ connection: RedisConnection, _ plan: ServerPlan, _ added: RedisUserList, endsAll: Bool
    ) throws(RedisFault) {
        let access = RedisAccess(plan: plan)
        try connection.run(access.administration)
        for line in try connection.run(["ACL", "LIST"]).list.compactMap(\.text) {
            guard let name = line.split(separator: " ").dropFirst().first.map(String.init) else { continue }
            if access.isOwn(name) || added[name] != nil { continue }
            // The command ends the user's connections too.
            try connection.run(["ACL", "DELUSER", name])
        }
        for account in access.following { try connection.run(account) }
        for user in added.users { try connection.run(RedisAccess.added(user)) }
        try connection.run(access.shown(isOn: true))
        for fact in RedisAccountFacts(plan: plan).expectation.facts where fact.kind == .guarantee {
            try connection.run(["CONFIG", "SET", fact.subject, fact.value])
        }
        guard endsAll else { return }
        // The current connection stays. Other sessions are ended, also those of Roost's own account, which somebody
        // else may have used.
        for user in [RedisAccess.administrator, plan.applicationUser] + added.users.map(\.name) {
            try connection.run(["CLIENT", "KILL", "USER", user, "SKIPME", "yes"])
        }
    }
}
