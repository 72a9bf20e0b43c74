import RoostModel

/// Setting rules specific to MariaDB. Pure.
enum MariaDBSettingRules {
    static func refusals(
        _ config: [String: String], memory: ByteCount, hasZone: (String) -> Bool
    ) -> [String] {
        SettingRules.refusals(
            config, memory: memory, buffers: MariaDBSizing(memory: memory).buffers, hasZone: hasZone)
    }
}

extension SettingsInPlace {
    static let mariadb = SettingsInPlace(
        needsRestart: { $0 == "require_secure_transport" || $0.hasPrefix("ssl_") || $0.hasPrefix("loose_") },
        variable: {
            switch $0 {
            case "default_time_zone": "time_zone"
            case "transaction_isolation": "tx_isolation"
            case "transaction_read_only": "tx_read_only"
            default: $0
            }
        }, areWatched: true)
}
