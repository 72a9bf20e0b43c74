import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import RoostModel
import Synchronization
import Testing

@testable import RoostServer

/// The listener for scripts that were written for myaas: each call, status and field.
@Suite struct MyaasTests {
    // MARK: Making

    @Test func whatIsMadeIs201WithItsFieldsOnceItCanBeUsed() async throws {
        let listener = MyaasBench()
        let response = try await listener.send(.post, "/db/shop/mine")
        #expect(response.status == .created)
        #expect(response.headers[.contentType]?.hasPrefix("application/json") == true)
        let made = try #require(
            try JSONSerialization.jsonObject(with: Data(response.text.utf8)) as? NSDictionary)
        let status = try #require(made["status"] as? String)
        #expect(status.hasPrefix("Up "))
        #expect(
            made == [
                "database": "c3f9a", "host": "db.example.org", "name": "mine", "port": "23000", "user": "root",
                "password": "myaas", "running": true, "status": status, "created": 1_795_243_446,
            ] as NSDictionary)
        #expect(listener.platform.calls == ["clone shop shop-mine"])
        #expect(try await listener.document(.get, "/db/shop/mine") == made)
    }

    @Test func whatExistsIs304WithoutABody() async throws {
        let listener = MyaasBench()
        _ = try await listener.send(.post, "/db/shop/mine")
        let again = try await listener.send(.post, "/db/shop/mine", "ttl=60")
        #expect(again.status == .notModified)
        #expect(again.text.isEmpty && again.headers[.contentType] == nil)
        #expect(listener.platform.calls.count == 1)
    }

    static let refusals: [(path: String, status: Int)] = [
        ("/db/none/mine", 404), ("/db/NONE/mine", 404), ("/db/young/mine", 423), ("/db/broken/mine", 500),
        ("/db/ramen%2Fdata/mine", 404), ("/db/data/mine", 404), ("/db/shop/%01", 400),
    ]

    @Test(arguments: refusals)
    func whatCannotBeMadeSaysWhy(path: String, status: Int) async throws {
        let listener = MyaasBench()
        listener.platform.state.withLock { $0.templates["broken"] = Samples.template("broken", state: .failed) }
        let response = try await listener.send(.post, path)
        #expect(response.status.code == status)
        let document = try await listener.document(.post, path)
        #expect((document["status"] as? String)?.isEmpty == false && document.count == 1)
        #expect(listener.platform.state.withLock(\.cloneRequests).isEmpty)
    }

    @Test func whatDoesNotComeUpIsTakenAwayAgain() async throws {
        let listener = MyaasBench()
        listener.platform.state.withLock { $0.outcome = .failed }
        let response = try await listener.send(.post, "/db/shop/mine")
        #expect(response.status == .internalServerError)
        #expect(response.text.contains("the disk is full"))
        #expect(listener.platform.calls == ["clone shop shop-mine", "remove clone shop-mine"])
    }

    @Test func whatTakesTooLongIsKept() async throws {
        var timeouts = Timeouts()
        timeouts.longestWait = .zero
        let listener = MyaasBench(timeouts: timeouts)
        #expect(try await listener.send(.post, "/db/shop/mine").status.code == 504)
        #expect(listener.platform.calls == ["clone shop shop-mine"])
        #expect(try await listener.send(.post, "/db/shop/mine").status == .notModified)
    }

    @Test func settingsDecideOverWhatIsMade() async throws {
        let listener = MyaasBench {
            $0.hostname = "localhost"
            $0.memory = .gibibytes(1)
            $0.cpus = nil
            $0.timeToLive = 3600
            $0.password = "other"
        }
        #expect(try await listener.document(.post, "/db/shop/mine")["password"] as? String == "other")
        let state = listener.platform.state.withLock { $0 }
        #expect(state.myaasTerms == [MyaasTerms(label: "mine", password: "other", isExposed: false)])
        #expect(
            state.cloneRequests == [CloneRequest(source: "shop", ttlSeconds: 3600, idleSeconds: 0, memory: "1G")])
        let exposed = MyaasBench()
        _ = try await exposed.send(.post, "/db/shop/mine")
        #expect(exposed.platform.state.withLock(\.myaasTerms).map(\.isExposed) == [true])
        #expect(exposed.platform.state.withLock(\.cloneRequests).map(\.cpus) == [2])
    }

    // MARK: Time

    static let part = "--xyz\r\nContent-Disposition: form-data; name=\"ttl\"\r\n\r\n90\r\n--xyz--\r\n"
    static let times: [(body: String?, type: String?, seconds: Double)] = [
        (nil, nil, 7200), ("", "application/json", 7200), ("{}", "application/json", 7200),
        ("ttl=90", "application/x-www-form-urlencoded", 90), ("a=1&ttl=+90&b", "application/x-www-form-urlencoded", 90),
        ("ttl=0", nil, 0), ("ttl=", nil, 7200), ("ttl=-5", nil, 0), ("%74tl=90", nil, 90),
        ("ttl=300&note=50%", nil, 300), ("ttl=300&ttl=5", nil, 300), ("a=1&a[b]=2&ttl=90", nil, 90),
        (#"{"ttl":90}"#, "application/json", 90), (#"{"ttl":"90"}"#, "application/json; charset=utf-8", 90),
        (#"{"ttl":90.7,"name":"mine","template":"shop"}"#, "application/json", 90),
        (#"{"ttl":0}"#, "application/json", 0), (#"{"ttl":null}"#, "application/json", 7200),
        (#"{"ttl":90}"#, "application/x-www-form-urlencoded", 90), (#"{"ttl""#, "application/json", 7200),
        (part, "multipart/form-data; boundary=xyz", 90), (part, #"multipart/form-data; boundary="xyz""#, 90),
        (part.replacing("ttl", with: "other"), "multipart/form-data; boundary=xyz", 7200),
    ]

    @Test(arguments: times)
    func theTimeComesAsFormOrJSON(body: String?, type: String?, seconds: Double) async throws {
        let listener = MyaasBench { $0.timeToLive = 7200 }
        #expect(try await listener.send(.post, "/db/shop/mine", body, type: type).status == .created)
        #expect(listener.platform.state.withLock(\.cloneRequests).map(\.ttlSeconds) == [seconds])
    }

    @Test(arguments: ["ttl=soon", #"{"ttl":"1h"}"#, "ttl=inf", "ttl=nan"])
    func aTimeThatIsNoneIsRefused(body: String) async throws {
        let response = try await MyaasBench().send(.post, "/db/shop/mine", body)
        #expect(response.status == .badRequest)
        #expect(response.text.contains("'ttl' must be a number of seconds"))
    }

    @Test func aBodyWithoutAnEndIsRefused() async throws {
        let response = try await MyaasBench().send(.post, "/db/shop/mine", String(repeating: "a", count: 70 << 10))
        #expect(response.status == .contentTooLarge)
    }

    @Test func theEndIsSecondsSince1970AsATextAndLeftOutWhereThereIsNone() async throws {
        let listener = MyaasBench()
        let made = try await listener.document(.post, "/db/shop/mine", "ttl=60")
        #expect(made["expires_at"] as? String == "1795243506")
        #expect(try await listener.document(.post, "/db/shop/other")["expires_at"] == nil)
        let items = try #require(try await listener.document(.get, "/db")["databases"] as? [NSDictionary])
        #expect(items.map { $0["expires_at"] as? String } == ["1795243506", nil])
    }

    // MARK: Listing

    @Test func onlyWhatCameThroughTheListenerIsListed() async throws {
        let listener = MyaasBench()
        #expect(try await listener.document(.get, "/db") == ["databases": [String]()] as NSDictionary)
        _ = try await listener.send(.post, "/db/shop/mine")
        let items = try #require(try await listener.document(.get, "/db")["databases"] as? [NSDictionary])
        #expect(items.count == 1)
        #expect(Set(items[0].allKeys.compactMap { $0 as? String }) == ["template", "name", "state", "created"])
        #expect(items[0]["template"] as? String == "shop" && items[0]["name"] as? String == "mine")
        #expect(items[0]["created"] as? Int == 1_795_243_446)
        #expect(try await listener.send(.get, "/db/shop/till").status == .notFound)
        #expect(try await listener.send(.delete, "/db/shop/till").status == .notFound)
    }

    @Test func templatesAreThoseThatAreReady() async throws {
        let listener = MyaasBench()
        #expect(try await listener.document(.get, "/templates") == ["templates": ["shop"]] as NSDictionary)
        _ = try await listener.send(.post, "/db/shop/mine")
        #expect(
            try await listener.document(.get, "/")
                == ["status": "Service is running", "templates": ["shop"], "databases": ["shop,mine"]] as NSDictionary)
    }

    @Test func theWholeCloneIsShownWithoutItsPassword() async throws {
        let listener = MyaasBench()
        _ = try await listener.send(.post, "/db/shop/mine")
        let response = try await listener.send(.get, "/db/shop/mine?all=True")
        #expect(response.text.hasPrefix(#"{"container":{"#) && response.text.contains(#""name":"shop-mine""#))
        #expect(!response.text.contains("clone-secret"))
        #expect(try await listener.document(.get, "/db/shop/mine?all=&x=1")["name"] as? String == "mine")
    }

    static let states: [(state: ServiceInfo.State, isRunning: Bool, status: String)] = [
        (.running, true, "Up "), (.degraded, true, "Up "), (.creating, false, "Created"),
        (.down, false, "Restarting"), (.stopped, false, "Exited"),
    ]

    @Test(arguments: states)
    func runningIsWhatAnswers(state: ServiceInfo.State, isRunning: Bool, status: String) async throws {
        let listener = MyaasBench()
        _ = try await listener.send(.post, "/db/shop/mine")
        listener.platform.state.withLock { $0.clones["shop-mine"]?.state = state }
        let document = try await listener.document(.get, "/db/shop/mine")
        #expect(document["running"] as? Bool == isRunning)
        #expect((document["status"] as? String)?.hasPrefix(status) == true)
    }

    static let ages: [(seconds: Double, text: String)] = [
        (-5, "Up 1 seconds"), (3.4, "Up 3 seconds"), (119, "Up 119 seconds"), (120, "Up 2 minutes"),
        (7200, "Up 2 hours"), (172_800, "Up 2 days"),
    ]

    @Test(arguments: ages)
    func theStatusTellsTheAge(seconds: Double, text: String) {
        let instance = MyaasInstance(template: "shop", name: "mine", clone: Samples.clone("shop-mine", of: "shop"))
        #expect(instance.status(now: Samples.time.addingTimeInterval(seconds)) == text)
    }

    // MARK: Removing

    @Test func whatIsRemovedIs204AndGone() async throws {
        let listener = MyaasBench()
        _ = try await listener.send(.post, "/db/shop/mine")
        let response = try await listener.send(.delete, "/db/shop/mine")
        #expect(response.status == .noContent)
        #expect(response.text.isEmpty && response.headers[.contentType] == nil)
        #expect(try await listener.send(.get, "/db/shop/mine").status == .notFound)
        let again = try await listener.send(.delete, "/db/shop/mine")
        #expect(again.status == .notFound && again.text == #"{"status":"Not found"}"# + "\n")
        #expect(try await listener.send(.post, "/db/shop/mine").status == .created)
    }

    @Test func whatSomebodyProtectedStays() async throws {
        let listener = MyaasBench()
        _ = try await listener.send(.post, "/db/shop/mine")
        listener.platform.state.withLock { state in
            state.clones["shop-mine"] = Samples.clone("shop-mine", of: "shop", isProtected: true)
        }
        let response = try await listener.send(.delete, "/db/shop/mine")
        #expect(response.status == .conflict && response.text.contains("is protected"))
    }
}
