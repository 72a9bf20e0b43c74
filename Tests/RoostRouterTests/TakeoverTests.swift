import Foundation
import NIOCore
import RoostModel
import RoostRouter
import Synchronization
import Testing

/// One router replaces another of the same home.
@Suite(.timeLimit(.minutes(1))) struct TakeoverTests {
    @Test func refusesNoConnectionAndCutsNone() async throws {
        try await TestHome.with { home in
            try await TestServer.with(TestServer.echo) { backend in
                let route = Route.sample(port: FreePort.take(), to: backend)
                try await TestRouter.with(in: home) { first in
                    try await first.serve([route], revision: 1)
                    try await Hammer.with(4, at: route.port) { hammer in
                        try await TestClient.connect(to: route.port).converse { input, output in
                            var reader = Reader(input)
                            try await output.write(ByteBuffer(string: "before"))
                            try await reader.expect("before")
                            try await TestRouter.with(in: home, replacing: first) { second in
                                try await second.wait(for: route.name) { $0.totalConnections > 20 }
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

    /// By events: no tick comes within this test's time, neither for a change of the table nor for the end of the drain.
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
                // Meanwhile the table stands still, and there is only one to take over.
                let meanwhile = try await router.control.ask(.apply(RoutingTable(revision: 2, routes: [])))
                #expect(meanwhile.refusal?.hasPrefix("another router is taking over") == true)
                #expect(try await router.control.ask(.takeOver).refusal?.hasPrefix("another router") == true)
                try await failing.close()
                // Its end is noticed; then all is as before.
                while try await router.control.ask(.apply(RoutingTable(revision: 2, routes: [route]))).refusal != nil {
                    try await Task.sleep(for: .milliseconds(2))
                }
                try await TestClient.expect("still here", for: "still here", at: route.port)
            }
        }
    }
}
