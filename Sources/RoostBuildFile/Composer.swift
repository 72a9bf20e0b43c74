import RoostModel
import Yams

/// Parses the text of a build file into values with libyaml.
///
/// Two properties of the parser are worked around by changing the text before it is parsed, with marks that no valid
/// text holds (Unicode noncharacters) and that are removed afterwards:
/// - The parser follows aliases, and ten lines of aliases expand to a billion nodes once a program walks or hashes
///   them. So the star of `*name` is replaced, which makes it plain text and lets every alias be reported with its
///   line.
/// - The parser stops at a duplicate key, and reports only the first place. So that place's key is marked and the text
///   parsed again until all keys differ; the walk then finds both places, and all other errors of the file as well.
struct Composer {
    private static let alias: Unicode.Scalar = "\u{10FFFE}"
    private static let duplicate: Unicode.Scalar = "\u{10FFFF}"
    /// Limit of passes over the text, one per duplicate.
    private static let mostDuplicates = 10

    private(set) var findings: Findings

    /// The document's root. Nil if the text is not one YAML document (`findings` then says why) or is empty.
    mutating func compose(_ text: String) -> Value? {
        if let line = SourceText(text).line(where: { $0 == Self.alias || $0 == Self.duplicate }) {
            findings.add(line, [], "the file contains a noncharacter (U+10FFFE or U+10FFFF)")
            return nil
        }
        var source = SourceText(Self.withoutAliases(text))
        for pass in 1...Self.mostDuplicates {
            do {
                return try root(of: source)
            } catch YamlError.duplicatedKeysInMapping(_, let context) {
                guard source.mark(context.mark, with: Self.duplicate, times: pass) else {
                    findings.add(context.mark.line, [], "a key is given twice")
                    return nil
                }
            } catch {
                let (line, message) = SyntaxError.describe(error, in: source)
                findings.add(line, [], message)
                return nil
            }
        }
        findings.add(1, [], "more than \(Self.mostDuplicates) keys are given twice")
        return nil
    }

    private mutating func root(of source: SourceText) throws -> Value? {
        // The basic resolver takes every scalar as text, so `"1"` and `1` are the same key. The encoding is explicit
        // because the default one depends on the environment.
        let parser = try Parser(yaml: source.text, resolver: .basic, encoding: .utf8)
        let root = try parser.nextRoot()
        if let second = try parser.nextRoot() {
            findings.add(
                second.mark?.line ?? 1, [], "a second document begins here; a build file must be a single document")
        }
        // Nodes hold their anchors weakly; the parser owns them.
        return withExtendedLifetime(parser) { root.map { value($0, []) } }
    }

    private mutating func value(_ node: Node, _ path: [String]) -> Value {
        let line = node.mark?.line ?? 1
        refuseProperties(of: node, line, path)
        switch node {
        case .scalar(let scalar):
            return Value(line: line, content: content(scalar, line, path))
        case .sequence(let sequence):
            let values = sequence.enumerated().map { value($0.element, path + ["\($0.offset)"]) }
            return Value(line: line, content: .list(values))
        case .mapping(let mapping):
            return Value(line: line, content: .map(entries(mapping, path)))
        case .alias:
            // The parser resolves aliases itself and never returns one.
            return Value(line: line, content: .refused)
        }
    }

    private mutating func content(_ scalar: Node.Scalar, _ line: Int, _ path: [String]) -> Value.Content {
        guard scalar.style == .plain else { return .text(Self.clean(scalar.string), quoted: true) }
        if scalar.string.unicodeScalars.first == Self.alias {
            findings.add(line, path, "aliases are not supported; write out the value")
            return .refused
        }
        let isNull = ["", "~", "null", "Null", "NULL"].contains(scalar.string)
        return isNull ? .nothing : .text(Self.clean(scalar.string), quoted: false)
    }

    private mutating func entries(_ mapping: Node.Mapping, _ path: [String]) -> [Entry] {
        var firstLines: [String: Int] = [:]
        var entries: [Entry] = []
        for (node, child) in mapping {
            let line = node.mark?.line ?? 1
            guard let scalar = node.scalar, scalar.string.unicodeScalars.first != Self.alias else {
                findings.add(line, path, "a key must be plain text")
                continue
            }
            let key = Self.clean(scalar.string)
            refuseProperties(of: node, line, path + [key])
            let value = value(child, path + [key])
            if let first = firstLines[key] {
                findings.add(line, path + [key], "is given twice; first on line \(first)")
            } else {
                firstLines[key] = line
                entries.append(Entry(key: key, line: line, value: value))
            }
        }
        return entries
    }

    private mutating func refuseProperties(of node: Node, _ line: Int, _ path: [String]) {
        if node.anchor != nil {
            findings.add(line, path, "anchors are not supported; write out the value where it is used")
        }
        // The parser gives `str` to quoted text as well.
        let untagged: [Tag.Name] = [.implicit, .str, .map, .seq]
        if !untagged.contains(where: { $0.rawValue == node.tag.description }) {
            let tag = node.tag.description.replacing("tag:yaml.org,2002:", with: "!!")
            findings.add(line, path, "the tag '\(tag.printable)' is not supported; remove it")
        }
    }

    private static func withoutAliases(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var star = false
        for scalar in text.unicodeScalars {
            if star { result.append(isAliasName(scalar) ? alias : "*") }
            star = scalar == "*"
            if !star { result.append(scalar) }
        }
        if star { result.append("*") }
        return String(result)
    }

    private static func isAliasName(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_": true
        default: false
        }
    }

    private static func clean(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where scalar != duplicate { result.append(scalar == alias ? "*" : scalar) }
        return String(result)
    }
}
