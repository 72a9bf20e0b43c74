import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import RoostModel
import Synchronization
import Testing

@testable import RoostServer

/// The listener for myaas scripts: odd names, what goes on at once, and HTTP itself.
@Suite struct MyaasHTTPTests {
    // MARK: Names

    @Test(arguments: ["Feature_X", "a.b", "1", "ünï", "feature/x", "a b", String(repeating: "a", count: 128)])
    func anyNameLeadsToACloneOfItsOwn(name: String) async throws {
        let listener = MyaasBench()
        let path = "/db/shop/\(escaped(name))"
        #expect(try await listener.document(.post, path)["name"] as? String == name)
        #expect(try await listener.document(.get, path)["name"] as? String == name)
        #expect(try await listener.send(.post, path).status == .notModified)
        #expect(try await listener.send(.delete, path).status == .noContent)
    }

    @Test func aNameThatIsTakenIsGoneAround() async throws {
        let listener = MyaasBench()
        listener.platform.state.withLock { $0.clones["shop-mine"] = Samples.clone("shop-mine", of: "shop") }
        #expect(try await listener.send(.post, "/db/shop/mine").status == .created)
        #expect(try await listener.document(.get, "/db/shop/mine")["name"] as? String == "mine")
        #expect(listener.platform.calls.first?.hasPrefix("clone shop shop-") == true)
        #expect(listener.platform.calls.first != "clone shop shop-mine")
    }

