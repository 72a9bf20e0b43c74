import RoostModel

extension ServiceSettings {
    /// Fields that differ between these settings and others, in the build file's words and order.
    func changes(to new: ServiceSettings) -> [ServiceChange.Field] {
        var fields: [ServiceChange.Field] = []
        func compare(_ key: String, _ from: String?, _ to: String?) {
            if from != to { fields.append(ServiceChange.Field(key: key, from: from, to: to)) }
        }
        compare("instances", "\(instances)", "\(new.instances)")
        compare("memory", "\(memory)", "\(new.memory)")
        compare("cpus", cpus.map(Self.text), new.cpus.map(Self.text))
        compare("durability", durability.rawValue, new.durability.rawValue)
        compare("max_loss", maxLossSeconds.map { "\($0)s" }, new.maxLossSeconds.map { "\($0)s" })
        compare("routing", routing.rawValue, new.routing.rawValue)
        for name in Set(config.keys).union(new.config.keys).sorted() {
            compare("config.\(name)", config[name], new.config[name])
        }
        compare("databases", Self.list(databases), Self.list(new.databases))
        compare("extensions", Self.list(extensions), Self.list(new.extensions))
        compare("expose", expose.rawValue, new.expose.rawValue)
        compare("accounts", accounts.rawValue, new.accounts.rawValue)
        for index in Set((members ?? [:]).keys).union((new.members ?? [:]).keys).sorted() {
            for (from, to) in zip(member(index).fields(index), new.member(index).fields(index)) {
                compare(from.key, from.text, to.text)
            }
        }
        compare("verify.every", Self.time(verify), Self.time(new.verify))
        if notify != new.notify { fields.append(Self.notifyField(notify, new.notify)) }
        if let program = new.custom { fields += (custom ?? CustomSettings(processes: [])).changes(to: program) }
        return fields
    }

    /// Fields of a service that is about to be created: all settings that will apply, except limits that are not set.
    var asCreated: [ServiceChange.Field] {
        var fields = [
            ("instances", "\(instances)"), ("memory", "\(memory)"), ("durability", durability.rawValue),
            ("routing", routing.rawValue), ("expose", expose.rawValue), ("accounts", accounts.rawValue),
        ]
        // A custom service cannot choose these settings.
        if custom != nil { fields.removeAll { ["durability", "routing", "expose", "accounts"].contains($0.0) } }
        if let cpus { fields.insert(("cpus", Self.text(cpus)), at: 2) }
        if let maxLossSeconds, let place = fields.firstIndex(where: { $0.0 == "routing" }) {
            fields.insert(("max_loss", "\(maxLossSeconds)s"), at: place)
        }
        fields += config.sorted { $0.key < $1.key }.map { ("config.\($0.key)", $0.value) }
        if let names = Self.list(databases) { fields.append(("databases", names)) }
        if let names = Self.list(extensions) { fields.append(("extensions", names)) }
        for (index, member) in (members ?? [:]).sorted(by: { $0.key < $1.key }) {
            fields += member.fields(index).compactMap { key, text in text.map { (key, $0) } }
        }
        if let every = Self.time(verify) { fields.append(("verify.every", every)) }
        return fields.map { ServiceChange.Field(key: $0.0, from: nil, to: $0.1) }
            + (notify.map { [Self.notifyField(nil, $0)] } ?? [])
            + (custom.map { CustomSettings(processes: []).changes(to: $0) } ?? [])
    }

    /// Paths and queries of the addresses are not shown: they are often secrets.
    private static func notifyField(_ from: [WebhookURL]?, _ to: [WebhookURL]?) -> ServiceChange.Field {
        func text(_ urls: [WebhookURL]?) -> String? { list((urls ?? []).map(\.origin)) }
        let isSameText = text(from) == text(to)
        return ServiceChange.Field(
            key: "notify", from: text(from), to: text(to).map { isSameText ? "\($0) (changed)" : $0 })
    }

    private static func time(_ verify: VerifySettings?) -> String? { verify?.everySeconds.map(TimeText.text) }

    /// Number of cores as users type it: `2`, `0.5`.
    private static func text(_ cpus: Double) -> String {
        Int(exactly: cpus).map { "\($0)" } ?? "\(cpus)"
    }

    private static func list(_ names: [String]) -> String? {
        names.isEmpty ? nil : names.joined(separator: ", ")
    }
}

extension MemberSettings {
    /// The settings of the member with this index in the build file's words: `members.2.delay`, `1h`.
    fileprivate func fields(_ index: Int) -> [(key: String, text: String?)] {
        [
            ("members.\(index).priority", priority.map { "\($0)" }),
            ("members.\(index).delay", delaySeconds.map(TimeText.text)),
            ("members.\(index).storage", storage?.rawValue),
        ]
    }
}

extension CustomSettings {
    /// Same as `ServiceSettings.changes(to:)`. Values of variables are not shown: they may be secrets.
    fileprivate func changes(to new: CustomSettings) -> [ServiceChange.Field] {
        var fields: [ServiceChange.Field] = []
        func compare(_ key: String, _ from: String?, _ to: String?) {
            if from != to { fields.append(ServiceChange.Field(key: key, from: from, to: to)) }
        }
        func compareAll(_ key: String, _ from: [(PartName, String)], _ to: [(PartName, String)]) {
            for name in Set(from.map(\.0)).union(to.map(\.0)).sorted() {
                compare("\(key).\(name)", from.first { $0.0 == name }?.1, to.first { $0.0 == name }?.1)
            }
        }
        compare("approot", approot == "." ? nil : approot, new.approot == "." ? nil : new.approot)
        compare("buildscript", buildscript, new.buildscript)
        compare("systempackages", Self.list(systemPackages), Self.list(new.systemPackages))
        compare("postinstall", postinstall, new.postinstall)
        compareAll(
            "processes", processes.map { ($0.name, $0.command) }, new.processes.map { ($0.name, $0.command) })
        compareAll("ports", ports.map { ($0.name, $0.kind.rawValue) }, new.ports.map { ($0.name, $0.kind.rawValue) })
        for name in Set(environment.keys).union(new.environment.keys).sorted()
        where environment[name] != new.environment[name] {
            let from = environment[name].map { _ in "set" }
            let to = new.environment[name].map { _ in from == nil ? "set" : "changed" }
            fields.append(ServiceChange.Field(key: "environment.\(name)", from: from, to: to))
        }
        compare(
            "DOTCLOUD_ variables", hasDotcloudVariables == true ? "set" : nil,
            new.hasDotcloudVariables == true ? "set" : nil)
        compare("image", image?.short, new.image?.short)
        return fields
    }

    private static func list(_ names: [String]) -> String? {
        names.isEmpty ? nil : names.joined(separator: ", ")
    }
}
