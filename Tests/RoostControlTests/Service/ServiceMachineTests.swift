import Foundation
import RoostModel
import Testing

@testable import RoostControl

@Suite struct ServiceMachineTests {
    @Test func eachInstanceIsToldOnceUntilSomethingChanges() throws {
        var machine = ServiceMachine(id, since: 0)
        let view = try view()
        #expect(machine.handle(.looked(view)).specs.map(\.index) == [0, 1])
        #expect(machine.handle(.looked(view)).specs.isEmpty)
        let opened = machine.handle(.looked(try self.view(gates: [1: .open]))).specs
        #expect(opened.map(\.index) == [1] && opened.map(\.admission.gate) == [.open] && opened.map(\.revision) == [3])
    }

    @Test func aRequestIsCarriedOutOnceHoweverOftenItArrives() throws {
        var machine = ServiceMachine(id, since: 0)
        _ = machine.handle(.looked(try view()))
        let request = InstanceRequest(id: 7, of: try view().service, index: 0, step: .seeded)
        let asking = status(0, revision: 1) { $0.request = request }
        #expect(machine.handle(.status(asking)).performed == [request])
        #expect(machine.handle(.status(asking)).performed.isEmpty)
        #expect(machine.handle(.status(status(0, revision: 2) { $0.request = request })).performed.isEmpty)
        // While the request is carried out, another has to wait: there is a single slot.
        let next = InstanceRequest(
            id: 8, of: try view().service, index: 0,
            step: .otherPort(than: try #require(PortNumber(31000)), reason: "taken"))
        #expect(machine.handle(.status(status(0, revision: 3) { $0.request = next })).performed.isEmpty)
        let effects = machine.handle(.answered(index: 0, InstanceRequest.Answer(7), try view()))
        #expect(effects.specs.map(\.answer) == [InstanceRequest.Answer(7)])
        #expect(effects.performed == [next])
    }

    /// A single attempt is under way at a time; requests of agents that arrive meanwhile are sent next.
    @Test func theRouterIsToldWhatAgentsRequest() throws {
        var machine = ServiceMachine(id, since: 0)
        _ = machine.handle(.looked(try view()))
        func gateRequest(_ index: Int, _ number: Int64, _ gate: Route.Gate) -> [ServiceMachine.Effect] {
            machine.handle(
                .status(
                    status(index, revision: number) {
                        $0.clients = GateRequest(number: number, gate: gate)
                        ($0.epoch, $0.serving) = (1, index == 0 ? .open : .closed)
                    }))
        }
        #expect(gateRequest(0, 1, .open).routed == [[0: .open]])
        #expect(gateRequest(1, 1, .open).routed.isEmpty)
        #expect(gateRequest(0, 2, .held).routed.isEmpty)
        let done = machine.handle(.routed(failure: nil, try view(gates: [0: .open])))
        #expect(done.routed == [[0: .held, 1: .open]])
        // The request that came later is not confirmed.
        #expect(done.specs.map(\.admission) == [.init(gate: .open, gateRequest: 1)])
        let both = machine.handle(.routed(failure: nil, try view(gates: [0: .held, 1: .open])))
        #expect(both.routed.isEmpty)
        #expect(
            both.specs.map(\.admission) == [.init(gate: .held, gateRequest: 2), .init(gate: .open, gateRequest: 1)])
        // A router that forgot is told again.
        #expect(machine.handle(.looked(try view())).routed == [[0: .held, 1: .open]])
    }

    @Test func aRouterThatCouldNotBeToldIsTriedAgainAtTheNextTick() throws {
        var machine = ServiceMachine(id, since: 0)
        _ = machine.handle(.looked(try view()))
        let gateRequest = status(0, revision: 1) { $0.clients = GateRequest(number: 4, gate: .held) }
        #expect(machine.handle(.status(gateRequest)).routed == [[0: .held]])
        let failed = machine.handle(.routed(failure: "no router runs", try view()))
        #expect(failed.routed.isEmpty)
        #expect(
            failed.specs.first?.admission
                == .init(gate: nil, gateRequest: 4, failure: .init(attempt: 1, reason: "no router runs")))
        #expect(machine.handle(.looked(try view())).routed.isEmpty)
        #expect(machine.handle(.tick).routed == [[0: .held]])
    }

