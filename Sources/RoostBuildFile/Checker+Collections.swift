import RoostModel

// Keys that hold a map or a list.
extension Checker {
    /// Longer values are no engine settings; the limit keeps the lines of a generated configuration file short.
    private static let longestSetting = 1024
    private static let longestExtension = 63
    /// Limit of settings, of databases and of extensions.
    private static let mostItems = 1000

    /// Engine settings as they are written. The engine itself is asked later whether it takes them.
    mutating func config(
        _ entry: Entry, _ path: [String], _ rule: TypeRule?
    ) -> (values: [String: String], lines: [String: Int])? {
        guard case .map(let settings) = entry.value.content else {
            return mismatch(
                entry.value, line: entry.line, path,
                expected: "settings by name, such as {max_connections: 200}, or {} for none")
        }
        guard settings.count <= Self.mostItems else {
            return refuse(entry.line, path, "\(settings.count) settings; the limit is \(Self.mostItems)")
        }
        var values: [String: String] = [:]
        var lines: [String: Int] = [:]
        var spellings: [String: String] = [:]
        for setting in settings {
            if noteRoostsOwn(setting, path, rule) { continue }
            guard let value = self.setting(setting, path + [setting.key]) else { continue }
            // The servers of the MySQL family take `max-connections` for `max_connections`, and the last one wins.
            let name = setting.key.replacing("-", with: "_")
            if let other = spellings.updateValue(setting.key, forKey: name) {
                findings.add(setting.line, path + [setting.key], "is the same setting as '\(other)'")
                continue
            }
            values[setting.key] = value
            lines["\(ServiceKey.config.rawValue).\(setting.key)"] = setting.line
        }
        return (values, lines)
    }

    /// Notes settings of dotCloud's MySQL that Roost chooses by itself: they are understood and have no effect.
    private mutating func noteRoostsOwn(_ setting: Entry, _ path: [String], _ rule: TypeRule?) -> Bool {
        guard let rule, [ServiceType.mysql, .mariadb].contains(rule.type), case .text = setting.value.content,
            let reason = Self.roostsOwn[setting.key]
        else { return false }
        notes.append("\(findings.file):\(setting.line): \((path + [setting.key]).joined(separator: ".")): \(reason)")
        return true
    }

    private static let roostsOwn = [
        "mysql_serverid": "Roost assigns a unique id to each server; the key has no effect",
        "mysql_masterslave":
            "Roost chooses the primary and the replicas, as set by 'instances:'; the key has no effect",
    ]

    private mutating func setting(_ entry: Entry, _ path: [String]) -> String? {
        // Names and values become lines of a configuration file, where a newline would begin another setting.
        let isName = entry.key.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
        guard isName, (1...64).contains(entry.key.utf8.count), entry.key.first?.isLetter == true else {
            return refuse(
                entry.line, path,
                "is not a valid setting name; use 1 to 64 letters, digits, _, - and ., starting with a letter")
        }
        switch entry.value.content {
        case .nothing:
            return refuse(entry.line, path, "has no value; leave out the key to use the engine's default")
        case .list, .map, .refused:
            return mismatch(entry.value, line: entry.line, path, expected: "a number, a text, true or false")
        case .text(let text, _):
            guard !text.unicodeScalars.contains(where: isControl) else {
                return refuse(entry.line, path, "a value must be one line without control characters")
            }
            guard text.utf8.count <= Self.longestSetting else {
                return refuse(
                    entry.line, path,
                    "a value can have at most \(Self.longestSetting) bytes; this one has \(text.utf8.count)")
            }
            return text
        }
    }

    mutating func databases(_ entry: Entry, _ path: [String], _ rule: TypeRule?) -> [String]? {
        guard case .list(let items) = entry.value.content else {
            return mismatch(entry.value, line: entry.line, path, expected: "a list of names, such as [wordpress]")
        }
        guard items.count <= Self.mostItems else {
            return refuse(entry.line, path, "\(items.count) databases; the limit is \(Self.mostItems)")
        }
        var names: [String] = []
        for (index, item) in items.enumerated() {
            guard let name = database(item, path + ["\(index)"], rule) else { continue }
            guard !names.contains(name) else {
                findings.add(item.line, path + ["\(index)"], "database '\(name)' is listed twice")
                continue
            }
            // The default database is the service's name.
            let twin = (path.dropLast().suffix(1) + names).first {
                $0 != name && $0.lowercased() == name.lowercased()
            }
            if rule?.names.foldsCase ?? false, let twin {
                findings.add(
                    item.line, path + ["\(index)"],
                    "database '\(name)' differs from '\(twin)' only in case, which this server does not support")
                continue
            }
            names.append(name)
        }
        return names
    }

    private mutating func database(_ item: Value, _ path: [String], _ rule: TypeRule?) -> String? {
        guard case .text(let name, _) = item.content else {
            return mismatch(item, line: item.line, path, expected: "a database name")
        }
        let rules = rule?.names ?? NameRules(ownDatabases: [])
        guard let fault = rules.databaseFault(name) else { return name }
        return refuse(item.line, path, "'\(name.printable)' \(fault)")
    }

    /// Extensions by name. The engine's build is asked later whether it has them.
    mutating func extensions(_ entry: Entry, _ path: [String]) -> [String]? {
        guard case .list(let items) = entry.value.content else {
            return mismatch(entry.value, line: entry.line, path, expected: "a list of names, such as [postgis]")
        }
        guard items.count <= Self.mostItems else {
            return refuse(entry.line, path, "\(items.count) extensions; the limit is \(Self.mostItems)")
        }
        var names: [String] = []
        for (index, item) in items.enumerated() {
            let path = path + ["\(index)"]
            guard case .text(let name, _) = item.content else {
                _ = mismatch(item, line: item.line, path, expected: "an extension name") as String?
                continue
            }
            let isWhole = name.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: "-") }
            if !isWhole || !(1...Self.longestExtension).contains(name.utf8.count)
                || name.utf8.first == UInt8(ascii: "-")
            {
                findings.add(item.line, path, "'\(name.printable)' is not a valid extension name")
            } else if names.contains(name) {
                findings.add(item.line, path, "extension '\(name)' is listed twice")
            } else {
                names.append(name)
            }
        }
        return names
    }

    func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
