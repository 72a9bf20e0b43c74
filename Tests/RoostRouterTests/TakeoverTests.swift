import Foundation
import NIOCore
import RoostModel
import RoostRouter
import Synchronization
import Testing

/// A new router replaces the running router of the same home.
@Suite(.timeLimit(.minutes(1))) struct TakeoverTests {
    @Test func refusesNoConnectionAndCutsNone() async throws {
        try await TestHome.with { home in
            try await TestServer.with(TestServer.echo) { backend in
                let route = Route.sample(port: FreePort.take(), to: backend, purpose: .read)
                try await TestRouter.with(in: home) { first in
                    try await first.serve([route], revision: 1)
                    #expect(try await first.status(of: route.name).busyBackends != nil)
                    try await Hammer.with(4, at: route.port) { hammer in
                        try await TestClient.connect(to: route.port).converse { input, output in
                            var reader = Reader(input)
                            try await output.write(ByteBuffer(string: "before"))
                            try await reader.expect("before")
                            try await TestRouter.with(in: home, replacing: first) { second in
                                try await second.wait(for: route.name) { $0.totalConnections > 20 }
                                // The first router has a connection that the second does not know.
                                #expect(try await second.status(of: route.name).busyBackends == nil)
                                try await output.write(ByteBuffer(string: "after"))
                                try await reader.expect("after")
                                try await hammer.rest()
                            }
                        }
                    }
                }
            }
        }
    }

    /// Sessions follow by events: no tick comes within this test's time, neither for a table change nor for the
    /// drain's end.
    @Test func drainingSessionsStillFollowTheTable() async throws {
        try await TestHome.with { home in
            try await TestServer.with(TestServer.greeting("old")) { old in
                try await TestServer.with(TestServer.greeting("new")) { new in
                    let route = Route.sample(port: FreePort.take(), to: old)
                    try await TestRouter.with(in: home, tick: .seconds(3600)) { first in
                        try await first.serve([route], revision: 1)
                        try await TestClient.connect(to: route.port).converse { input, _ in
                            var reader = Reader(input)
                            try await reader.expect("old")
                            try await TestRouter.with(in: home, replacing: first) { second in
                                try await second.serve([route.with(backend: new, epoch: 2)], revision: 2)
                                await reader.expectEnd()
                                try await TestClient.expect("new", for: "", at: route.port)
                            }
                        }
                    }
                }
            }
        }
    }

    @Test func aNewRouterThatFailsOnTheWayCostsNothing() async throws {
        try await TestServer.with(TestServer.echo) { backend in
            try await TestRouter.with { router in
                let route = Route.sample(port: FreePort.take(), to: backend)
                try await router.serve([route], revision: 1)
                let failing = try await TestControl.open(router.folder.controlSocket)
                #expect(try await failing.ask(.takeOver).refusal == nil)
                // During a takeover the table cannot change, and no second takeover can begin.
                let meanwhile = try await router.control.ask(.apply(RoutingTable(revision: 2, routes: [])))
                #expect(meanwhile.refusal?.hasPrefix("another router is taking over") == true)
                #expect(try await router.control.ask(.takeOver).refusal?.hasPrefix("another router") == true)
                try await failing.close()
                // The router notices that the other is gone, and then takes tables again.
                while try await router.control.ask(.apply(RoutingTable(revision: 2, routes: [route]))).refusal != nil {
                    try await Task.sleep(for: .milliseconds(2))
                }
                try await TestClient.expect("still here", for: "still here", at: route.port)
            }
        }
    }
}