    @Test func anAnswerThatWasLostIsSentAgain() throws {
        var machine = ServiceMachine(id, since: 0)
        _ = machine.handle(.looked(try view()))
        let request = InstanceRequest(id: 7, of: try view().service, index: 0, step: .seeded)
        _ = machine.handle(.status(status(0, revision: 1) { $0.request = request }))
        _ = machine.handle(.answered(index: 0, InstanceRequest.Answer(7, failure: "no"), try view()))
        let reminded = machine.handle(
            .status(
                status(0, revision: 2) {
                    $0.request = request
                    $0.isReminder = true
                }))
        #expect(reminded.performed.isEmpty)
        #expect(reminded.specs.map(\.answer) == [InstanceRequest.Answer(7, failure: "no")])
    }

    @Test func whatEndsForTheServiceEndsOnceAllInstancesHaveComeSoFar() throws {
        var machine = ServiceMachine(id, since: 0)
        _ = machine.handle(.looked(try view()))
        let first = InstanceRequest(id: 7, of: try view().service, index: 0, step: .gone)
        #expect(machine.handle(.status(status(0, revision: 1) { $0.request = first })).performed.isEmpty)
        let second = InstanceRequest(id: 8, of: try view().service, index: 0, step: .gone)
        #expect(machine.handle(.status(status(1, revision: 1) { $0.request = second })).performed == [second])
        let effects = machine.handle(.answered(index: 1, InstanceRequest.Answer(8), nil))
        #expect(
            effects == [.drop(InstanceID(id, 0), uid: "u"), .drop(InstanceID(id, 1), uid: "u"), .show(nil)]
                && machine.isOver)
    }

    @Test func olderStatusesAndThoseOfAnEarlierServiceSayNothing() throws {
        var machine = ServiceMachine(id, since: 0)
        _ = machine.handle(.looked(try view()))
        #expect(
            machine.handle(.status(status(0, revision: 5) { $0.state = .up })).reports.last?.instances[0]?.state == .up)
        #expect(machine.handle(.status(status(0, revision: 4) { $0.state = .down })).isEmpty)
        #expect(machine.handle(.status(status(0, uid: "before", revision: 9))).isEmpty)
        // The revisions of an agent that was started anew begin at one again.
        let anew = machine.handle(.status(status(0, life: 2, revision: 1) { $0.state = .down }))
        #expect(anew.reports.last?.instances[0]?.state == .down)
    }

    @Test func specsOfADaemonThatStartedLaterAreNewer() throws {
        var later = ServiceMachine(id, since: 2)
        var before = ServiceMachine(id, since: 1)
        let old = before.handle(.looked(try view())).specs.map(\.revision)
        let new = later.handle(.looked(try view())).specs.map(\.revision)
        #expect(try #require(new.min()) > #require(old.max()))
        // A later daemon whose clock was set back goes beyond the revision that the agent has.
        let outdone = before.handle(.status(status(1, revision: 1) { $0.specRevision = new[1] })).specs
        #expect(outdone.map(\.index) == [1] && outdone[0].revision > new[1])
        // Nor may it send what another agent takes for a spec of the later daemon.
        #expect(outdone[0].revision > new[1] + 1_000)
    }

    @Test func notesAreToldOnceAndInTheirOrder() throws {
        var machine = ServiceMachine(id, since: 0)
        _ = machine.handle(.looked(try view()))
        let notes = (1...3).map { InstanceNote(number: $0, content: .event(kind: "k", message: "\($0)")) }
        #expect(machine.handle(.status(status(0, revision: 1) { $0.notes = Array(notes[...1]) })).told == ["1", "2"])
        #expect(machine.handle(.status(status(0, revision: 2) { $0.notes = notes })).told == ["3"])
        #expect(machine.handle(.looked(try view(gates: [0: .open]))).specs.map(\.notesSeen.number) == [3])
        #expect(machine.handle(.status(status(0, life: 2, revision: 1) { $0.notes = [notes[0]] })).told == ["1"])
    }

    @Test func aGenerationIsSettledOnceAllInstancesAreSettledAtIt() throws {
        var machine = ServiceMachine(id, since: 0)
        _ = machine.handle(.looked(try view()))
        func settled(
            _ index: Int, at generation: Int, in epoch: UInt64 = 1, _ revision: Int64
        ) -> [ServiceReport] {
            machine.handle(
                .status(
                    status(index, revision: revision) {
                        ($0.generation, $0.convergence, $0.pid, $0.epoch) = (generation, .settled, 5, epoch)
                    })
            ).reports
        }
        #expect(settled(0, at: 2, 1).last?.settledGeneration == 0)
        #expect(settled(1, at: 1, 1).last?.settledGeneration == 1)
        #expect(settled(1, at: 2, in: 0, 2).last?.settledGeneration == 1, "it goes on as in the epoch before")
        #expect(settled(1, at: 2, 3).last?.settledGeneration == 2)
    }

    @Test func aProblemAndAServerThatCameUpAreToldOnce() throws {
        var machine = ServiceMachine(id, since: 0)
        _ = machine.handle(.looked(try view()))
        let down = status(0, revision: 1) { ($0.state, $0.problem) = (.down, "its disk is slow\nsecret") }
        #expect(machine.handle(.status(down)).told == ["data.0: its disk is slow"])
        #expect(machine.handle(.looked(try view(gates: [0: .held]))).told.isEmpty)
        let up = status(0, revision: 2) { ($0.state, $0.convergence, $0.pid) = (.up, .settled, 5) }
        #expect(machine.handle(.status(up)).told == ["data.0 is up"])
        #expect(machine.handle(.looked(try view(gates: [0: .open]))).told.isEmpty)
    }

    @Test func aFullDiskIsTheCauseOfWhatElseIsWrong() {
        let disk = "the disk of /x has 0 of 700.0M left; free some space, and it goes on by itself"
        let listening = "it does not listen yet"
        #expect(ServiceMachine.problem(nil, disk: nil) == nil)
        #expect(ServiceMachine.problem(listening, disk: nil) == listening)
        #expect(ServiceMachine.problem(nil, disk: disk) == disk)
        #expect(ServiceMachine.problem(listening, disk: disk) == "\(disk) (\(listening))")
        let told = "x; free some space, and it goes on by itself"
        #expect(ServiceMachine.problem(told, disk: disk) == told)
    }

    // MARK: Values

    private let id = ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: "data"))

    private func view(gates: [Int: Route.Gate] = [:]) throws -> ServiceMachine.View {
        var service = try Samples.service("data")
        for index in 0...1 {
            let port = try #require(PortNumber(22000 + index))
            let internalPort = try #require(PortNumber(31000 + index))
            service.status.members.append(
                ServiceStatus.Member(
                    index: index, host: "local", port: port, internalPort: internalPort, serverID: UInt32(index + 1)))
        }
        let application = Application(
            name: id.application, user: ServerUser(name: "roost01", uid: 1, gid: 1), order: [id.service],
            createdAt: Date(timeIntervalSince1970: 0))
        return ServiceMachine.View(service: service, application: application, gates: gates, listenErrors: [])
    }

    private func status(
        _ index: Int, uid: String = "u", life: Int64 = 1, revision: Int64,
        _ change: (inout InstanceStatus) -> Void = { _ in }
    ) -> InstanceStatus {
        var status = InstanceStatus(id: InstanceID(id, index), uid: uid, life: life)
        status.revision = revision
        change(&status)
        return status
    }
}

extension ServiceMachine {
    fileprivate mutating func handle(_ event: Event) -> [Effect] { handle(event, now: .now, date: .distantPast) }
}

extension [ServiceMachine.Effect] {
    fileprivate var specs: [InstanceSpec] { compactMap { if case .apply(let spec) = $0 { spec } else { nil } } }
    fileprivate var performed: [InstanceRequest] {
        compactMap { if case .perform(let request, _) = $0 { request } else { nil } }
    }
    fileprivate var routed: [[Int: Route.Gate]] {
        compactMap { if case .route(let gates, _) = $0 { gates } else { nil } }
    }
    fileprivate var reports: [ServiceReport] { compactMap { if case .show(let report?) = $0 { report } else { nil } } }
    fileprivate var told: [String] {
        compactMap { if case .tell(.event(_, let message), _) = $0 { message } else { nil } }
    }
}
