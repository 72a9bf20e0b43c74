import Foundation
import NIOCore
import RoostModel
import RoostRouter
import Synchronization
import Testing

/// Connections that cannot be served at once.
@Suite(.timeLimit(.minutes(1))) struct WaitingTests {
    private let name = "ramen/data"

    @Test func releasesHeldConnectionsWhenTheGateOpens() async throws {
        try await TestServer.with(TestServer.greeting("hello")) { backend in
            try await TestRouter.with { router in
                let route = Route.sample(wire: "mysql", port: FreePort.take(), to: backend, gate: .held)
                try await router.serve([route], revision: 1)
                async let first: Void = Self.expectGreeting(at: route.port)
                async let second: Void = Self.expectGreeting(at: route.port)
                try await router.wait(for: name) { $0.waitingConnections == 2 }
                try await router.serve([route.with(gate: .open)], revision: 2)
                _ = try await (first, second)
                try await router.wait(for: name) { $0.waitingConnections == 0 }
            }
        }
    }

    @Test func leavesEstablishedConnectionsAloneWhenTheGateIsHeldOrClosed() async throws {
        try await TestServer.with(TestServer.greeting("hello")) { backend in
            try await TestRouter.with { router in
                let route = Route.sample(wire: "mysql", port: FreePort.take(), to: backend)
                try await router.serve([route], revision: 1)
                try await TestClient.connect(to: route.port).converse { input, output in
                    var reader = Reader(input)
                    try await reader.expect("hello")
                    for (revision, gate) in [(2, Route.Gate.held), (3, .closed)] {
                        try await router.serve([route.with(gate: gate)], revision: UInt64(revision))
                        try await output.write(ByteBuffer(string: "still"))
                        try await reader.expect("still")
                    }
                }
            }
        }
    }

    @Test func tellsAMySQLClientThatItWaitedInVain() async throws {
        try await TestRouter.with(sessions: .impatient(.milliseconds(50))) { router in
            let route = Route.sample(wire: "mysql", port: FreePort.take(), to: FreePort.take())
            try await router.serve([route], revision: 1)
            let error = MySQLClientError(try await TestClient.listen(to: route.port))
            #expect(
                error
                    == MySQLClientError(
                        code: 1040, message: "roost: ramen/data is not accepting connections (waited 0.05 s)"))
            #expect(try await router.status(of: name).refusedConnections == 1)
        }
    }

    @Test func tellsAMySQLClientThatTheServiceIsStopped() async throws {
        try await TestRouter.with { router in
            let route = Route.sample(wire: "mysql", port: FreePort.take(), to: FreePort.take(), gate: .closed)
            try await router.serve([route], revision: 1)
            let error = MySQLClientError(try await TestClient.listen(to: route.port))
            #expect(error == MySQLClientError(code: 1053, message: "roost: ramen/data is stopped"))
        }
    }

    @Test func disconnectsAClientOfAnotherWireWithoutAWord() async throws {
        try await TestRouter.with { router in
            let route = Route.sample(wire: "mongodb", port: FreePort.take(), to: FreePort.take(), gate: .closed)
            try await router.serve([route], revision: 1)
            #expect(try await TestClient.listen(to: route.port).readableBytes == 0)
        }
    }

    @Test func waitsForAServerThatStartsLater() async throws {
        try await TestRouter.with { router in
            let route = Route.sample(wire: "mysql", port: FreePort.take(), to: FreePort.take())
            try await router.serve([route], revision: 1)
            try await withThrowingTaskGroup(of: Void.self) { clients in
                clients.addTask { try await Self.expectGreeting(at: route.port) }
                try await router.wait(for: name) { $0.waitingConnections == 1 }
                try await TestServer.with(TestServer.greeting("hello"), on: route.backend.port) { _ in
                    try await clients.waitForAll()
                }
            }
        }
    }

    @Test func keepsWhatTheClientSentWhileItsServerWasNotThere() async throws {
        try await TestRouter.with { router in
            let route = Route.sample(port: FreePort.take(), to: FreePort.take())
            try await router.serve([route], revision: 1)
            // The client ends its output at once, which the router sees long before there is a server.
            try await withThrowingTaskGroup(of: Void.self) { clients in
                clients.addTask {
                    try await TestClient.expect("early", for: "early", at: route.port)
                }
                try await router.wait(for: name) { $0.waitingConnections == 1 }
                try await TestServer.with(TestServer.echo, on: route.backend.port) { _ in
                    try await clients.waitForAll()
                }
            }
        }
    }

    /// A server that is stopping or starting accepts a connection and then ends it without a byte.
    @Test func hidesServersThatDieBeforeTheyGreet() async throws {
        let attempts = Mutex(0)
        let shaky: TestServer.Serve = { input, output in
            let attempt = attempts.withLock { attempts in
                attempts += 1
                return attempts
            }
            if attempt > 3 { try await TestServer.greeting("hello")(input, output) }
        }
        try await TestServer.with(shaky) { backend in
            try await TestRouter.with { router in
                let route = Route.sample(wire: "mysql", port: FreePort.take(), to: backend)
                try await router.serve([route], revision: 1)
                try await Self.expectGreeting(at: route.port)
                #expect(attempts.withLock { $0 } == 4)
            }
        }
    }

    @Test func givesUpOnAServerThatAcceptsAndNeverSpeaks() async throws {
        let mute: TestServer.Serve = { input, _ in _ = try await input.collect() }
        try await TestServer.with(mute) { backend in
            try await TestRouter.with(sessions: .impatient(.milliseconds(50))) { router in
                let route = Route.sample(wire: "mysql", port: FreePort.take(), to: backend)
                try await router.serve([route], revision: 1)
                let error = MySQLClientError(try await TestClient.listen(to: route.port))
                #expect(error?.message == "roost: the server of ramen/data does not answer (waited 0.05 s)")
            }
        }
    }

    @Test func refusesWhomTheWaitingRoomCannotHold() async throws {
        try await TestRouter.with(sessions: .impatient(.seconds(600), room: 1)) { router in
            let route = Route.sample(wire: "mysql", port: FreePort.take(), to: FreePort.take(), gate: .held)
            try await router.serve([route], revision: 1)
            try await TestClient.connect(to: route.port).converse { input, _ in
                try await router.wait(for: name) { $0.waitingConnections == 1 }
                let error = MySQLClientError(try await TestClient.listen(to: route.port))
                #expect(error?.message.contains("1 connections are already waiting") == true)
                // The waiting client is told when the service stops.
                try await router.serve([route.with(gate: .closed)], revision: 2)
                #expect(MySQLClientError(try await input.collect())?.code == 1053)
            }
        }
    }

    @Test func forgetsAWaitingClientThatGoesAway() async throws {
        try await TestRouter.with(sessions: .impatient(.seconds(600))) { router in
            let route = Route.sample(wire: "mysql", port: FreePort.take(), to: FreePort.take(), gate: .held)
            try await router.serve([route], revision: 1)
            try await TestClient.connect(to: route.port).converse { _, _ in
                try await router.wait(for: name) { $0.waitingConnections == 1 }
            }
            try await router.wait(for: name) { $0.waitingConnections == 0 && $0.openConnections == 0 }
        }
    }

    @Test func sendsNewConnectionsToANewBackendAndEndsTheOldOnes() async throws {
        try await TestServer.with(TestServer.greeting("old")) { old in
            try await TestServer.with(TestServer.greeting("new")) { new in
                try await TestRouter.with { router in
                    let route = Route.sample(wire: "mysql", port: FreePort.take(), to: old)
                    try await router.serve([route], revision: 1)
                    try await TestClient.connect(to: route.port).converse { input, _ in
                        var reader = Reader(input)
                        try await reader.expect("old")
                        try await router.serve([route.with(backend: new, epoch: 2)], revision: 2)
                        await reader.expectEnd()
                    }
                    try await Self.expectGreeting("new", at: route.port)
                }
            }
        }
    }

    @Test func endsTheConnectionsOfARemovedRouteAndFreesItsPort() async throws {
        try await TestServer.with(TestServer.greeting("hello")) { backend in
            try await TestRouter.with { router in
                let route = Route.sample(wire: "mysql", port: FreePort.take(), to: backend)
                try await router.serve([route], revision: 1)
                try await TestClient.connect(to: route.port).converse { input, _ in
                    var reader = Reader(input)
                    try await reader.expect("hello")
                    try await router.serve([], revision: 2)
                    await reader.expectEnd()
                }
                let freed = try #require(Occupied(route.port))
                freed.release()
            }
        }
    }

    @Test func keepsConnectionsWhenTheirRouteMovesToAnotherPort() async throws {
        try await TestServer.with(TestServer.greeting("hello")) { backend in
            try await TestRouter.with { router in
                let route = Route.sample(wire: "mysql", port: FreePort.take(), to: backend)
                try await router.serve([route], revision: 1)
                try await TestClient.connect(to: route.port).converse { input, output in
                    var reader = Reader(input)
                    try await reader.expect("hello")
                    let moved = route.with(port: FreePort.take())
                    try await router.serve([moved], revision: 2)
                    try await output.write(ByteBuffer(string: "stays"))
                    try await reader.expect("stays")
                    try await Self.expectGreeting(at: moved.port)
                    await #expect(throws: (any Error).self) { try await TestClient.connect(to: route.port) }
                }
            }
        }
    }

    private static func expectGreeting(
        _ text: String = "hello", at port: PortNumber, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await TestClient.connect(to: port).converse { input, _ in
            var reader = Reader(input)
            try await reader.expect(text, sourceLocation: sourceLocation)
        }
    }
}
