import Foundation
import RoostModel
import Testing

@testable import RoostControl

/// Replicas that leave after a time for their readers: when they leave, and their routes meanwhile.
@Suite struct LeavingTests {
    static let now = Date(timeIntervalSince1970: 1_000_000)

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var members = [0, 1, 2]
        var wanted = 1
        var primary = 0
        /// The end of the readers' time, in seconds from now. Nil: none was given.
        var end: TimeInterval? = 10
        var readers: [Int: Int] = [:]
        var change: @Sendable (inout Service) -> Void = { _ in }
        /// The members that leave now.
        let leave: [Int]
    }

    static let cases: [Case] = [
        Case(testDescription: "no time was given", end: nil, leave: [1, 2]),
        Case(testDescription: "no time, whatever readers there are", end: nil, readers: [1: 4, 2: 1], leave: [1, 2]),
        Case(testDescription: "the router does not tell", leave: []),
        Case(testDescription: "readers", readers: [1: 1, 2: 3], leave: []),
        Case(testDescription: "one has none", readers: [1: 0, 2: 3], leave: [1]),
        Case(testDescription: "one is not known", readers: [2: 0], leave: [2]),
        Case(testDescription: "none has any", readers: [1: 0, 2: 0], leave: [1, 2]),
        Case(testDescription: "the time is over", end: 0, readers: [1: 1, 2: 3], leave: [1, 2]),
        Case(testDescription: "it was over long ago", end: -86_400, leave: [1, 2]),
        Case(testDescription: "the longest time", end: RequestBounds.longestDrain, leave: []),
        Case(testDescription: "the clock was set back by a day", end: 86_400, leave: [1, 2]),
        Case(testDescription: "scaled up again", wanted: 3, leave: []),
        Case(testDescription: "the time is over, and scaled up again", wanted: 3, end: -1, leave: []),
        Case(
            testDescription: "one of them was promoted meanwhile", primary: 2, readers: [0: 0, 1: 2, 2: 0],
            leave: [0]),
        Case(
            testDescription: "one is leaving already", readers: [1: 0], change: { $0.status.members[2].leaving = "s" },
            leave: [1]),
        Case(
            testDescription: "the time is over during a pause", end: -1,
            change: { $0.spec.pause = .init(until: now + 60) }, leave: []),
        Case(
            testDescription: "the time and a pause are over", end: -1,
            change: { $0.spec.pause = .init(until: now - 1) }, leave: [1, 2]),
        Case(
            testDescription: "another request is pending", end: -1, change: { $0.spec.ask(for: .promote(to: 1)) },
            leave: []),
    ]

    private static func service(_ sample: Case) throws -> Service {
        try MembershipTests.service(sample.members, wanted: sample.wanted, primary: sample.primary) {
            $0.spec.readersUntil = sample.end.map { now + $0 }
            sample.change(&$0)
        }
    }

    @Test(arguments: cases) func membersLeaveOnceTheyHaveNoReadersOrTheTimeIsOver(_ sample: Case) throws {
        let service = try Self.service(sample)
        let due = Membership.due(service, at: Self.now, readers: sample.readers)
        #expect(due?.leaving ?? [] == sample.leave && due?.joining.isEmpty ?? true)
        guard let due else { return }
        let status = try #require(try due.applied(to: service, keep: "k") { try MembershipTests.member($0) })
        let marked = status.members.filter { $0.leaving?.hasPrefix("k-") ?? false }.map(\.index)
        #expect(marked == sample.leave)
    }

    /// A change that was decided before a user scaled up again stores nothing.
    @Test func aChangeThatWasCancelledIsNotStored() throws {
        var service = try Self.service(Case(testDescription: "the time is over", end: 0, leave: [1, 2]))
        let due = try #require(Membership.due(service, at: Self.now))
        service.spec.set(ServiceSettings(instances: 3, memory: .mebibytes(64)))
        #expect(service.spec.readersUntil == nil)
        #expect(try due.applied(to: service, keep: "k") { try MembershipTests.member($0) } == nil)
    }

    @Test func theTimeBelongsToOneChangeOfTheNumberOfInstances() throws {
        var spec = try MembershipTests.service([0, 1, 2], wanted: 3).spec
        func set(_ instances: Int, _ memory: Int64 = 64, until: TimeInterval? = nil) -> Date? {
            spec.set(
                ServiceSettings(instances: instances, memory: .mebibytes(memory)),
                readersUntil: until.map { Self.now + $0 })
            return spec.readersUntil
        }
        #expect(set(2, until: 10) == Self.now + 10)
        #expect(set(2, 128) == Self.now + 10, "another setting leaves it alone")
        #expect(set(2, 128, until: 60) == Self.now + 10)
        #expect(set(1) == nil, "the next change decides for all that leave")
        #expect(set(3, until: 10) == nil, "nobody leaves")
    }

    // MARK: Routes

    private static func weights(_ routes: [Route]) -> [Int: Int] {
        let read = routes.first { $0.purpose == .read }
        let pairs = (read?.backends ?? []).map { (Int($0.backend.port.rawValue) - 31000, $0.weight) }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    static let weightsOfMembers: [(wanted: Int, hasEnd: Bool, weights: [Int: Int])] = [
        (3, true, [1: 1, 2: 1]), (2, false, [1: 1, 2: 1]), (2, true, [1: 1, 2: 0]),
        // Reads go to the primary, and connections that are open stay.
        (1, true, [0: 1, 1: 0, 2: 0]),
    ]

    @Test(arguments: weightsOfMembers)
    func aReplicaThatIsToLeaveGetsNoNewConnection(_ wanted: Int, _ hasEnd: Bool, _ weights: [Int: Int]) throws {
        let service = try MembershipTests.service([0, 1, 2], wanted: wanted) {
            $0.spec.readersUntil = hasEnd ? Self.now : nil
        }
        let routes = ServiceRoutes.make(service, wire: "mysql", gates: [0: .open, 1: .open, 2: .open])
        #expect(Self.weights(routes) == weights)
        #expect(routes.filter { $0.purpose == .instance }.allSatisfy { $0.gate == .open })
    }

    /// Once a replica has begun to leave, or could not be read from anyway, its connections end.
    @Test func aReplicaThatLeavesIsNoBackendAnyMore() throws {
        let service = try MembershipTests.service([0, 1, 2], wanted: 1) {
            $0.spec.readersUntil = Self.now
            $0.status.members[2].leaving = "s"
        }
        let routes = ServiceRoutes.make(service, wire: "mysql", gates: [0: .open, 1: .held, 2: .open])
        #expect(Self.weights(routes) == [0: 1])
    }

    struct Report: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Connections through the read endpoint, by member. Nil: the router does not tell.
        var shared: [Int: Int]? = [:]
        /// Connections through the instances' own ports.
        var own: [Int: Int] = [1: 0, 2: 0]
        var instancesAreOpen = false
        let readers: [Int: Int]
    }

    static let reports: [Report] = [
        Report(testDescription: "none", readers: [1: 0, 2: 0]),
        Report(testDescription: "through the read endpoint", shared: [0: 5, 2: 3], readers: [1: 0, 2: 3]),
        Report(testDescription: "through both", shared: [1: 2], own: [1: 1, 2: 4], readers: [1: 3, 2: 4]),
        Report(testDescription: "the router does not tell", shared: nil, readers: [:]),
        Report(testDescription: "it does not know a route yet", own: [2: 0], readers: [2: 0]),
        Report(testDescription: "servers connect through the ports too", instancesAreOpen: true, readers: [:]),
    ]

    @Test(arguments: reports) func readersAreCountedOnlyWhereAllAreKnown(_ sample: Report) throws {
        let service = try MembershipTests.service([0, 1, 2], wanted: 1) { $0.spec.readersUntil = Self.now }
        let gates: [Int: Route.Gate] = [0: .open, 1: .open, 2: .open]
        let routes = ServiceRoutes.make(
            service, wire: "mysql", gates: gates, instancesAreOpen: sample.instancesAreOpen)
        let busy = try sample.shared?.sorted { $0.key < $1.key }.map { index, count in
            RouteStatus.BusyBackend(
                .init(host: "127.0.0.1", port: try #require(PortNumber(31000 + index))), openConnections: count)
        }
        var statuses = [Self.status("ramen/data/read", open: 9, busy)]
        statuses += sample.own.map { Self.status("ramen/data.\($0.key)", open: $0.value) }
        #expect(ServiceRoutes.readers(of: service, routes: routes, statuses) == sample.readers)
        #expect(ServiceRoutes.readers(of: service, routes: routes, nil).isEmpty)
    }

    private static func status(
        _ name: String, open: Int, _ busy: [RouteStatus.BusyBackend]? = nil
    ) -> RouteStatus {
        RouteStatus(
            name: name, listenError: nil, openConnections: open, waitingConnections: 0, totalConnections: 99,
            refusedConnections: 0, busyBackends: busy)
    }

    // MARK: The service's machine

    /// A daemon that is started again finds the time in the spec, and waits for its rest.
    @Test func theMachineWaitsForTheReadersAndIsWokenAtTheEnd() throws {
        let asynchronous: @Sendable (inout Service) -> Void = { $0.spec.settings.durability = .async }
        let service = try Self.service(Case(testDescription: "readers", change: asynchronous, leave: []))
        let application = Application(
            name: service.id.application, user: ServerUser(name: "roost01", uid: 1, gid: 1),
            createdAt: Date(timeIntervalSince1970: 0))
        func view(_ readers: [Int: Int] = [:]) -> ServiceMachine.View {
            ServiceMachine.View(
                service: service, application: application, gates: [:], listenErrors: [], readers: readers)
        }
        func enlisted(_ event: ServiceMachine.Event, at seconds: TimeInterval) -> [[Int]] {
            var machine = ServiceMachine(service.id, since: 0)
            _ = machine.handle(.looked(view()), now: .now, date: Self.now)
            #expect(machine.readersEnd(at: Self.now) == Self.now + 10)
            #expect(machine.readersEnd(at: Self.now + 10) == nil, "it is woken once")
            return machine.handle(event, now: .now, date: Self.now + seconds).compactMap {
                if case .enlist(let change) = $0 { change.leaving } else { nil }
            }
        }
        #expect(enlisted(.looked(view()), at: 0).isEmpty && enlisted(.tick, at: 9.9).isEmpty)
        #expect(enlisted(.looked(view()), at: 10) == [[1, 2]] && enlisted(.tick, at: 11) == [[1, 2]])
        #expect(enlisted(.looked(view([1: 2, 2: 0])), at: 0) == [[2]])
    }
}
