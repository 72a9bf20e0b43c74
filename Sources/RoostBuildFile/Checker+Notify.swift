import RoostModel

// The key `notify`: addresses that get the events of a service.
extension Checker {
    private static let urlKey = "url"
    private static let expected = "a URL, such as https://ops.example.com/hook, or a list of URLs"

    /// An address, a list of them, or either below `url`. An empty map or list is no address. Nil after an error.
    mutating func notify(_ entry: Entry, _ path: [String]) -> [WebhookURL]? {
        notify(entry.value, line: entry.line, path, mayNest: true)
    }

    private mutating func notify(_ value: Value, line: Int, _ path: [String], mayNest: Bool) -> [WebhookURL]? {
        switch value.content {
        case .text:
            return webhook(value, line: line, path).map { [$0] }
        case .list(let items):
            return webhooks(items, line: line, path)
        case .map(let entries) where mayNest:
            if entries.isEmpty { return [] }
            for entry in entries where entry.key != Self.urlKey {
                findings.add(
                    entry.line, path + [entry.key], "unknown key\(near(entry.key, [Self.urlKey])); known keys: url")
            }
            guard let url = entries.first(where: { $0.key == Self.urlKey }) else {
                return refuse(line, path, "'url' is missing; expected \(Self.expected)")
            }
            return notify(url.value, line: url.line, path + [url.key], mayNest: false)
        case .map, .nothing, .refused:
            return mismatch(value, line: line, path, expected: Self.expected)
        }
    }

    private mutating func webhooks(_ items: [Value], line: Int, _ path: [String]) -> [WebhookURL]? {
        guard items.count <= WebhookURL.mostTogether else {
            return refuse(line, path, "\(items.count) addresses; the limit is \(WebhookURL.mostTogether)")
        }
        var urls: [WebhookURL] = []
        for (index, item) in items.enumerated() {
            let path = path + ["\(index)"]
            guard let url = webhook(item, line: item.line, path) else { continue }
            if urls.contains(url) {
                findings.add(item.line, path, "'\(url.text.printable)' is listed twice")
            } else {
                urls.append(url)
            }
        }
        return urls
    }

    private mutating func webhook(_ value: Value, line: Int, _ path: [String]) -> WebhookURL? {
        guard case .text(let text, _) = value.content else {
            return mismatch(value, line: line, path, expected: Self.expected)
        }
        do { return try WebhookURL(text) } catch {
            return refuse(line, path, "'\(text.printable)' \(error.reason)")
        }
    }
}
