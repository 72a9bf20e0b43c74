/// The part of YAML that Roost's small files use: `key: value` lines, comments, quotes. No nesting.
package struct FlatFile: Sendable {
    package struct Entry: Equatable, Sendable {
        /// Line number, from 1.
        package let line: Int
        package let key: String
        package let value: String
    }

    package let entries: [Entry]

    /// Throws for anything but flat scalars, and for a repeated key. With `skipsNested`, lists and mappings are
    /// skipped: the file is another program's, and only its scalars matter here.
    package init(_ text: String, path: String, skipsNested: Bool = false) throws(Problem) {
        var entries: [Entry] = []
        for (index, content) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            let line = content.hasSuffix("\r") ? content.dropLast() : content
            let isNested = line.first == " " || line.first == "\t" || line.first == "-" && line != "---"
            if line.allSatisfy(\.isWhitespace) || line.first == "#" || line == "---"
                || skipsNested && isNested
            {
                continue
            }
            guard !isNested, let entry = Self.entry(line, number: index + 1) else {
                throw Problem(.usage, "\(path):\(index + 1): expected 'key: value'")
            }
            guard !entries.contains(where: { $0.key == entry.key }) else {
                throw Problem(.usage, "\(path):\(index + 1): '\(entry.key)' is given twice")
            }
            entries.append(entry)
        }
        self.entries = entries
    }

    private static func entry(_ line: Substring, number: Int) -> Entry? {
        guard let colon = line.firstIndex(of: ":") else { return nil }
        let key = line[..<colon]
        let rest = line[line.index(after: colon)...]
        guard !key.isEmpty, key.allSatisfy({ $0.isLetter || $0.isNumber || "_-".contains($0) }),
            rest.isEmpty || rest.first == " ", let value = scalar(rest.trimmed)
        else { return nil }
        return Entry(line: number, key: String(key), value: value)
    }

    /// A plain or quoted scalar without escapes; nil for what needs a real YAML reader.
    private static func scalar(_ text: Substring) -> String? {
        guard let quote = text.first, quote == "\"" || quote == "'" else {
            let value = (text.firstRange(of: " #").map { text[..<$0.lowerBound] } ?? text).trimmed
            return value.first.map { "[{&*!|>%@`#".contains($0) } == true ? nil : String(value)
        }
        let inner = text.dropFirst()
        guard let end = inner.firstIndex(of: quote) else { return nil }
        let after = inner[inner.index(after: end)...].trimmed
        let value = inner[..<end]
        return (after.isEmpty || after.first == "#") && !value.contains("\\") ? String(value) : nil
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = self
        while text.first?.isWhitespace == true { text = text.dropFirst() }
        while text.last?.isWhitespace == true { text = text.dropLast() }
        return text
    }
}