    @Test func cloneNamesAreAlwaysTheSameAndNamesOfClones() {
        let shop = TemplateName(checked: "shop")
        #expect(CloneName.forMyaas(shop, "mine", taken: []).rawValue == "shop-mine")
        #expect(CloneName.forMyaas(shop, "Mine", taken: []).rawValue == "shop-f6030fae183279f9")
        let long = TemplateName(checked: "a" + String(repeating: "-", count: 30))
        let names = ["mine", "Mine", "ünï", ""].map { CloneName.forMyaas(long, $0, taken: []) }
        #expect(Set(names).count == names.count)
        for name in names { #expect(CloneName.isValid(name.rawValue)) }
    }

    @Test func twoAtOnceMakeOne() async throws {
        let listener = MyaasBench()
        let statuses = try await withThrowingTaskGroup(of: HTTPResponse.Status.self) { group in
            for _ in 0..<8 { group.addTask { try await listener.send(.post, "/db/shop/mine").status } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.count { $0 == .created } == 1)
        #expect(statuses.count { $0 == .notModified } == 7)
    }

    // MARK: HTTP

    @Test(arguments: ["/", "/db", "/templates"])
    func headIsGetWithoutTheBody(path: String) async throws {
        let listener = MyaasBench()
        let (get, head) = (try await listener.send(.get, path), try await listener.send(.head, path))
        #expect(head.status == .ok && head.text.isEmpty)
        #expect(head.headers[.contentLength] == get.headers[.contentLength])
    }

    @Test(arguments: ["/nothing", "/db/shop", "/db/shop/mine/more", "/v1/clones", "/healthz", "/v1/openapi.json"])
    func thereIsNothingElse(path: String) async throws {
        let response = try await MyaasBench().send(.get, path)
        #expect(response.status == .notFound)
        #expect(response.text == #"{"status":"Not found"}"# + "\n")
    }

    static let methods: [(method: HTTPRequest.Method, path: String, allowed: String)] = [
        (.put, "/db/shop/mine", "DELETE, GET, HEAD, POST"), (.patch, "/db/shop/mine", "DELETE, GET, HEAD, POST"),
        (.post, "/db", "GET, HEAD"), (.delete, "/", "GET, HEAD"), (.post, "/templates", "GET, HEAD"),
    ]

    @Test(arguments: methods)
    func otherMethodsAre405(method: HTTPRequest.Method, path: String, allowed: String) async throws {
        let response = try await MyaasBench().send(method, path)
        #expect(response.status == .methodNotAllowed)
        #expect(response.headers[.allow] == allowed)
    }

    @Test func pagesOfOtherSitesAreRefused() async throws {
        let listener = MyaasBench()
        let response = try await listener.send(.get, "/templates", headers: [.fetchSite: "cross-site"])
        #expect(response.status == .forbidden)
        #expect(try await listener.send(.get, "/templates", headers: [.fetchSite: "same-origin"]).status == .ok)
    }

    /// Requests of browsers that send no `Sec-Fetch-Site`, and of every browser to an address that is not loopback.
    @Test(arguments: ["http://evil.example.com", "https://localhost:8443", "http://localhost:3000", "null", "nonsense"])
    func anOriginThatIsForeignIsEnoughToBeRefused(origin: String) async throws {
        let listener = MyaasBench()
        let response = try await listener.send(.post, "/db/shop/mine", headers: [.origin: origin])
        #expect(response.status == .forbidden)
        #expect(listener.platform.calls.isEmpty)
    }

    @Test(arguments: [
        ("localhost:5001", "200 OK"), ("127.0.0.1", "200 OK"), ("evil.example.com", "403 Forbidden"),
    ])
    func aLoopbackListenerIsCalledByKnownNamesAlone(host: String, status: String) async throws {
        try await LiveServer.with { server in
            let connection = try RawConnection(port: server.myaasPort)
            connection.read()
            connection.send("GET /db HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
            #expect(await connection.lines.wait(for: "HTTP/1.1 \(status)"))
        }
    }

    @Test(arguments: [
        ("127.0.0.1", false), ("localhost", false), ("::1", false), ("0.0.0.0", true), ("10.0.0.7", true), ("::", true),
    ])
    func aListenerThatIsOpenToTheNetworkAsksBrowsersAloneForAKnownName(host: String, asksBrowsersAlone: Bool) throws {
        let hosts = MyaasListener(api: try Bench().api, settings: MyaasSettings(host: host, port: 0)).hosts
        #expect(hosts.asksBrowsersAlone == asksBrowsersAlone)
        #expect(hosts.allowed.allow(host.contains(":") ? "[\(host)]:5001" : "\(host):5001"))
        #expect(!hosts.allowed.allow("evil.example.com"))
    }

    @Test func aBrowserIsAskedForAKnownName() {
        let hosts = HostMiddleware(allowed: AllowedHosts(names: ["db.example.org"]), asksBrowsersAlone: true)
        #expect(hosts.admits(authority: "what.the.script.was.given:5001", isOfBrowser: false))
        #expect(!hosts.admits(authority: "evil.example.com:5001", isOfBrowser: true))
        #expect(hosts.admits(authority: "db.example.org:5001", isOfBrowser: true))
        #expect(!HostMiddleware(allowed: hosts.allowed).admits(authority: "evil.example.com", isOfBrowser: false))
    }

    /// A script uses a single connection: an answer without a body must not hold up the next one.
    @Test func oneConnectionCarriesAWholeLife() async throws {
        try await LiveServer.with { server in
            let connection = try RawConnection(port: server.myaasPort)
            connection.read()
            let life = [
                ("POST", "201 Created"), ("POST", "304 Not Modified"), ("GET", "200 OK"), ("DELETE", "204 No Content"),
                ("DELETE", "404 Not Found"),
            ]
            for (method, status) in life {
                connection.send("\(method) /db/shop/mine HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
                #expect(await connection.lines.wait(for: "HTTP/1.1 \(status)"))
            }
        }
    }

    @Test func itListensOnAnAddressOfItsOwn() async throws {
        try await LiveServer.with { server in
            let connection = try RawConnection(port: server.myaasPort)
            connection.read()
            connection.get("/templates", headers: ["Connection: close"])
            #expect(await connection.lines.wait(for: #"{"templates":["shop"]}"#))
            let listener = MyaasListener(
                api: try Bench().api, settings: MyaasSettings(host: "127.0.0.1", port: server.myaasPort))
            let error = await #expect(throws: ListenError.self) { try await listener.run() }
            #expect(error?.description.contains("--myaas-listen HOST:PORT") == true)
        }
    }
}

/// Escapes every byte, so that none has a meaning of its own in a URL.
private func escaped(_ text: String) -> String {
    text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
