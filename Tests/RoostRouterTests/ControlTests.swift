import Foundation
import NIOCore
import RoostModel
import RoostRouter
import Testing

/// Requests of roostd to the router, and the state that a restart keeps.
@Suite(.timeLimit(.minutes(1))) struct ControlTests {
    @Test func answersSeveralRequestsOnOneConnection() async throws {
        try await TestRouter.with { router in
            let empty = try await router.control.ask(.status)
            #expect(empty.revision == 0 && empty.routes.isEmpty && empty.refusal == nil)
            #expect(empty.pid == ProcessInfo.processInfo.processIdentifier)
            let route = Route.sample(port: FreePort.take(), to: FreePort.take())
            let applied = try await router.control.ask(.apply(RoutingTable(revision: 4, routes: [route])))
            #expect(applied.revision == 4)
            #expect(applied.routes.map(\.name) == [route.name])
            #expect(applied.routes.first?.listenError == nil)
            #expect(try await router.control.ask(.status) == applied)
        }
    }

    @Test func refusesALowerRevisionAndKeepsWhatIsInForce() async throws {
        try await TestServer.with(TestServer.echo) { backend in
            try await TestRouter.with { router in
                let route = Route.sample(port: FreePort.take(), to: backend)
                try await router.serve([route], revision: 5)
                let reply = try await router.control.ask(.apply(RoutingTable(revision: 4, routes: [])))
                #expect(reply.refusal == "revision 4 is older than the active revision 5")
                #expect(reply.revision == 5)
                try await TestClient.expect("here", for: "here", at: route.port)
            }
        }
    }

    @Test func keepsARouteWhoseEpochIsLowerAndSaysSo() async throws {
        try await TestServer.with(TestServer.echo) { backend in
            try await TestRouter.with { router in
                let route = Route.sample(port: FreePort.take(), to: backend, epoch: 3)
                try await router.serve([route], revision: 1)
                let stale = route.with(backend: FreePort.take(), gate: .closed, epoch: 2)
                let reply = try await router.control.ask(.apply(RoutingTable(revision: 2, routes: [stale])))
                let reason = "route ramen/data stays at epoch 3: the table has epoch 2"
                #expect(reply.refusal == reason, "for a roostd of before")
                #expect(reply.refusals == [RouteRefusal(name: "ramen/data", reason: reason)])
                #expect(reply.revision == 2)
                try await TestClient.expect("here", for: "here", at: route.port)
            }
        }
    }

    @Test func takesADifferenceAndRefusesOneRouteOfItAlone() async throws {
        try await TestServer.with(TestServer.greeting("one")) { one in
            try await TestServer.with(TestServer.greeting("two")) { two in
                try await TestRouter.with { router in
                    let hello = try await router.control.ask(.status)
                    #expect(hello.protocolVersion == RouterProtocol.newest && hello.refusals == [])
                    let a = Route.sample("a", port: FreePort.take(), to: one, epoch: 3)
                    let b = Route.sample("b", port: FreePort.take(), to: one)
                    let c = Route.sample("c", port: FreePort.take(), to: one)
                    try await router.serve([a, b, c], revision: 1)
                    let change = RoutingChange(
                        from: 1, revision: 2, set: [a.with(backend: two, epoch: 2), b.with(backend: two)],
                        removed: ["c"])
                    let reply = try await router.control.ask(.change(change))
                    #expect(reply.revision == 2 && reply.isOutOfStep == nil)
                    #expect(reply.refusals?.map(\.name) == ["a"])
                    #expect(reply.routes.map(\.name) == ["a", "b"])
                    try await TestClient.expect("one", for: "", at: a.port)
                    try await TestClient.expect("two", for: "", at: b.port)
                    // The same change again does not apply to the table that is in force now.
                    let late = try await router.control.ask(.change(change))
                    #expect(late.isOutOfStep == true && late.revision == 2 && late.refusal == nil)
                }
            }
        }
    }

    @Test func servesItsStoredTableAfterARestartBeforeAnybodySpeaks() async throws {
        try await TestHome.with { home in
            try await TestServer.with(TestServer.echo) { backend in
                let route = Route.sample(port: FreePort.take(), to: backend, epoch: 3)
                try await TestRouter.with(in: home) { try await $0.serve([route], revision: 7) }
                try await TestRouter.with(in: home) { router in
                    try await TestClient.expect("again", for: "again", at: route.port)
                    #expect(try await router.control.ask(.status).revision == 7)
                    let stale = RoutingTable(revision: 8, routes: [route.with(epoch: 2)])
                    #expect(try await router.control.ask(.apply(stale)).refusal != nil)
                }
            }
        }
    }

    /// Clients wait for an opening, and a crash that finds the route held loses nothing; a fence is on disk first.
    @Test func anOpeningDoesNotWaitForTheDisk() async throws {
        try await TestHome.with { home in
            try await TestServer.with(TestServer.echo) { backend in
                let route = Route.sample(port: FreePort.take(), to: backend)
                try await TestRouter.with(in: home) { router in
                    try await router.serve([route.with(gate: .held)], revision: 1)
                    // A folder is in the place of the new table's file.
                    let blocked = "\(RouterHome(home: home.path).table).new"
                    try FileManager.default.createDirectory(atPath: blocked, withIntermediateDirectories: false)
                    let opened = try await router.control.ask(.apply(RoutingTable(revision: 2, routes: [route])))
                    #expect(opened.refusal == nil && opened.revision == 2)
                    try await TestClient.expect("here", for: "here", at: route.port)
                    let fenced = RoutingTable(revision: 3, routes: [route.with(epoch: 9)])
                    #expect(
                        try await router.control.ask(.apply(fenced)).refusal?.contains("could not be stored") == true)
                    try FileManager.default.removeItem(atPath: blocked)
                    // The same table again reaches the disk, which the opening did not.
                    _ = try await router.control.ask(.apply(RoutingTable(revision: 2, routes: [route])))
                }
                try await TestRouter.with(in: home) { router in
                    #expect(try await router.control.ask(.status).revision == 2)
                    try await TestClient.expect("again", for: "again", at: route.port)
                }
            }
        }
    }

    @Test func startsEmptyBesideATableThatItCannotRead() async throws {
        try await TestHome.with { home in
            let folder = RouterHome(home: home.path)
            try FileManager.default.createDirectory(atPath: folder.folder, withIntermediateDirectories: false)
            try Data("half a tab".utf8).write(to: URL(fileURLWithPath: folder.table))
            try await TestRouter.with(in: home) { router in
                #expect(try await router.control.ask(.status).revision == 0)
                try await router.serve([], revision: 1)
            }
            let files = try FileManager.default.contentsOfDirectory(atPath: folder.folder)
            let aside = try #require(files.first { $0.hasPrefix("table.json.unreadable-") })
            #expect(FileManager.default.contents(atPath: "\(folder.folder)/\(aside)") == Data("half a tab".utf8))
        }
    }

    @Test func replacesASocketFileThatADeadRouterLeft() async throws {
        try await TestHome.with { home in
            let folder = RouterHome(home: home.path)
            try FileManager.default.createDirectory(atPath: folder.folder, withIntermediateDirectories: false)
            try Data().write(to: URL(fileURLWithPath: folder.controlSocket))
            try await TestRouter.with(in: home) { router in
                #expect(try await router.control.ask(.status).revision == 0)
                let attributes = try FileManager.default.attributesOfItem(atPath: folder.controlSocket)
                #expect(attributes[.posixPermissions] as? Int == 0o600)
            }
            #expect(!FileManager.default.fileExists(atPath: folder.controlSocket))
        }
    }

    @Test func reportsATakenPortServesTheOthersAndListensOnceItIsFree() async throws {
        try await TestServer.with(TestServer.echo) { backend in
            try await TestRouter.with { router in
                let taken = Route.sample("taken", port: FreePort.take(), to: backend)
                let other = Route.sample("other", port: FreePort.take(), to: backend)
                let occupier = try #require(Occupied(taken.port))
                let reply = try await router.control.ask(.apply(RoutingTable(revision: 1, routes: [taken, other])))
                #expect(reply.refusal == nil)
                #expect(reply.routes.map(\.listenError) == ["127.0.0.1:\(taken.port): address in use", nil])
                try await TestClient.expect("other", for: "other", at: other.port)
                occupier.release()
                try await router.wait(for: "taken") { $0.listenError == nil }
                try await TestClient.expect("free", for: "free", at: taken.port)
            }
        }
    }

    @Test func exchangesThePortsOfTwoRoutes() async throws {
        try await TestServer.with(TestServer.greeting("one")) { one in
            try await TestServer.with(TestServer.greeting("two")) { two in
                try await TestRouter.with { router in
                    let (a, b) = (FreePort.take(), FreePort.take())
                    for (revision, ports) in [(1, [a, b]), (2, [b, a])] as [(UInt64, [PortNumber])] {
                        try await router.serve(
                            [.sample("one", port: ports[0], to: one), .sample("two", port: ports[1], to: two)],
                            revision: revision)
                        #expect(try await router.control.ask(.status).routes.map(\.listenError) == [nil, nil])
                    }
                    try await TestClient.expect("one", for: "", at: b)
                    try await TestClient.expect("two", for: "", at: a)
                }
            }
        }
    }

    @Test(arguments: ["GET / HTTP/1.1", "", "{}", #"{"apply":{"_0":{"revision":"x"}}}"#, "\u{0}\u{1}\u{ff}"])
    func refusesGarbageAndHangsUp(_ text: String) async throws {
        try await TestRouter.with { router in
            let control = try await TestControl.open(router.folder.controlSocket)
            let reply = try #require(try await control.send(Data(text.utf8)))
            #expect(reply.refusal?.hasPrefix("not a request") == true)
            #expect(try await control.nextReply() == nil)
            // Other connections are not affected.
            #expect(try await router.control.ask(.status).refusal == nil)
        }
    }

    @Test func refusesAnEndlessLine() async throws {
        try await TestRouter.with { router in
            let control = try await TestControl.open(router.folder.controlSocket)
            let reply = try #require(try await control.send(Data(repeating: UInt8(ascii: "x"), count: 17 << 20)))
            #expect(reply.refusal == "a request is at most 16777216 bytes long")
        }
    }

    @Test func takesOnlySoManyControlConnections() async throws {
        try await TestRouter.with { router in
            var others: [TestControl] = []
            for _ in 0..<15 { others.append(try await TestControl.open(router.folder.controlSocket)) }
            let surplus = try await TestControl.connect(router.folder.controlSocket)
            #expect(try await surplus.send(JSON.encode(RouterRequest.status)) == nil)
            try await others[0].close()
        }
    }

    @Test func endsEverythingWhenToldTo() async throws {
        try await TestServer.with(TestServer.greeting("hello")) { backend in
            try await TestRouter.with { router in
                let route = Route.sample(port: FreePort.take(), to: backend)
                try await router.serve([route], revision: 1)
                try await TestClient.connect(to: route.port).converse { input, _ in
                    var reader = Reader(input)
                    try await reader.expect("hello")
                    #expect(try await router.control.ask(.shutDown).refusal == nil)
                    await reader.expectEnd()
                }
                #expect(try await router.control.nextReply() == nil)
            }
        }
    }
}
