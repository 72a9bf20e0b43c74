import RoostBuildFile
import RoostModel
import Testing

/// The key `notify`: addresses that get events.
struct NotifyTests {
    static let right: [(text: String, urls: [String]?)] = [
        ("", nil), ("notify: []", []), ("notify: https://ops.example.com/hook", ["https://ops.example.com/hook"]),
        ("notify: [http://127.0.0.1:8080, 'http://[::1]/x']", ["http://127.0.0.1:8080", "http://[::1]/x"]),
        ("notify: {url: https://ops.example.com/hook}", ["https://ops.example.com/hook"]),
        (
            "notify: {url: [https://a.example.com, https://b.example.com]}",
            ["https://a.example.com", "https://b.example.com"]
        ),
    ]

    @Test(arguments: right) func isRead(text: String, urls: [String]?) throws {
        let file = try read("services:\n  data: {type: mysql}\n\(text)\n")
        #expect(file.notify?.map(\.text) == urls)
        #expect(file.services.count == 1)
    }

    private static let expected =
        "expected a URL, such as https://ops.example.com/hook, or a list of URLs; found"

    static let wrong: [(text: String, error: String)] = [
        ("notify:", "3: notify: \(expected) nothing"),
        (
            "notify: ops.example.com",
            "3: notify: 'ops.example.com' is not a URL with http or https, such as https://ops.example.com/hook"
        ),
        (
            "notify: https://me:pw@ops",
            "3: notify: 'https://me:pw@ops' has a user name or a password; notifications are signed, so leave out both"
        ),
        ("notify:\n  - http://a\n  - http://a", "5: notify.1: 'http://a' is listed twice"),
        ("notify: [{url: http://a}]", "3: notify.0: \(expected) a map"),
        ("notify: {urls: http://a}", "3: notify.urls: unknown key (did you mean 'url'?); known keys: url"),
        ("notify: {url: {url: http://a}}", "3: notify.url: \(expected) a map"),
        (
            "notify: [\((1...9).map { "http://h\($0)" }.joined(separator: ", "))]",
            "3: notify: 9 addresses; the limit is 8"
        ),
    ]

    @Test(arguments: wrong) func isRefused(text: String, error: String) {
        #expect(errors(of: "services:\n  data: {type: mysql}\n\(text)\n").first == error)
    }

    @Test(arguments: [
        (
            "services:\n  data:\n    type: mysql\n    notify: http://a\n",
            "4: services.data.notify: is for the whole application; write it beside 'services'"
        ),
        (
            "data: {type: mysql}\nnotify: http://a\n",
            "2: notify: is only valid beside 'services'; indent services below 'services'"
        ),
    ])
    func belongsBesideServices(text: String, error: String) {
        #expect(errors(of: text) == [error])
    }

    @Test func aServiceMayHaveTheName() throws {
        let file = try read("notify: {type: mysql}\n")
        #expect(file.services.map(\.name.rawValue) == ["notify"] && file.notify == nil)
    }
}
