import RoostBuildFile
import RoostModel
import Testing

/// The key `notify` of a service: addresses that get its events.
struct NotifyTests {
    static let right: [(text: String, urls: [String]?)] = [
        ("", nil), ("notify: []", []), ("notify: {}", []), ("notify: {url: []}", []),
        ("notify: https://ops.example.com/hook", ["https://ops.example.com/hook"]),
        ("notify: [http://127.0.0.1:8080, 'http://[::1]/x']", ["http://127.0.0.1:8080", "http://[::1]/x"]),
        ("notify: {url: https://ops.example.com/hook}", ["https://ops.example.com/hook"]),
        (
            "notify: {url: [https://a.example.com, https://b.example.com]}",
            ["https://a.example.com", "https://b.example.com"]
        ),
    ]

    @Test(arguments: right) func isRead(text: String, urls: [String]?) throws {
        let file = try read("services:\n  data:\n    type: mysql\n    \(text)\n  other: {type: mysql}\n")
        #expect(file.services.map { $0.notify?.map(\.text) } == [urls, nil])
        // dotCloud's form.
        #expect(try read("data:\n  type: mysql\n  \(text)\n").services.first?.notify?.map(\.text) == urls)
    }

    private static let expected =
        "expected a URL, such as https://ops.example.com/hook, or a list of URLs; found"

    static let wrong: [(text: String, error: String)] = [
        ("notify:", "4: services.data.notify: \(expected) nothing"),
        (
            "notify: ops.example.com",
            "4: services.data.notify: 'ops.example.com' is not a URL with http or https, such as https://ops.example.com/hook"
        ),
        (
            "notify: https://me:pw@ops",
            "4: services.data.notify: 'https://me:pw@ops' has a user name or a password; notifications are signed, so leave out both"
        ),
        ("notify:\n      - http://a\n      - http://a", "6: services.data.notify.1: 'http://a' is listed twice"),
        ("notify: [{url: http://a}]", "4: services.data.notify.0: \(expected) a map"),
        (
            "notify: {urls: http://a}",
            "4: services.data.notify.urls: unknown key (did you mean 'url'?); known keys: url"
        ),
        ("notify: {url: {url: http://a}}", "4: services.data.notify.url: \(expected) a map"),
        (
            "notify: [\((1...9).map { "http://h\($0)" }.joined(separator: ", "))]",
            "4: services.data.notify: 9 addresses; the limit is 8"
        ),
    ]

    @Test(arguments: wrong) func isRefused(text: String, error: String) {
        #expect(errors(of: "services:\n  data:\n    type: mysql\n    \(text)\n").first == error)
    }

    @Test func isNotValidBesideServices() {
        #expect(
            errors(of: "services:\n  data: {type: mysql}\nnotify: http://a\n")
                == ["3: notify: unknown key beside 'services'; indent services below 'services'"])
    }

    @Test func aCustomServiceTakesIt() throws {
        let file = try BuildFileReader.read(
            "web: {type: custom, process: ./web, notify: {url: http://a}}\n", fileName: "dotcloud.yml",
            rules: [TypeRule(type: .custom, keys: ServiceKey.custom, minimumMemory: .mebibytes(16), versions: [])]
        ).get()
        #expect(file.services.first?.notify?.map(\.text) == ["http://a"])
    }

    @Test func aServiceMayHaveTheName() throws {
        let file = try read("notify: {type: mysql}\n")
        #expect(file.services.map(\.name.rawValue) == ["notify"] && file.services.first?.notify == nil)
    }
}
