import RoostModel

/// Settings that users may make, and the meaning of the server's messages about them. Pure.
enum RedisSettingRules {
    /// Problems found before the engine is asked, one line each.
    static func refusals(_ config: [String: String], memory: ByteCount) -> [String] {
        let sizing = RedisSizing(memory: memory)
        let refusals = config.sorted { $0.key < $1.key }.compactMap { name, value in
            reason(against: name, value, sizing).map { "\(printable(name)): \($0)" }
        }
        return refusals.isEmpty ? SettingBounds.redis.refusals(config) : refusals
    }

    private static func reason(against name: String, _ value: String, _ sizing: RedisSizing) -> String? {
        guard name.wholeMatch(of: /[a-z][a-z0-9-]{0,63}/) != nil else {
            return "not a setting name; use a-z, 0-9 and -"
        }
        // A line break would begin another setting.
        guard OptionFile.canHold(value) else { return "the value contains a line break or another control character" }
        if let reason = RedisReservedSettings.reason(for: name) { return reason }
        if name == "client-output-buffer-limit" { return outputBuffers(value) }
        guard let most = sizing.most(name), let size = size(value) else { return nil }
        // For this engine 0 means no limit.
        guard (1...most.bytes).contains(size) else {
            return "with \(sizing.memory) of memory it may be 1 to \(most); the rest is for the server itself, "
                + "for connections and for rewriting its log"
        }
        return nil
    }

    /// `normal 0 0 0 replica 256mb 64mb 60`: the unread output allowed to a class of clients, at once and over a time.
    private static func outputBuffers(_ value: String) -> String? {
        let words = value.lowercased().split(separator: " ").map(String.init)
        for start in stride(from: 0, to: words.count - 2, by: 4) where words[start] == "normal" {
            // 0 is no limit.
            let limits = words[(start + 1)...(start + 2)].compactMap(size)
            guard limits.contains(where: { (1..<leastOutput).contains($0) }) else { continue }
            return "'\(printable(value))' locks everyone out, including Roost: answers would not fit; "
                + "write at least 1mb for normal clients, or 0 for no limit"
        }
        return nil
    }

    private static let leastOutput: Int64 = 1 << 20

    /// The engine's own units: `k` is 1000, `kb` 1024. Nil for anything else, which the engine itself refuses.
    private static func size(_ value: String) -> Int64? {
        guard let match = value.lowercased().wholeMatch(of: /([0-9]+)(b|k|kb|m|mb|g|gb)?/) else { return nil }
        let factors: [Substring: Int64] = [
            "": 1, "b": 1, "k": 1000, "kb": 1 << 10, "m": 1_000_000, "mb": 1 << 20, "g": 1_000_000_000, "gb": 1 << 30,
        ]
        guard let number = Int64(match.1), let factor = factors[match.2 ?? ""] else { return .max }
        let (size, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? .max : size
    }

    private static func printable(_ text: String) -> String {
        String(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : Character($0) })
    }

    // MARK: The server's words

    /// A server's verdict on a configuration that it reads and cannot start with.
    enum Verdict: Equatable {
        /// The server would start.
        case taken
        case refused(setting: String, words: String)
        /// The server ended for another reason, which the message may tell.
        case unclear(String)
    }

    /// The output of a server without an address to listen on: it ends by itself once it has accepted the settings.
    ///
    ///     *** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***
    ///     Reading the configuration file, at line 3
    ///     >>> 'maxmemory-policy "bogus"'
    ///     argument(s) must be one of the following: volatile-lru, …
    static func verdict(_ output: String) -> Verdict {
        let lines = output.split(whereSeparator: \.isNewline).map(String.init)
        if let quote = lines.firstIndex(where: { $0.hasPrefix(">>> '") }) {
            let setting = lines[quote].dropFirst(5).prefix { $0 != " " && $0 != "'" }
            let words = lines.dropFirst(quote + 1).first ?? "not accepted"
            return .refused(setting: String(setting).lowercased(), words: words)
        }
        // The server would start with fewer clients.
        if let line = lines.first(where: { $0.contains("maxclients has been reduced") }) {
            return .refused(setting: "maxclients", words: unstamped(line))
        }
        if lines.contains(where: { $0.hasSuffix("Configured to not listen anywhere, exiting.") }) { return .taken }
        return .unclear(lines.last.map(unstamped) ?? "no output")
    }

    /// `28518:M 25 Nov 2026 16:58:06.467 # Words` → `Words`
    static func unstamped(_ line: String) -> String {
        guard let stamp = line.prefixMatch(of: #/\d+:[A-Z] \d+ \w+ \d+ [0-9:.]+ . /#) else { return line }
        return String(line[stamp.range.upperBound...])
    }

    // MARK: In place

    /// Whether a change needs a restart: the setting's files are written at a start.
    static func needsRestart(_ name: String) -> Bool {
        name == "port" || (name.hasPrefix("tls-") && name != "tls-replication")
    }
}
