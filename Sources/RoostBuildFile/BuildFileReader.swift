import RoostModel

/// Reads `roost.yml` and `dotcloud.yml`: the whole file is checked, and all its errors are reported at once.
package enum BuildFileReader {
    /// Limit of the file's size, ten thousand times a usual file, so that a wrong file costs the daemon no time and
    /// memory.
    package static let mostBytes = 1 << 20

    package static func read(
        _ text: String, fileName: String, rules: [TypeRule]
    ) -> Result<BuildFile, BuildFileInvalid> {
        var findings = Findings(file: fileName)
        guard text.utf8.count <= mostBytes else {
            findings.add(1, [], "the file has \(text.utf8.count) bytes; the limit is \(mostBytes)")
            return .failure(findings.error)
        }
        var composer = Composer(findings: findings)
        let root = composer.compose(text)
        var checker = Checker(findings: composer.findings, rules: rules)
        let file = root.map { checker.file($0) } ?? checker.emptyFile()
        guard let file, checker.findings.isEmpty else { return .failure(checker.findings.error) }
        return .success(file)
    }
}

/// Checks the values of one file against the contract and the catalog's rules. Its extensions hold the rules of
/// single keys.
struct Checker {
    var findings: Findings
    let rules: [TypeRule]
    /// Keys that are understood and have no effect, a sentence each.
    var notes: [String] = []

    /// Adds an error and yields nil, so that a check can end with `return refuse(…)`.
    mutating func refuse<Checked>(_ line: Int, _ path: [String], _ message: String) -> Checked? {
        findings.add(line, path, message)
        return nil
    }

    /// Adds an error about a value of another kind, unless the value has an error already.
    mutating func mismatch<Checked>(_ value: Value, line: Int, _ path: [String], expected: String) -> Checked? {
        if case .refused = value.content { return nil }
        return refuse(line, path, "expected \(expected); found \(value.kind)")
    }

    /// The most likely intended word, as a suggestion; empty once there are more errors than are shown.
    func near(_ typed: String, _ candidates: some Sequence<String>) -> String {
        findings.isFull ? "" : Suggestion.text(for: typed, among: candidates)
    }

    /// The types that can be pushed, for messages.
    var builtTypes: String { rules.filter(\.isBuilt).map(\.type.rawValue).sorted().joined(separator: ", ") }
}

extension Checker {
    private static let rootKey = "services"
    private static let example = "such as data: {type: mysql}"
    /// Limit of services: each takes ports and memory of the machine, and a file with more is a mistake.
    private static let mostServices = 500

    mutating func emptyFile() -> BuildFile? {
        empty(1, [], "the file is empty")
    }

    /// Adds an error about an empty file, unless its content has errors already.
    private mutating func empty(_ line: Int, _ path: [String], _ what: String) -> BuildFile? {
        if findings.isEmpty { findings.add(line, path, "\(what); declare a service, \(Self.example)") }
        return nil
    }

    mutating func file(_ root: Value) -> BuildFile? {
        switch root.content {
        case .nothing:
            return emptyFile()
        case .text, .list, .refused:
            return mismatch(root, line: root.line, [], expected: "services by name, \(Self.example)")
        case .map(let entries):
            guard let services = entries.first(where: { $0.key == Self.rootKey }) else {
                return bareFile(entries, line: root.line)
            }
            for entry in entries where entry.key != Self.rootKey {
                findings.add(
                    entry.line, [entry.key],
                    "unknown key beside 'services'; indent services below 'services'")
            }
            return roostFile(services)
        }
    }

    private mutating func roostFile(_ services: Entry) -> BuildFile? {
        switch services.value.content {
        case .nothing:
            return empty(services.line, [services.key], "is empty")
        case .text, .list, .refused:
            return mismatch(
                services.value, line: services.line, [services.key], expected: "services by name, \(Self.example)")
        case .map(let entries) where entries.isEmpty:
            return empty(services.line, [services.key], "is empty")
        case .map(let entries):
            return self.services(entries, .roost, line: services.line, path: [services.key])
        }
    }

    /// dotCloud's form: services at the top level.
    private mutating func bareFile(_ entries: [Entry], line: Int) -> BuildFile? {
        // Without this check a misspelt `services:` would be taken for a service of that name, with an error for each
        // line below.
        let misspelt = entries.first {
            guard case .map(let children) = $0.value.content, !children.contains(where: { $0.key == "type" }) else {
                return false
            }
            return Suggestion.nearest(to: $0.key, among: [Self.rootKey]) != nil
        }
        if let misspelt {
            return refuse(misspelt.line, [misspelt.key], "unknown key (did you mean '\(Self.rootKey)'?)")
        }
        return entries.isEmpty ? emptyFile() : services(entries, .dotcloud, line: line, path: [])
    }

    private mutating func services(
        _ entries: [Entry], _ form: BuildFile.Form, line: Int, path: [String]
    ) -> BuildFile? {
        guard entries.count <= Self.mostServices else {
            return refuse(line, path, "\(entries.count) services; the limit is \(Self.mostServices) per file")
        }
        var services = entries.compactMap { service($0, path: path + [$0.key]) }
        if form == .dotcloud {
            for place in services.indices where services[place].custom != nil {
                services[place].custom?.hasDotcloudVariables = true
            }
        }
        return BuildFile(fileName: findings.file, form: form, services: services, notes: notes)
    }
}
