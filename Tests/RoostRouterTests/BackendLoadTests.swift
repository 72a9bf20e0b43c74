import RoostModel
import RoostRouter
import Testing

/// The choice of a backend by open connections and weights.
struct BackendLoadTests {
    private static let backends = ([3000, 3001, 3002] as [PortNumber]).map {
        Route.Backend(host: "127.0.0.1", port: $0)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Of the backends 0, 1, 2.
        let weights: [Int]
        /// Connections that are opened at the start, at which backend.
        var open: [Int] = []
        var tried: [Int] = []
        /// The next choices. -1: none is left.
        let choices: [Int]
    }

    static let cases: [Case] = [
        Case(testDescription: "in turn from the first", weights: [1, 1, 1], choices: [0, 1, 2, 0, 1, 2]),
        Case(
            testDescription: "the one with the fewest", weights: [1, 1, 1], open: [0, 0, 1, 2, 2], choices: [1, 0, 2]),
        Case(testDescription: "in proportion to the weights", weights: [1, 3, 0], choices: [0, 1, 1, 1, 0, 1, 1, 1]),
        Case(testDescription: "weight 0 while no other has more", weights: [0, 0, 0], choices: [0, 1, 2, 0]),
        Case(
            testDescription: "weight 0 not in place of one that refused", weights: [1, 0, 0], tried: [0], choices: [-1]),
        Case(testDescription: "the next of those not tried", weights: [1, 1, 1], tried: [0], choices: [1, 2, 1]),
        Case(testDescription: "none when all were tried", weights: [1, 1, 1], tried: [0, 1, 2], choices: [-1]),
        Case(testDescription: "weights of any size", weights: [.max, .max, 1], choices: [0, 1, 2, 0, 1, 0, 1]),
    ]

    @Test(arguments: cases)
    func theBackendWithTheFewestConnectionsIsChosen(_ sample: Case) throws {
        var load = BackendLoad()
        let all = zip(Self.backends, sample.weights).map { Route.WeightedBackend($0, weight: $1) }
        for index in sample.open { #expect(load.take(among: [all[index]]) == Self.backends[index]) }
        let tried = sample.tried.map { Self.backends[$0] }
        let chosen = sample.choices.map { _ in
            load.take(among: all, tried: tried).flatMap { Self.backends.firstIndex(of: $0) } ?? -1
        }
        #expect(chosen == sample.choices)
    }

    /// Short connections are spread as well, although each of them finds all backends without one.
    @Test func connectionsThatEndAtOnceAreSpreadInTurn() {
        var load = BackendLoad()
        let all = Self.backends.map { Route.WeightedBackend($0, weight: 1) }
        let chosen = (0..<6).compactMap { _ in
            let backend = load.take(among: all)
            if let backend { load.giveBack(backend) }
            return backend
        }
        #expect(chosen == Self.backends + Self.backends)
    }

    @Test func aBackendThatLeftTheRouteIsForgottenWithItsLastConnection() {
        var load = BackendLoad()
        let all = Self.backends.map { Route.WeightedBackend($0, weight: 1) }
        _ = load.take(among: [all[0]])
        _ = load.take(among: [all[1]])
        #expect(load.open(at: Self.backends[0]) == 1)
        #expect(load.busy == Self.backends[0...1].map { .init($0, openConnections: 1) })
        load.giveBack(Self.backends[0])
        load.giveBack(Self.backends[0])
        #expect(load.open(at: Self.backends[0]) == 0)
        #expect(load.busy == [.init(Self.backends[1], openConnections: 1)])
        // Without its history it is the one that was chosen longest ago.
        _ = load.take(among: [all[1]])
        #expect(load.take(among: all) == Self.backends[0])
    }
}
