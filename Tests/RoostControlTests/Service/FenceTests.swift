import Foundation
import RoostControl
import RoostModel
import Testing

/// What has to be so before a member is fenced, opened, or copied for another one. Member 0 leads in epoch 1.
@Suite struct FenceTests {
    private let now = ContinuousClock.now
    private let id = ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: "data"))

    /// Clients would meet a closed server otherwise.
    @Test func clientsAreHeldBeforeAnybodyIsFenced() throws {
        var machine = ServiceMachine(id, since: 0)
        let asked = try group {
            $0.spec.generation += 1
            $0.spec.ask(for: .promote(to: 1))
        }
        #expect(machine.hears(.looked(view(asked, gates: [0: .open])), now).fences == [1, 1])
        let serving = status(0, revision: 1) { $0.clients = GateRequest(number: 1, gate: .open) }
        let told = machine.hears(.status(serving), now)
        #expect(told.routed == [[0: .held]] && told.fences.allSatisfy { $0 == 1 }, "\(told)")
        let failed = machine.hears(.routed(failure: "no router runs", view(asked, gates: [0: .open])), now)
        #expect(failed.fences.allSatisfy { $0 == 1 }, "the router has not confirmed it")
        let held = machine.hears(.routed(failure: nil, view(asked, gates: [0: .held])), now)
        #expect(held.fences == [2, 2], "\(held)")
    }

    /// A fence above the stored epoch is of a change that may yet be undone: nobody opens by it.
    @Test func nobodyTakesWritesBeforeTheNextEpochIsStored() throws {
        func place(_ index: Int, epoch: UInt64, told: UInt64 = 0, kept: UInt64 = 0) throws -> InstanceTarget.Place {
            let service = try group { $0.status.epoch = epoch }
            let spec = InstanceSpec(
                application: view(service).application, service: service, index: index, fence: told, revision: 1)
            return InstanceTarget.Place(spec, fence: kept)
        }
        #expect(try place(0, epoch: 1) == .primary(mayOpen: true))
        #expect(try place(0, epoch: 1, told: 2) == .fenced(mayStart: false))
        #expect(try place(0, epoch: 1, kept: 2) == .fenced(mayStart: false), "a later spec does not lift a fence")
        #expect(try place(1, epoch: 1, told: 2) == .fenced(mayStart: true))
        #expect(try place(0, epoch: 2, told: 2, kept: 2) == .primary(mayOpen: true))
    }

    @Test func nobodyOpensBeforeAnEarlierPrimaryConfirmsItsFence() throws {
        var machine = ServiceMachine(id, since: 0)
        let told = machine.hears(.looked(view(try group { $0.status.outgoing = [1] })), now)
        #expect(told.specs.first { $0.index == 0 }?.mayOpen == false)
        let open = machine.hears(.status(status(1, revision: 1) { $0.serving = .open }), now)
        #expect(open.specs.allSatisfy { $0.index != 0 || !$0.mayOpen })
        let closed = machine.hears(.status(status(1, revision: 2)), now)
        #expect(closed.specs.first { $0.index == 0 }?.mayOpen == true)
    }

    /// A primary of an earlier epoch may lack what the present one has acknowledged.
    @Test func aReplicaIsMadeOfAPrimaryThatTakesWritesInThisEpoch() throws {
        var machine = ServiceMachine(id, since: 0)
        let service = try group { $0.status.members[1].seeded = false }
        _ = machine.hears(.looked(view(service)), now)
        let request = InstanceRequest(id: 7, of: service, index: 1, step: .image)
        #expect(machine.hears(.status(status(1, revision: 1) { $0.request = request }), now).performed.isEmpty)
        let states: [(InstanceStatus.Serving, UInt64)] = [(.closed, 1), (.unknown, 1), (.open, 0)]
        for (revision, (serving, epoch)) in states.enumerated() {
            let primary = status(0, revision: Int64(revision + 1)) { ($0.serving, $0.epoch) = (serving, epoch) }
            #expect(machine.hears(.status(primary), now).performed.isEmpty, "\(serving) in epoch \(epoch)")
        }
        #expect(machine.hears(.status(status(0, revision: 9)), now).performed == [request])
    }

    // MARK: Values

    private func group(_ change: (inout Service) -> Void = { _ in }) throws -> Service {
        try MembershipTests.service([0, 1], wanted: 2) { service in
            service.spec.settings.durability = .async
            change(&service)
        }
    }

    private func view(_ service: Service, gates: [Int: Route.Gate] = [:]) -> ServiceMachine.View {
        let application = Application(
            name: id.application, user: ServerUser(name: "roost01", uid: 1, gid: 1), order: [id.service],
            createdAt: Date(timeIntervalSince1970: 0))
        return ServiceMachine.View(service: service, application: application, gates: gates, listenErrors: [])
    }

    /// The primary is open, the other member closed.
    private func status(
        _ index: Int, revision: Int64, _ change: (inout InstanceStatus) -> Void = { _ in }
    ) -> InstanceStatus {
        var status = InstanceStatus(id: InstanceID(id, index), uid: "u", life: 1)
        (status.revision, status.epoch, status.fence) = (revision, 1, 1)
        status.serving = index == 0 ? .open : .closed
        change(&status)
        return status
    }
}

extension ServiceMachine {
    fileprivate mutating func hears(_ event: Event, _ now: ContinuousClock.Instant) -> [Effect] {
        handle(event, now: now, date: Date(timeIntervalSince1970: 0))
    }
}

extension [ServiceMachine.Effect] {
    fileprivate var specs: [InstanceSpec] { compactMap { if case .apply(let spec) = $0 { spec } else { nil } } }
    fileprivate var fences: [UInt64] { specs.map(\.fence) }
    fileprivate var performed: [InstanceRequest] {
        compactMap { if case .perform(let request, _) = $0 { request } else { nil } }
    }
    fileprivate var routed: [[Int: Route.Gate]] {
        compactMap { if case .route(let gates, _) = $0 { gates } else { nil } }
    }
}
