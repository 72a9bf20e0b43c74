import HTTPTypes
import Hummingbird
import HummingbirdTesting
import RoostModel
import Synchronization
import Testing

@testable import RoostServer

/// Access rights: every route against every kind of caller, by the pure function and through the router.
@Suite struct AuthorizationTests {
    /// A kind of caller, as the tables below name it.
    enum Who: String, CaseIterable, Sendable {
        case admin, read, own, other, session, nobody

        var caller: Caller {
            switch self {
            case .admin: .token(.admin)
            case .read: .token(.read)
            case .own: .token(Samples.ramenAccess)
            case .other: .token(Samples.teaAccess)
            case .session: .session(.admin)
            case .nobody: .nobody
            }
        }

        var token: String? {
            switch self {
            case .admin: "admin-token"
            case .read: "read-token"
            case .own: "ramen-token"
            case .other: "tea-token"
            case .session, .nobody: nil
            }
        }
    }

    /// The callers that each route allows, written down apart from the code. `own` and `other` are tokens of an
    /// application, and paths are those of `own`'s application.
    static let allowed: [String: Set<Who>] = [
        "GET /healthz": Set(Who.allCases),
        "GET /": [.admin, .read, .own, .other, .session],
        "GET /sign-in": Set(Who.allCases),
        "POST /sign-in": Set(Who.allCases),
        "POST /sign-out": Set(Who.allCases),
        "GET /assets/roost.css": Set(Who.allCases),
        "GET /assets/roost.js": Set(Who.allCases),
        "GET /assets/roost.svg": Set(Who.allCases),
        "GET /live": [.admin, .read, .own, .other, .session],

        "GET /v1/openapi.json": [.admin, .read, .own, .other],
        "GET /v1/engines": [.admin, .read, .own, .other],
        "GET /v1/hosts": [.admin, .read, .own, .other],
        "GET /v1/ca": [.admin, .read, .own, .other],
        "GET /v1/applications": [.admin, .read, .own, .other],
        "GET /v1/events": [.admin, .read, .own, .other],
        "GET /v1/usage": [.admin, .read, .own, .other],
        "GET /v1/snapshots": [.admin, .read, .own, .other],
        "GET /v1/operations": [.admin, .read, .own, .other],
        "POST /v1/operations/{operation}/cancel": [.admin, .own, .other],
        "GET /v1/operations/{operation}": [.admin, .read, .own, .other],
        "GET /metrics": [.admin, .read],
        "GET /v1/doctor": [.admin, .read],

        "GET /v1/applications/{application}": [.admin, .read, .own],
        "PUT /v1/applications/{application}": [.admin, .own],
        "DELETE /v1/applications/{application}": [.admin, .own],
        "POST /v1/applications/{application}/push": [.admin, .own],
        "PUT /v1/applications/{application}/sources/{digest}": [.admin, .own],
        "GET /v1/applications/{application}/environment": [.admin, .own],
        "GET /v1/applications/{application}/services/{service}": [.admin, .read, .own],
        "DELETE /v1/applications/{application}/services/{service}": [.admin, .own],
        "POST /v1/applications/{application}/services/{service}/scale": [.admin, .own],
        "POST /v1/applications/{application}/services/{service}/import": [.admin, .own],
        "POST /v1/applications/{application}/services/{service}/promote": [.admin, .own],
        "POST /v1/applications/{application}/services/{service}/failover": [.admin, .own],
        "POST /v1/applications/{application}/services/{service}/restart": [.admin, .own],
        "POST /v1/applications/{application}/services/{service}/resync": [.admin, .own],
        "POST /v1/applications/{application}/services/{service}/pause": [.admin, .own],
        "POST /v1/applications/{application}/services/{service}/resume": [.admin, .own],
        "GET /v1/applications/{application}/notify": [.admin, .own],
        "POST /v1/applications/{application}/notify/test": [.admin, .own],
        "GET /v1/applications/{application}/notify/secret": [.admin, .own],
        "GET /v1/notify": [.admin],
        "POST /v1/notify/test": [.admin],
        "GET /v1/notify/secret": [.admin],
        "POST /v1/applications/{application}/services/{service}/password": [.admin, .own],
        "GET /v1/applications/{application}/services/{service}/replication": [.admin, .read, .own],
        "GET /v1/applications/{application}/services/{service}/failovers": [.admin, .read, .own],
        "POST /v1/applications/{application}/services/{service}/replication/verify": [.admin, .own],
        "GET /v1/applications/{application}/services/{service}/users": [.admin, .read, .own],
        "POST /v1/applications/{application}/services/{service}/users": [.admin, .own],
        "DELETE /v1/applications/{application}/services/{service}/users/{user}": [.admin, .own],
        "POST /v1/applications/{application}/services/{service}/client": [.admin, .own],
        "GET /v1/applications/{application}/services/{service}/snapshots": [.admin, .read, .own],
        "POST /v1/applications/{application}/services/{service}/snapshots/{snapshot}/restore": [.admin, .own],
        "GET /v1/applications/{application}/instances/{instance}": [.admin, .read, .own],
        "GET /v1/applications/{application}/instances/{instance}/logs": [.admin, .read, .own],

        "POST /v1/applications/{application}/services/{service}/snapshots": [.admin, .own],
        "DELETE /v1/applications/{application}/services/{service}/snapshots/{snapshot}": [.admin, .own],
        "POST /v1/applications/{application}/services/{service}/move": [.admin, .own],

        // The clone's owner is checked later: these routes only say which callers may ask at all.
        "GET /v1/clones": [.admin, .read, .own, .other],
        "POST /v1/clones": [.admin, .own, .other],
        "GET /v1/clones/{clone}": [.admin, .read, .own, .other],
        "PUT /v1/clones/{clone}": [.admin, .own, .other],
        "DELETE /v1/clones/{clone}": [.admin, .own, .other],
        "POST /v1/clones/{clone}/reset": [.admin, .own, .other],
        "POST /v1/clones/{clone}/extend": [.admin, .own, .other],
        "POST /v1/clones/{clone}/protect": [.admin, .own, .other],
        "POST /v1/clones/{clone}/restart": [.admin, .own, .other],
        "POST /v1/clones/{clone}/snapshots": [.admin, .own, .other],
        "POST /v1/clones/{clone}/snapshots/{snapshot}/restore": [.admin, .own, .other],
        "GET /v1/clones/{clone}/logs": [.admin, .read, .own, .other],
        "GET /v1/clones/{clone}/environment": [.admin, .own, .other],
        "POST /v1/clones/{clone}/client": [.admin, .own, .other],

        "GET /v1/templates": [.admin, .read],
        "GET /v1/templates/{template}": [.admin, .read],
        "PUT /v1/templates/{template}": [.admin],
        "DELETE /v1/templates/{template}": [.admin],
        "POST /v1/templates/{template}/refresh": [.admin],
        "POST /v1/dumps": [.admin],
        "GET /v1/storage": [.admin, .read],
        "POST /v1/storage/pool": [.admin],
        "POST /v1/storage/pool/grow": [.admin],

        "POST /v1/engines": [.admin],
        "DELETE /v1/engines/{engine}": [.admin],
        "POST /v1/sign-in": [.admin],
        "GET /v1/tokens": [.admin],
        "POST /v1/tokens": [.admin],
        "DELETE /v1/tokens/{token}": [.admin],
    ]

