import RoostModel

/// Setting rules specific to MySQL. Pure.
enum MySQLSettingRules {
    static func refusals(
        _ config: [String: String], memory: ByteCount, hasZone: (String) -> Bool
    ) -> [String] {
        let refusals = SettingRules.refusals(
            config, memory: memory, buffers: MySQLSizing(memory: memory).buffers, hasZone: hasZone)
        guard refusals.isEmpty else { return refusals }
        return config.sorted { $0.key < $1.key }.compactMap { name, value in
            let isEngine = engineNames.contains(SettingText.normalised(name))
            // The server checks these only at its start, and does not start with a wrong one.
            guard isEngine, !engines.contains(value.lowercased()) else { return nil }
            let known = SettingText.normalised(name) == "default_storage_engine" ? "InnoDB" : "InnoDB, MyISAM or MEMORY"
            return "\(name): unknown storage engine '\(SettingText.printable(value))'; write \(known)"
        }
    }

    private static let engineNames: Set = ["default_storage_engine", "default_tmp_storage_engine"]
    private static let engines: Set = ["innodb", "myisam", "memory"]

    /// The complaint about the user's settings in a line of `mysqld --validate-config`. Nil if there is none.
    ///
    /// `2026-11-25T17:03:51.4Z 0 [ERROR] [MY-000067] [Server] unknown variable 'x=1'.` → `unknown variable 'x=1'`
    static func complaint(_ line: String, about names: Set<String>) -> String? {
        var words = line
        if let stamp = words.prefixMatch(of: #/\S+Z \d+ \[(\w+)\] \[MY-\d+\] \[\w+\] /#) {
            guard ["ERROR", "Warning"].contains(stamp.1) else { return nil }
            words.removeSubrange(stamp.range)
        }
        // The prefix `mysqld: `, possibly with the program's path.
        if let program = words.prefixMatch(of: #/(/\S*/)?mysqld: /#) { words.removeSubrange(program.range) }
        if words.hasSuffix(".") { words.removeLast() }
        if words == "Aborting" || words.hasPrefix("Parsing options for plugin") { return nil }
        // The server warns about deprecated settings but accepts them.
        if words.contains(" is deprecated and will be removed") { return nil }
        // After one wrong InnoDB setting the server calls all InnoDB settings unknown, including Roost's.
        if let unknown = words.wholeMatch(of: /unknown variable '([a-z0-9_]+)=.*'/), !names.contains(String(unknown.1))
        {
            return nil
        }
        return words.isEmpty ? nil : words
    }
}

extension SettingsInPlace {
    static let mysql = SettingsInPlace(
        needsRestart: {
            $0 == "require_secure_transport" || $0 == "tls_version" || $0.hasPrefix("ssl_") || $0.hasPrefix("loose_")
        },
        variable: { $0 == "default_time_zone" ? "time_zone" : $0 })
}
