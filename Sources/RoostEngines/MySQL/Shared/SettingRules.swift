import RoostModel

/// Decides which settings users may make for a server of the MySQL family. Pure.
enum SettingRules {
    /// Errors found before the engine is asked, one line each. `hasZone`: whether this host knows a time zone.
    static func refusals(
        _ config: [String: String], memory: ByteCount, buffers: FixedBuffers, hasZone: (String) -> Bool
    ) -> [String] {
        var refusals: [String] = []
        for (name, value) in config.sorted(by: { $0.key < $1.key }) {
            if let reason = reason(against: name, value, hasZone) {
                refusals.append("\(SettingText.printable(name)): \(reason)")
            }
        }
        for (name, spellings) in Dictionary(grouping: config.keys, by: SettingText.normalised)
        where spellings.count > 1 {
            refusals.append("\(SettingText.printable(name)): is set twice, with - and with _")
        }
        guard refusals.isEmpty else { return refusals }
        refusals = SettingBounds.mysqlFamily.refusals(config, normalised: SettingText.normalised)
        return refusals.isEmpty ? buffers.refusals(config, memory: memory) : refusals
    }

    private static func reason(
        against name: String, _ value: String, _ hasZone: (String) -> Bool
    ) -> String? {
        let name = SettingText.normalised(name)
        let isName = name.utf8.allSatisfy {
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
                || $0 == UInt8(ascii: "_")
        }
        guard isName, let first = name.first, first.isLetter else {
            return "not a setting name; use a-z, 0-9 and _"
        }
        guard OptionFile.canHold(value) else { return "the value contains a line break or another control character" }
        if let reason = ReservedSettings.reason(for: name) { return reason }
        if name == "default_time_zone" { return timeZone(value, hasZone) }
        // With another value MySQL does not start on its data, and MariaDB starts but finds no table whose name has a
        // capital letter ("Identifier Case Sensitivity").
        if name == "lower_case_table_names", value != "0" {
            return
                "it is fixed at 0 when the data directory is created: with another value, tables with capitals in "
                + "their names would not be found"
        }
        return nil
    }

    /// The engine checks the time zone only at its start, and does not start with an unknown one.
    private static func timeZone(_ value: String, _ hasZone: (String) -> Bool) -> String? {
        if value == "SYSTEM" || value.wholeMatch(of: /[+-](0?[0-9]|1[0-3]):[0-5][0-9]|\+14:00/) != nil { return nil }
        let isName = value.wholeMatch(of: /[A-Z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*/) != nil
        if isName && hasZone(value) { return nil }
        return "write an offset such as +02:00, a time zone of this machine such as Europe/Paris, or SYSTEM, "
            + "which is UTC"
    }
}

/// Buffers that a server allocates independent of its clients. They must leave memory for the rest of the server.
struct FixedBuffers {
    let names: Set<String>
    /// Memory that the server needs besides the buffers.
    let rest: ByteCount
    /// The sizes that Roost chooses.
    let usual: [Option]

    /// The sum of the buffers in `options`; a value that is no size counts as zero.
    func use(_ options: [Option]) -> ByteCount {
        let sizes = options.filter { names.contains($0.name) }.map { ByteCount($0.value)?.bytes ?? 0 }
        return ByteCount(bytes: sizes.reduce(0) { $0.addingReportingOverflow($1).overflow ? .max : $0 + $1 })
    }

    func refusals(_ config: [String: String], memory: ByteCount) -> [String] {
        let own = config.map { Option(SettingText.normalised($0.key), $0.value) }
        let changed = Set(own.map(\.name))
        let use = use(usual.filter { !changed.contains($0.name) } + own)
        // Refuse only what the user's settings caused: the family's minimum memory is checked elsewhere.
        guard use.bytes > memory.bytes - rest.bytes, use > self.use(usual) else { return [] }
        let pool = usual.first { $0.name == "innodb_buffer_pool_size" }.flatMap { ByteCount($0.value) }
        return [
            "the buffers would take \(use) of \(memory) of memory, but the server needs another \(rest)"
                + (pool.map { "; the default for innodb_buffer_pool_size is \($0)" } ?? "")
        ]
    }
}