    @Test func theTableNamesEveryRoute() throws {
        let routes = try Bench().api.routes.map(\.name)
        #expect(Set(routes) == Set(Self.allowed.keys))
        #expect(routes.count == Set(routes).count)
    }

    @Test(arguments: Who.allCases)
    func decidesAsTheTableSays(_ who: Who) throws {
        for route in try Bench().api.routes where route.name != "GET /" {
            let application = route.path.contains("{application}") ? Samples.ramen : nil
            let scope = try? authorize(who.caller, route.permission, application: application)
            #expect((scope != nil) == Self.allowed[route.name]?.contains(who), "\(route.name) for \(who)")
        }
    }

    @Test(arguments: Who.allCases.filter { $0 != .session })
    func theRouterAsksForEachRoute(_ who: Who) async throws {
        let bench = try Bench()
        for route in bench.api.routes where !["GET /", "GET /sign-in", "POST /sign-in"].contains(route.name) {
            // An allowed request to these routes has no end; the test looks at their refusals only.
            let isEndless = route.name == "GET /live" || route.name == "GET /v1/events"
            let isAllowed = Self.allowed[route.name]?.contains(who) == true
            if isEndless && isAllowed { continue }
            let response = try await bench.send(
                route.method, route.examplePath, body: route.method == .post ? "{}" : nil, token: who.token,
                at: .network)
            let isRefused = response.status == .unauthorized || response.status == .forbidden
            #expect(isRefused != isAllowed, "\(route.name) for \(who): \(response.status)")
            if isRefused { #expect(try !response.problem().message.isEmpty) }
        }
    }

    @Test func theUnixSocketIsAnAdministrators() throws {
        for route in try Bench().api.routes {
            let scope = try authorize(.local, route.permission, application: nil)
            #expect(scope == (route.permission == .nothing ? .nothing : .everything))
        }
    }

    @Test(arguments: [("true", false), ("1", false), ("", false), ("false", true), ("0", true)])
    func askingForThePasswordNeedsMoreThanReading(value: String, isAllowed: Bool) async throws {
        let uri = "/v1/applications/ramen/services/data?show_password=\(value)"
        let response = try await Bench().send(.get, uri, token: "read-token")
        #expect((response.status == .ok) == isAllowed)
        #expect(!response.text.contains("service-secret"))
        #expect(try await Bench().send(.get, uri, token: "ramen-token").status == .ok)
    }

    @Test func anEncodedSecretItemIsNoWayAround() async throws {
        let uri = "/v1/applications/ramen/services/data?show%5Fpassword=true"
        let response = try await Bench().send(.get, uri, token: "read-token")
        #expect(response.status == .badRequest)
        #expect(!response.text.contains("service-secret"))
    }

    @Test(arguments: [
        "/v1/applications", "/v1/usage", "/v1/snapshots", "/v1/engines",
    ])
    func anApplicationsTokenSeesNothingOfOthers(uri: String) async throws {
        let own = try await Bench().send(.get, uri, token: "ramen-token")
        #expect(own.status == .ok)
        #expect(own.text.contains("ramen"))
        #expect(!own.text.contains("tea") && !own.text.contains("leaves"))
        let all = try await Bench().send(.get, uri, token: "read-token")
        #expect(all.text.contains("tea"))
    }

    @Test func operationsOfOthersDoNotExistForAnApplicationsToken() async throws {
        let bench = try Bench()
        _ = try await bench.send(.post, "/v1/applications/tea/services/leaves/restart", body: "{}")
        let response = try await bench.send(.get, "/v1/operations/op1?wait=5", token: "ramen-token")
        #expect(try response.problem().code == .operationNotFound)
        #expect(try await bench.send(.get, "/v1/operations/op1", token: "tea-token").status == .ok)
        #expect(bench.platform.state.withLock(\.waits).isEmpty)
    }

    @Test(arguments: ["/v1/events?limit=5&application=tea", "/v1/usage?application=tea"])
    func askingForAnotherApplicationIsRefused(uri: String) async throws {
        #expect(try await Bench().send(.get, uri, token: "ramen-token").status == .forbidden)
    }

    @Test func eventsOfTheMachineAreNotAnApplications() async throws {
        let bench = try Bench()
        bench.platform.report("daemon_started", application: nil)
        bench.platform.report("instance_started", application: "ramen")
        bench.platform.report("instance_started", application: "tea")
        let events = try await bench.send(.get, "/v1/events?limit=9", token: "ramen-token")
            .decoded(ItemList<EventInfo>.self).items
        #expect(events.map(\.application) == ["ramen"])
    }

    @Test(arguments: ["Basic YTpi", "Bearer", "Bearer ", "Bearer nobody-knows", "admin-token"])
    func anythingButAKnownTokenIsRefused(header: String) async throws {
        let bench = try Bench()
        let response = try await bench.send(
            .get, "/v1/applications", headers: [.authorization: header], at: .network)
        #expect(response.status == .unauthorized)
        #expect(response.headers[.wwwAuthenticate]?.hasPrefix("Bearer") == true)
        #expect(try response.problem().code == .unauthorized)
        #expect(!bench.log.text.contains("nobody-knows"))
    }

    @Test func aTokenIsNeededOverTCPEvenFromTheMachineItself() async throws {
        #expect(try await Bench().send(.get, "/v1/applications", at: .network).status == .unauthorized)
    }
}

extension HTTPRoute {
    var name: String { "\(method) \(path)" }

    /// The path with names of the samples in it.
    var examplePath: String {
        let names = [
            "{application}": "ramen", "{service}": "data", "{instance}": "data.0", "{user}": "root",
            "{snapshot}": "20261121-064406", "{token}": "ci", "{operation}": "op1", "{engine}": "mariadb@10.11.19",
            "{clone}": "mine", "{template}": "shop",
        ]
        return names.reduce(path) { $0.replacing($1.key, with: $1.value) }
    }
}
