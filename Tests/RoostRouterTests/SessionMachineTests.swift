import RoostModel
import RoostRouter
import Testing

/// The life of one connection, event by event.
struct SessionMachineTests {
    private static let old = Route.Backend(host: "127.0.0.1", port: 3000)
    private static let new = Route.Backend(host: "127.0.0.1", port: 3001)
    private static let open = view(.open, old)
    private static let held = view(.held, old)
    private static let closed = view(.closed, old)
    private static let moved = view(.open, new)

    private static func view(
        _ gate: Route.Gate, _ backends: Route.Backend..., epoch: UInt64 = 1, fence: UInt64 = 0
    ) -> SessionMachine.View {
        SessionMachine.View(
            gate: gate, backends: backends.map { .init($0, weight: 1) }, epoch: epoch, fence: fence)
    }

    /// An event after acceptance, and the actions that it must lead to.
    struct Step: Sendable {
        let event: SessionMachine.Event
        let at: Duration
        let waiting: Int
        let actions: [SessionMachine.Action]
    }

    struct Story: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let wire: Wire
        let view: SessionMachine.View
        let steps: [Step]

        init(_ name: String, _ wire: Wire, _ view: SessionMachine.View, _ steps: Step...) {
            testDescription = name
            self.wire = wire
            self.view = view
            self.steps = steps
        }
    }

    @Test(arguments: stories)
    func followsItsStory(_ story: Story) {
        var machine = SessionMachine(wire: story.wire, policy: .init(), view: story.view)
        var load = BackendLoad()
        for (index, step) in story.steps.enumerated() {
            let actions = machine.handle(step.event, elapsed: step.at, waiting: step.waiting, load: &load)
            #expect(actions == step.actions, "step \(index): \(step.event)")
        }
    }

    private static let third = Route.Backend(host: "127.0.0.1", port: 3002)

    /// Sessions of one route, which share its count.
    private struct Sessions {
        var load = BackendLoad()
        let view: SessionMachine.View

        mutating func begin() -> SessionMachine {
            var machine = SessionMachine(wire: .plain, policy: .init(), view: view)
            _ = machine.handle(.accepted, elapsed: .zero, waiting: 0, load: &load)
            return machine
        }

        @discardableResult
        mutating func tell(_ machine: inout SessionMachine, _ event: SessionMachine.Event) -> [SessionMachine.Action] {
            machine.handle(event, elapsed: .zero, waiting: 0, load: &load)
        }

        var open: [Int] { view.backends.map { load.open(at: $0.backend) } }
    }

    @Test func aSessionCountsAtItsServerUntilItEnds() {
        var sessions = Sessions(view: Self.view(.open, Self.old, Self.new))
        var (first, second, third) = (sessions.begin(), sessions.begin(), sessions.begin())
        #expect(sessions.open == [2, 1])
        sessions.tell(&first, .connected)
        sessions.tell(&second, .connected)
        #expect(sessions.open == [2, 1])
        sessions.tell(&first, .clientClosed)
        sessions.tell(&third, .clientClosed)
        #expect(sessions.open == [0, 1])
        sessions.tell(&second, .routeRemoved)
        sessions.tell(&second, .clientClosed)
        #expect(sessions.open == [0, 0])
    }

    @Test func aSessionThatWaitsCountsAtNoServer() {
        var sessions = Sessions(view: Self.view(.open, Self.old))
        var machine = sessions.begin()
        #expect(sessions.open == [1])
        sessions.tell(&machine, .connectFailed)
        #expect(sessions.open == [0])
        sessions.tell(&machine, .woken)
        #expect(sessions.open == [1])
        // Another attempt at the same server is the same connection.
        sessions.tell(&machine, .routeChanged(Self.view(.open, Self.old, epoch: 2, fence: 2)))
        #expect(sessions.open == [1])
        sessions.tell(&machine, .routeChanged(Self.held))
        #expect(sessions.open == [0])
    }

    private static func on(
        _ event: SessionMachine.Event, at milliseconds: Int = 0, waiting: Int = 0, _ actions: SessionMachine.Action...
    ) -> Step {
        Step(event: event, at: .milliseconds(milliseconds), waiting: waiting, actions: actions)
    }

    private static let connect = SessionMachine.Action.connect(old, within: .seconds(10))

    static let stories: [Story] = [
        Story(
            "a session that began before the fence ends at once", .plain, open,
            on(.accepted, connect), on(.connected, .relay),
            on(.routeChanged(view(.held, old, epoch: 1, fence: 1))),
            on(.routeChanged(view(.held, old, epoch: 1, fence: 2)), .close)),
        Story(
            "a session that was not greeted yet waits behind the fence", .mysql, open,
            on(.accepted, connect), on(.connected, at: 1, .wake(after: .milliseconds(9999))),
            on(
                .routeChanged(view(.held, old, epoch: 1, fence: 2)), at: 2, .sleep, .dropServer,
                .wake(after: .milliseconds(9998))),
            on(
                .routeChanged(view(.open, new, epoch: 2, fence: 2)), at: 3, .sleep,
                .connect(new, within: .milliseconds(9997)))),
        Story(
            "a session stays while its server is one of several", .plain, open,
            on(.accepted, connect), on(.connected, .relay), on(.routeChanged(view(.open, new, old))),
            on(.routeChanged(view(.open, new)), .close)),
        Story(
            "a wire whose client speaks first is relayed once connected", .plain, open,
            on(.accepted, connect), on(.connected, .relay), on(.clientClosed, .sleep, .dropServer, .close)),
        Story(
            "a wire whose server speaks first is relayed once it spoke", .mysql, open,
            on(.accepted, connect), on(.connected, at: 1, .wake(after: .milliseconds(9999))),
            on(.serverSpoke, .sleep, .relay)),
        Story(
            "a refused connection is tried again, less and less eagerly", .plain, open,
            on(.accepted, connect),
            on(.connectFailed, .wake(after: .milliseconds(5))),
            on(.woken, at: 5, .connect(old, within: .milliseconds(9995))),
            on(.connectFailed, at: 5, .wake(after: .milliseconds(10))),
            on(.woken, at: 15, .connect(old, within: .milliseconds(9985))),
            on(.connectFailed, at: 15, .wake(after: .milliseconds(20))),
            on(.woken, at: 35, .connect(old, within: .milliseconds(9965))),
            on(.connectFailed, at: 35, .wake(after: .milliseconds(40))),
            on(.woken, at: 75, .connect(old, within: .milliseconds(9925))),
            on(.connectFailed, at: 75, .wake(after: .milliseconds(80))),
            on(.woken, at: 155, .connect(old, within: .milliseconds(9845))),
            on(.connectFailed, at: 155, .wake(after: .milliseconds(100))),
            on(.woken, at: 255, .connect(old, within: .milliseconds(9745))),
            on(.connected, .relay)),
        Story(
            "the next server is tried at once, and the pause comes after the last", .mysql,
            view(.open, old, new, third),
            on(.accepted, connect),
            on(.connectFailed, at: 1, .connect(new, within: .milliseconds(9999))),
            on(.connected, at: 1, .wake(after: .milliseconds(9999))),
            on(.serverClosed, at: 2, .dropServer, .connect(third, within: .milliseconds(9998))),
            on(.connectFailed, at: 3, .wake(after: .milliseconds(5))),
            on(.woken, at: 8, .connect(old, within: .milliseconds(9992))),
            on(.connectFailed, at: 8, .connect(new, within: .milliseconds(9992))),
            on(.connected, at: 8, .wake(after: .milliseconds(9992))), on(.serverSpoke, .sleep, .relay)),
        Story(
            "the last pause ends with the patience", .plain, open,
            on(.accepted, connect), on(.connectFailed, at: 9998, .wake(after: .milliseconds(2))),
            on(.woken, at: 10_000, .sleep, .refuse(.waited(.seconds(10))))),
        Story(
            "an attempt that fails too late is the last", .plain, open,
            on(.accepted, connect), on(.connectFailed, at: 10_000, .sleep, .refuse(.waited(.seconds(10))))),
        Story(
            "a server that dies before it greeted is waited for again", .mysql, open,
            on(.accepted, connect), on(.connected, .wake(after: .seconds(10))),
            on(.serverClosed, at: 20, .dropServer, .wake(after: .milliseconds(5))),
            on(.woken, at: 25, .connect(old, within: .milliseconds(9975))),
            on(.connected, at: 25, .wake(after: .milliseconds(9975))), on(.serverSpoke, .sleep, .relay)),
        Story(
            "a server that dies after it greeted is the relay's business", .mysql, open,
            on(.accepted, connect), on(.connected, .wake(after: .seconds(10))), on(.serverSpoke, .sleep, .relay),
            on(.serverClosed)),
        Story(
            "a server that never greets is given up", .mysql, open,
            on(.accepted, connect), on(.connected, .wake(after: .seconds(10))),
            on(.woken, at: 10_000, .dropServer, .sleep, .refuse(.silent(.seconds(10))))),
        Story(
            "a held connection goes on when the gate opens", .plain, held,
            on(.accepted, .wake(after: .seconds(10))),
            on(.routeChanged(held), at: 100),
            on(.routeChanged(open), at: 4000, .sleep, .connect(old, within: .seconds(6))), on(.connected, .relay)),
        Story(
            "a held connection is refused at the end", .plain, held,
            on(.accepted, .wake(after: .seconds(10))),
            on(.woken, at: 10_000, .sleep, .refuse(.waited(.seconds(10)))), on(.routeChanged(open))),
        Story(
            "a held connection is refused when the gate closes", .plain, held,
            on(.accepted, .wake(after: .seconds(10))),
            on(.routeChanged(closed), .sleep, .sleep, .refuse(.stopped))),
        Story("a closed gate refuses", .mysql, closed, on(.accepted, .sleep, .refuse(.stopped))),
        Story(
            "a new backend ends the attempt at the old one", .plain, open,
            on(.accepted, connect),
            on(.routeChanged(moved), at: 1000, .sleep, .dropServer, .connect(new, within: .seconds(9))),
            on(.connected, .relay)),
        Story(
            "a new backend ends a pause", .plain, open,
            on(.accepted, connect), on(.connectFailed, .wake(after: .milliseconds(5))),
            on(.routeChanged(moved), at: 3, .sleep, .connect(new, within: .milliseconds(9997)))),
        Story(
            "a new backend is preferred to one that has not greeted", .mysql, open,
            on(.accepted, connect), on(.connected, .wake(after: .seconds(10))),
            on(.routeChanged(moved), .sleep, .dropServer, .connect(new, within: .seconds(10)))),
        Story(
            "a held gate takes back a connection that was not greeted", .mysql, open,
            on(.accepted, connect), on(.connected, .wake(after: .seconds(10))),
            on(.routeChanged(held), .sleep, .dropServer, .wake(after: .seconds(10)))),
        Story(
            "the same backend again changes nothing", .plain, open,
            on(.accepted, connect), on(.routeChanged(open)), on(.connected, .relay), on(.routeChanged(open))),
        Story(
            "gates leave an established connection alone", .plain, open,
            on(.accepted, connect), on(.connected, .relay), on(.routeChanged(held)), on(.routeChanged(closed))),
        Story(
            "a new backend closes an established connection", .plain, open,
            on(.accepted, connect), on(.connected, .relay), on(.routeChanged(moved), .close), on(.clientClosed)),
        Story(
            "a removed route closes an established connection", .plain, open,
            on(.accepted, connect), on(.connected, .relay), on(.routeRemoved, .close)),
        Story(
            "a removed route refuses a waiting connection", .mysql, open,
            on(.accepted, connect), on(.connectFailed, .wake(after: .milliseconds(5))),
            on(.routeRemoved, .dropServer, .sleep, .refuse(.removed))),
        Story(
            "a client that gives up ends everything", .mysql, open,
            on(.accepted, connect), on(.clientClosed, .sleep, .dropServer, .close), on(.connected), on(.woken)),
        Story(
            "a full waiting room refuses a connection that would have to wait", .mysql, open,
            on(.accepted, waiting: 512, connect),
            on(.connectFailed, waiting: 512, .sleep, .refuse(.tooManyWaiting(512)))),
        Story(
            "a full waiting room refuses at a held gate", .mysql, held,
            on(.accepted, waiting: 512, .sleep, .refuse(.tooManyWaiting(512)))),
        Story(
            "who waits already keeps the place", .mysql, open,
            on(.accepted, waiting: 511, connect), on(.connectFailed, waiting: 511, .wake(after: .milliseconds(5))),
            on(.woken, at: 5, waiting: 600, .connect(old, within: .milliseconds(9995))),
            on(.connectFailed, at: 5, waiting: 600, .wake(after: .milliseconds(10)))),
    ]

    @Test func countsAsWaitingOnlyBetweenTheFirstFailureAndTheRelay() {
        var machine = SessionMachine(wire: .mysql, policy: .init(), view: Self.open)
        var load = BackendLoad()
        func after(_ event: SessionMachine.Event) -> Bool {
            _ = machine.handle(event, elapsed: .zero, waiting: 0, load: &load)
            return machine.isWaiting
        }
        #expect(!after(.accepted))
        #expect(after(.connectFailed))
        #expect(after(.woken))
        #expect(after(.connected))
        #expect(!after(.serverSpoke))
    }
}
