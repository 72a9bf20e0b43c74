import RoostModel

// Rules of single keys. Each check returns nil after an error.
extension Checker {
    mutating func version(_ entry: Entry, _ path: [String], _ rule: TypeRule?) -> EngineVersion? {
        guard let (text, _) = scalar(entry, path, expected: "a version, such as \"10.11\"") else { return nil }
        guard let version = EngineVersion(text) else {
            return refuse(
                entry.line, path,
                "'\(text.printable)' is not a valid version; use numbers and dots, such as \"10.11\"\(installed(rule))")
        }
        guard let rule, !rule.versions.contains(where: { $0.matches(version) }) else { return version }
        return refuse(
            entry.line, path, "no engine of version \(version) is installed for type '\(rule.type)'\(installed(rule))")
    }

    private func installed(_ rule: TypeRule?) -> String {
        guard let rule else { return "" }
        let versions = Set(rule.versions).sorted(by: >).map(\.description).joined(separator: ", ")
        return versions.isEmpty ? "; none is installed, see 'roost engine ls'" : "; installed versions: \(versions)"
    }

    mutating func instances(_ entry: Entry, _ path: [String], _ rule: TypeRule?) -> Int? {
        guard let text = number(entry, path, expected: "a whole number, such as 1") else { return nil }
        guard let count = Int(text), text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else {
            return refuse(entry.line, path, "expected a whole number, such as 1; found '\(text.printable)'")
        }
        guard count >= 1 else { return refuse(entry.line, path, "a service needs at least 1 instance") }
        let most = rule?.mostInstances ?? 1
        guard count == 1 || most > 1 else {
            let type = rule.map { " of type '\($0.type)'" } ?? ""
            return refuse(entry.line, path, "more than 1 instance\(type) is not supported yet; use 1")
        }
        guard count <= most else { return refuse(entry.line, path, "a service can have at most \(most) instances") }
        if rule?.needsOddInstances ?? false, let fault = EngineFamily.evenFault(count) {
            return refuse(entry.line, path, fault)
        }
        return count
    }

    mutating func memory(_ entry: Entry, _ path: [String], _ rule: TypeRule?) -> ByteCount? {
        guard let (text, _) = scalar(entry, path, expected: "an amount of memory, such as 512M or 1G") else {
            return nil
        }
        guard let memory = ByteCount(text) else {
            return refuse(
                entry.line, path,
                "'\(text.printable)' is not a valid amount of memory; use a number with K, M, G or T, such as 512M")
        }
        guard let rule, memory < rule.minimumMemory else { return memory }
        // `memory: 512` is read as bytes, as the contract says, but is rarely meant so.
        let isBare = text.last?.isNumber ?? false
        let isLikely = isBare && memory >= ByteCount(bytes: rule.minimumMemory.bytes >> 20)
        return refuse(
            entry.line, path,
            "\(text.printable) is too little for type '\(rule.type)', which needs at least \(rule.minimumMemory)"
                + (isBare ? "; without a unit it means bytes" : "") + (isLikely ? " (did you mean \(text)M?)" : ""))
    }

    mutating func cpus(_ entry: Entry, _ path: [String]) -> Double? {
        let range = ServiceSettings.cpuRange
        let expected = "a number of cores from \(range.lowerBound) to \(Int(range.upperBound)), such as 0.5 or 2"
        guard let text = number(entry, path, expected: expected) else { return nil }
        let isDecimal = text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || $0 == UInt8(ascii: ".") }
        guard isDecimal, let cpus = Double(text), range.contains(cpus) else {
            return refuse(entry.line, path, "expected \(expected); found '\(text.printable)'")
        }
        return cpus
    }

    mutating func durability(_ entry: Entry, _ path: [String]) -> ServiceSettings.Durability? {
        choice(entry, path)
    }

    /// `0s`, `10s`, `5m`, `1h`
    mutating func maxLoss(_ entry: Entry, _ path: [String]) -> Int? {
        let expected = "0s, or a time from \(ServiceSettings.shortestLoss)s to 24h, such as 10s or 5m"
        guard let (text, _) = scalar(entry, path, expected: expected) else { return nil }
        guard let seconds = TimeText.seconds(text),
            seconds == 0 || (ServiceSettings.shortestLoss...ServiceSettings.longestLoss).contains(seconds)
        else { return refuse(entry.line, path, "expected \(expected); found '\(text.printable)'") }
        return seconds
    }

    mutating func routing(_ entry: Entry, _ path: [String]) -> ServiceSettings.Routing? {
        guard let routing: ServiceSettings.Routing = choice(entry, path) else { return nil }
        switch routing {
        case .primary: return .primary
        case .split: return refuse(entry.line, path, "'split' is not supported yet; use primary")
        }
    }

    /// A value that is one of an enum's words.
    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ entry: Entry, _ path: [String]
    ) -> Choice? where Choice.RawValue == String {
        let words = Choice.allCases.map(\.rawValue)
        let expected = "one of \(words.joined(separator: ", "))"
        guard let (text, _) = scalar(entry, path, expected: expected) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        let near = near(text, words)
        return refuse(entry.line, path, "expected \(expected); found '\(text.printable)'\(near)")
    }

    // MARK: Scalars

    mutating func scalar(_ entry: Entry, _ path: [String], expected: String) -> (text: String, quoted: Bool)? {
        guard case .text(let text, let quoted) = entry.value.content else {
            return mismatch(entry.value, line: entry.line, path, expected: expected)
        }
        return (text, quoted)
    }

    /// A scalar that is not quoted: `"2"` is text.
    private mutating func number(_ entry: Entry, _ path: [String], expected: String) -> String? {
        guard let (text, quoted) = scalar(entry, path, expected: expected) else { return nil }
        guard !quoted else {
            return refuse(entry.line, path, "expected \(expected); found the text \"\(text.printable)\"")
        }
        return text
    }
}
