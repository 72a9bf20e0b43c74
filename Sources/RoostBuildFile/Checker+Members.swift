import RoostModel

// Rules of `members:`, the settings of single members of a service, and of `verify:`, the schedule of their comparison.
extension Checker {
    private enum MemberKey: String, CaseIterable { case priority, delay, storage }

    /// Members by index. Whether they exist is asked later: the number of instances may stem from `scale`.
    mutating func members(
        _ entry: Entry, _ path: [String], _ rule: TypeRule?
    ) -> (values: [Int: MemberSettings], lines: [String: Int])? {
        guard case .map(let entries) = entry.value.content else {
            return mismatch(
                entry.value, line: entry.line, path,
                expected: "settings by the number of an instance, such as {1: {priority: 0}}, or {} for none")
        }
        var values: [Int: MemberSettings] = [:]
        var lines: [String: Int] = [:]
        for entry in entries {
            let path = path + [entry.key]
            guard let index = memberIndex(entry, path, rule) else { continue }
            guard case .map(let keys) = entry.value.content else {
                _ = mismatch(entry.value, line: entry.line, path, expected: "settings such as {priority: 0}") as Int?
                continue
            }
            var member = MemberSettings()
            for key in keys { set(key, path + [key.key], &member) }
            if let priority = member.priority, priority > 0, member.delaySeconds != nil {
                findings.add(
                    entry.line, path,
                    "a member with a delay is never promoted; leave out 'priority', or set it to 0")
            }
            lines["\(ServiceKey.members.rawValue).\(index)"] = entry.line
            // An empty entry is the same as none.
            if member != MemberSettings() { values[index] = member }
        }
        return (values, lines)
    }

    private mutating func memberIndex(_ entry: Entry, _ path: [String], _ rule: TypeRule?) -> Int? {
        let most = (rule?.mostInstances ?? 1) - 1
        guard let index = Int(entry.key), "\(index)" == entry.key, (0...most).contains(index) else {
            return refuse(
                entry.line, path,
                "'\(entry.key.printable)' is no number of an instance; instances are numbered from 0, up to \(most)")
        }
        return index
    }

    private mutating func set(_ entry: Entry, _ path: [String], _ member: inout MemberSettings) {
        guard let key = MemberKey(rawValue: entry.key) else {
            let words = MemberKey.allCases.map(\.rawValue)
            let near = near(entry.key, words)
            findings.add(entry.line, path, "unknown key\(near); known keys: \(words.joined(separator: ", "))")
            return
        }
        switch key {
        case .priority: member.priority = priority(entry, path)
        case .delay: member.delaySeconds = delay(entry, path)
        case .storage: member.storage = choice(entry, path)
        }
    }

    private mutating func priority(_ entry: Entry, _ path: [String]) -> Int? {
        let range = MemberSettings.priorityRange
        let expected = "a whole number from \(range.lowerBound) (never promoted) to \(range.upperBound)"
        guard let (text, isQuoted) = scalar(entry, path, expected: expected) else { return nil }
        guard !isQuoted, let priority = Int(text), "\(priority)" == text, range.contains(priority) else {
            return refuse(entry.line, path, "expected \(expected); found '\(text.printable)'")
        }
        return priority
    }

    private mutating func delay(_ entry: Entry, _ path: [String]) -> Int? {
        time(entry, path, in: MemberSettings.delayRange, such: "1h")
    }

    // MARK: Comparisons of members

    /// `{every: 24h}`, or `{}` for none.
    mutating func verify(_ entry: Entry, _ path: [String]) -> VerifySettings? {
        guard case .map(let keys) = entry.value.content else {
            return mismatch(entry.value, line: entry.line, path, expected: "{every: 24h}, or {} for no schedule")
        }
        var settings = VerifySettings()
        for key in keys {
            let path = path + [key.key]
            guard key.key == "every" else {
                let near = near(key.key, ["every"])
                findings.add(key.line, path, "unknown key\(near); known keys: every")
                continue
            }
            settings.everySeconds = time(key, path, in: VerifySettings.everyRange, such: "24h")
        }
        return settings
    }

    private mutating func time(
        _ entry: Entry, _ path: [String], in range: ClosedRange<Int>, such example: String
    ) -> Int? {
        let ends = [range.lowerBound, range.upperBound].map(TimeText.text)
        let expected = "a time from \(ends[0]) to \(ends[1]) with s, m, h or d, such as \(example)"
        guard let (text, _) = scalar(entry, path, expected: expected) else { return nil }
        guard let seconds = TimeText.seconds(text), range.contains(seconds) else {
            return refuse(entry.line, path, "expected \(expected); found '\(text.printable)'")
        }
        return seconds
    }
}
