import RoostModel

/// Settings that users may make, in addition to the engine's own checks. Pure.
enum PostgreSQLSettingRules {
    /// The engine ignores case in names: `TimeZone`.
    static func normalised(_ name: String) -> String { name.lowercased() }

    /// Problems found before the engine is asked, one line each.
    static func refusals(_ config: [String: String], memory: ByteCount) -> [String] {
        var refusals: [String] = []
        for (name, value) in config.sorted(by: { $0.key < $1.key }) {
            if let reason = reason(against: name, value) { refusals.append("\(printable(name)): \(reason)") }
        }
        for (name, spellings) in Dictionary(grouping: config.keys, by: normalised) where spellings.count > 1 {
            refusals.append("\(printable(name)): is set twice, in different letter case")
        }
        guard refusals.isEmpty else { return refusals }
        refusals = SettingBounds.postgresql.refusals(config, normalised: normalised)
        return refusals.isEmpty ? tooLarge(config, memory) : refusals
    }

    private static func reason(against name: String, _ value: String) -> String? {
        let name = normalised(name)
        guard name.wholeMatch(of: /[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?/) != nil else {
            return "not a setting name; use letters, digits and _, and one dot in a setting of an extension"
        }
        guard OptionFile.canHold(value) else { return "the value contains a line break or another control character" }
        return PostgreSQLReserved.reason(for: name) ?? outOfBounds(name, value)
    }

    /// Values that the engine parses without complaint and then fails to start with.
    private static func outOfBounds(_ name: String, _ value: String) -> String? {
        switch name {
        case "max_connections":
            guard let count = Int(value), count < leastConnections else { return nil }
            return "\(count) is too few; some are reserved for Roost, so at least \(leastConnections) are needed"
        case "wal_level":
            guard !["replica", PostgreSQLConfiguration.logicalLevel].contains(value.lowercased()) else { return nil }
            return "takes 'replica' (the default) or 'logical', which users who read changes need"
        case "min_wal_size", "max_wal_size":
            // A number without a unit counts megabytes.
            let bytes = Int64(value).map { $0 << 20 } ?? ByteCount(value.filter { !$0.isWhitespace })?.bytes
            guard let bytes, bytes < leastWAL.bytes else { return nil }
            return "'\(value)' is less than two WAL segments, \(leastWAL)"
        default: return nil
        }
    }

    private static let leastConnections = 10
    private static let leastWAL = ByteCount.mebibytes(32)

    /// Buffers that are allocated at the start must leave room for the rest of the server.
    private static func tooLarge(_ config: [String: String], _ memory: ByteCount) -> [String] {
        let sizing = PostgreSQLSizing(memory: memory)
        let own = config.map { Option(normalised($0.key), $0.value) }
        let names = Set(own.map(\.name))
        let use = PostgreSQLSizing.fixedUse(sizing.options.filter { !names.contains($0.name) } + own)
        let least = ByteCount.mebibytes(64)
        // If the user set nothing here, nothing is refused: the family's minimum memory is checked elsewhere.
        guard use.bytes > memory.bytes - least.bytes, use > sizing.sharedBuffers else { return [] }
        return [
            "the buffers would take \(use) of \(memory) of memory, but the server needs another \(least); "
                + "the default for shared_buffers is \(sizing.sharedBuffers)"
        ]
    }

    private static func printable(_ text: String) -> String {
        String(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : Character($0) })
    }
}
