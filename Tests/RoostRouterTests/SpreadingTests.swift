import NIOCore
import RoostModel
import RoostRouter
import Testing

/// Connections of a route with several servers.
@Suite(.timeLimit(.minutes(1))) struct SpreadingTests {
    private static let names = ["one", "two"]

    /// Runs two servers that greet with their names, and a router with one route to both.
    private static func withServers(
        weights: Int = 1, _ body: @Sendable @escaping (PortNumber, TestRouter) async throws -> Void
    ) async throws {
        try await TestServer.with(TestServer.greeting(names[0])) { one in
            try await TestServer.with(TestServer.greeting(names[1])) { two in
                try await TestRouter.with { router in
                    let port = FreePort.take()
                    let route = Route.sample(wire: "mysql", port: port, to: one, others: [(two, weights)])
                    try await router.serve([route], revision: 1)
                    try await body(port, router)
                }
            }
        }
    }

    /// Opens connections one after another, each of which stays open while the others are, and returns their servers.
    private static func open(_ count: Int, at port: PortNumber) async throws -> [String] {
        guard count > 0 else { return [] }
        return try await TestClient.connect(to: port).converse { input, _ in
            var reader = Reader(input)
            let name = try await reader.text(3)
            return try await [name] + open(count - 1, at: port)
        }
    }

    @Test func openConnectionsAreSpreadEvenly() async throws {
        try await Self.withServers { port, _ in
            let servers = try await Self.open(10, at: port)
            #expect(servers == Array(repeating: Self.names, count: 5).flatMap { $0 })
        }
    }

    @Test func aServerWithMoreWeightHasMoreConnections() async throws {
        try await Self.withServers(weights: 3) { port, _ in
            let servers = try await Self.open(12, at: port)
            #expect(servers.count { $0 == "one" } == 3 && servers.count { $0 == "two" } == 9)
        }
    }

    /// By turns alone the connections would go to both servers, one each.
    @Test func newConnectionsGoWhereOthersHaveEnded() async throws {
        try await Self.withServers { port, router in
            try await TestClient.connect(to: port).converse { input, _ in
                var first = Reader(input)
                #expect(try await first.text(3) == "one")
                for _ in 1...4 {
                    #expect(try await Self.open(1, at: port) == ["two"])
                    try await router.wait(for: "ramen/data") { $0.openConnections == 1 }
                }
            }
        }
    }

    /// A server whose weight becomes 0 keeps its connections and gets no more; the router tells when the last has ended.
    @Test func aServerWithoutWeightKeepsItsConnectionsUntilTheyEnd() async throws {
        try await TestServer.with(TestServer.greeting(Self.names[0])) { one in
            try await TestServer.with(TestServer.greeting(Self.names[1])) { two in
                try await TestRouter.with { router in
                    let port = FreePort.take()
                    func route(_ weight: Int) -> Route {
                        .sample(wire: "mysql", port: port, to: one, others: [(two, weight)], purpose: .read)
                    }
                    try await router.serve([route(1)], revision: 1)
                    let backends = route(1).backends.map(\.backend)
                    try await TestClient.connect(to: port).converse { input, _ in
                        var first = Reader(input)
                        #expect(try await first.text(3) == "one")
                        try await TestClient.connect(to: port).converse { input, _ in
                            var second = Reader(input)
                            #expect(try await second.text(3) == "two")
                            try await router.serve([route(0)], revision: 2)
                            #expect(try await Self.open(2, at: port) == ["one", "one"])
                            try await router.wait(for: "ramen/data") { $0.openConnections == 2 }
                            #expect(
                                Set(try await router.status(of: "ramen/data").busyBackends?.map(\.backend) ?? [])
                                    == Set(backends))
                        }
                        try await router.wait(for: "ramen/data") {
                            $0.busyBackends == [.init(backends[0], openConnections: 1)]
                        }
                    }
                }
            }
        }
    }

    @Test func aServerThatRefusesIsPassedOverAndTheClientDoesNotNotice() async throws {
        try await TestServer.with(TestServer.greeting("two")) { two in
            // No pause is needed, and no client waits.
            try await TestRouter.with(sessions: .impatient(.seconds(10), room: 0)) { router in
                let route = Route.sample(
                    wire: "mysql", port: FreePort.take(), to: FreePort.take(), others: [(two, 1)])
                try await router.serve([route], revision: 1)
                #expect(try await Self.open(6, at: route.port) == Array(repeating: "two", count: 6))
                #expect(try await router.status(of: "ramen/data").refusedConnections == 0)
            }
        }
    }

    @Test func aServerThatEndsBeforeItsGreetingIsPassedOver() async throws {
        try await TestServer.with({ _, _ in }) { silent in
            try await TestServer.with(TestServer.greeting("two")) { two in
                try await TestRouter.with(sessions: .impatient(.seconds(10), room: 0)) { router in
                    let route = Route.sample(wire: "mysql", port: FreePort.take(), to: silent, others: [(two, 1)])
                    try await router.serve([route], revision: 1)
                    #expect(try await Self.open(3, at: route.port) == Array(repeating: "two", count: 3))
                }
            }
        }
    }
}
