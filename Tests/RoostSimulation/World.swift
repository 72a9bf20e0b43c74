import Foundation
import RoostControl
import RoostModel

/// One service on modelled machines, under real deciders: `ServiceMachine`, `InstanceMachine`, `InstancePlanner` and
/// `StatusDecision`. Time is counted, not waited for; everything that happens is drawn from a seed.
struct World {
    enum Happening {
        /// On a connection of one daemon to an agent, which ends with the agent.
        case toAgent(Int, InstanceSpec, connection: Int, daemon: Int)
        /// On the connection of one daemon, with which it is gone.
        case toService(InstanceStatus, daemon: Int)
        case dropAgent(Int)
        /// A look, a step or a probe ends. `life`: of the agent that began it.
        case workEnds(Int, life: Int64, Work)
        case agentWakes(Int, life: Int64, turn: Int)
        case performed(InstanceRequest, Int, daemon: Int)
        case routed([Int: Route.Gate], epoch: UInt64, daemon: Int)
        case committed(Leadership, daemon: Int)
        case serviceWakes(daemon: Int)
        case fault
        case wish
        /// A client writes.
        case write
        /// Replicas receive what was written.
        case replicate
    }

    enum Work {
        case look(InstanceSpec)
        case act(Action, InstanceSpec)
        case probe
    }

    struct Agent {
        var machine: InstanceMachine
        let life: Int64
        var turn = 0
        var isWorking = false
    }

    /// Faults come until then; afterwards everything has to end well.
    static let stormy: Duration = .seconds(120)
    static let patience: Duration = .seconds(600)

    var random: SeededGenerator
    private(set) var now = ContinuousClock.now
    private let began: ContinuousClock.Instant
    private var queue: [(at: ContinuousClock.Instant, what: Happening)] = []

    var service: Service?
    let isGroup: Bool
    let application: Application
    var gates: [Int: Route.Gate] = [:]
    var servers: [Int: ModelledServer] = [:]
    private var agents: [Int: Agent] = [:]
    /// How often each agent has crashed.
    private var crashes: [Int: Int] = [:]
    private var machine: ServiceMachine
    private var daemon = 0
    /// Of the present daemon.
    private var turns = 0
    private var nextData = 1
    private var nextLife: Int64 = 1
    private(set) var report: ServiceReport?
    private(set) var isOver = false
    private(set) var broken: [String] = []
    /// The data that clients were let at last, by index: acknowledged writes are in them.
    private var acknowledged: [Int: Int] = [:]
    private(set) var log: [String] = []
    /// Writes that clients were told to be done.
    private var written: [Int] = []
    var planner = InstancePlanner()
    /// Of each member, how long its next looks and steps take. Nil: as drawn.
    var slowness: [Int: Duration] = [:]
    var isCalm = false

    init(seed: UInt64, members: Int) {
        random = SeededGenerator(seed: seed)
        began = now
        let service = Self.sample(members)
        self.service = service
        isGroup = members > 1
        application = Application(
            name: service.id.application, user: ServerUser(name: "roost01", uid: 1, gid: 1),
            order: [service.id.service], createdAt: Date(timeIntervalSince1970: 0))
        machine = ServiceMachine(service.id, since: 0)
        for member in service.instances { servers[member.index] = ModelledServer() }
    }

    var elapsed: Duration { began.duration(to: now) }

    // MARK: Running

    mutating func schedule(_ what: Happening, after delay: Duration) {
        let at = now + delay
        // The next one last. What is as early as another comes behind it.
        var (low, high) = (0, queue.count)
        while low < high {
            let middle = (low + high) / 2
            if queue[middle].at > at { low = middle + 1 } else { high = middle }
        }
        queue.insert((at, what), at: low)
    }

    /// Runs until `isDone`, or until there was too much time. Returns whether it was done.
    mutating func run(until isDone: (World) -> Bool) -> Bool {
        schedule(.serviceWakes(daemon: daemon), after: .zero)
        if isGroup, queue.allSatisfy({ if case .write = $0.what { false } else { true } }) {
            schedule(.write, after: .zero)
            schedule(.replicate, after: .zero)
        }
        while elapsed < Self.stormy + Self.patience, broken.isEmpty {
            if isDone(self) { return true }
            guard let happening = queue.popLast() else { return false }
            now = happening.at
            handle(happening.what)
        }
        return false
    }

    private var isStormy: Bool { !isCalm && elapsed < Self.stormy }

    private mutating func handle(_ what: Happening) {
        switch what {
        case .toAgent(let index, let spec, let connection, let daemon):
            // An agent that goes on reads what a daemon that died had sent; nobody else does.
            guard connection == crashes[index, default: 0], agents[index] != nil || daemon == self.daemon else {
                return
            }
            deliver(spec, to: index)
        case .toService(let status, let daemon):
            if daemon == self.daemon { carryOut(machine.handle(.status(status), now: now)) }
        case .dropAgent(let index): agents[index] = nil
        case .workEnds(let index, let life, let work): end(work, index, life)
        case .agentWakes(let index, let life, let turn):
            guard let agent = agents[index], agent.life == life, agent.turn == turn else { return }
            tell(index, .timeOut)
        case .performed(let request, let index, let daemon): perform(request, index, daemon)
        case .routed(let gates, let epoch, let daemon): route(gates, epoch, daemon)
        case .committed(let leadership, let daemon): commit(leadership, daemon)
        case .serviceWakes(let daemon):
            guard daemon == self.daemon, !isOver else { return }
            // What changed in the store may not have been told, and is found by a review.
            turns += 1
            if turns % 15 == 0 {
                carryOut(machine.handle(.looked(view), now: now))
                carryOut(machine.handle(.review, now: now))
            } else if turns == 1 || !(isStormy && random.chance(30)) {
                carryOut(machine.handle(.looked(view), now: now))
            }
            carryOut(machine.handle(.tick, now: now))
            schedule(.serviceWakes(daemon: daemon), after: .seconds(2))
        case .fault:
            if isStormy {
                strike()
                schedule(.fault, after: random.milliseconds(200...20_000))
            }
        case .write:
            write()
            if isStormy { schedule(.write, after: random.milliseconds(20...400)) }
        case .replicate:
            replicate()
            schedule(.replicate, after: random.milliseconds(20...400))
        case .wish:
            if isStormy {
                wish()
                schedule(.wish, after: random.milliseconds(500...30_000))
            }
        }
    }

    // MARK: Clients and replication

    private mutating func write() {
        guard let primary = service?.status.primary, gates[primary] == .open, let server = servers[primary],
            server.isRunning, server.isOpen
        else { return }
        written.append(written.count)
        servers[primary]?.history.append(written.count)
    }

    private mutating func replicate() {
        guard let members = service?.instances else { return }
        for member in members {
            guard let server = servers[member.index], server.isRunning, let port = server.source,
                let source = members.first(where: { $0.internalPort == port }).flatMap({ servers[$0.index] }),
                source.isRunning, random.chance(70)
            else { continue }
            guard source.history.starts(with: server.history) else {
                broken.append("instance \(member.index) holds writes that its source lacks")
                continue
            }
            servers[member.index]?.history = source.history
        }
    }

    /// What holds whenever a server of a group was opened.
    private mutating func checkGroup(_ index: Int) {
        guard isGroup, let opened = servers[index], opened.isRunning, opened.isOpen else { return }
        for (other, server) in servers where other != index && server.isRunning && server.isOpen {
            broken.append("instances \(index) and \(other) take writes at once")
        }
        if opened.history.count < written.count { broken.append("instance \(index) was opened without every write") }
    }

    // MARK: The control plane

    private var view: ServiceMachine.View? {
        service.map {
            ServiceMachine.View(service: $0, application: application, gates: gates, listenErrors: [])
        }
    }

    private mutating func carryOut(_ effects: [ServiceMachine.Effect]) {
        for effect in effects {
            switch effect {
            case .apply(let spec):
                let connection = crashes[spec.index, default: 0]
                pass(.toAgent(spec.index, spec, connection: connection, daemon: daemon))
            case .drop(let instance, _): pass(.dropAgent(instance.index))
            case .perform(let request, let index):
                schedule(.performed(request, index, daemon: daemon), after: random.milliseconds(1...40))
            case .commit(let leadership):
                schedule(.committed(leadership, daemon: daemon), after: random.milliseconds(1...40))
            case .route(let gates, let epoch):
                schedule(.routed(gates, epoch: epoch, daemon: daemon), after: random.milliseconds(1...40))
            case .show(let report):
                self.report = report
                if report == nil { isOver = true }
            case .tell: break
            }
        }
    }

    /// A request is carried out: what it stores is stored though the daemon dies before it hears of it.
    private mutating func perform(_ request: InstanceRequest, _ index: Int, _ daemon: Int) {
        var failure: String?
        if isStormy, random.chance(5) {
            failure = "the store is slow"
            if random.chance(50) { return answer(request, index, daemon, failure: failure) }
        }
        switch request.step {
        case .gone where service?.uid == request.uid: forget()
        case .image, .otherPort, .gone: break
        case .seeded, .engine, .noReturn, .upgraded, .upgradeAbandoned, .upgradeTakenBack, .replaced,
            .finished, .abandoned:
            guard let service else { break }
            switch StatusDecision.make(request, of: index, on: service, boot: "b") {
            case .nothing: break
            case .refused(let reason): failure = reason
            case .store(let status, _): self.service?.status = status
            }
        }
        note(index, "asked: \(request.step)\(failure.map { ", failed: \($0)" } ?? "")")
        answer(request, index, daemon, failure: failure)
    }

    private mutating func answer(_ request: InstanceRequest, _ index: Int, _ daemon: Int, failure: String?) {
        guard daemon == self.daemon, !isOver else { return }
        carryOut(
            machine.handle(
                .answered(index: index, InstanceRequest.Answer(request.id, failure: failure), view), now: now))
    }

    /// The router takes no table of a daemon that another has followed.
    private mutating func route(_ gates: [Int: Route.Gate], _ epoch: UInt64, _ daemon: Int) {
        guard daemon == self.daemon, !isOver else { return }
        let isRefused = isStormy && random.chance(5)
        if !isRefused, service?.epoch == epoch {
            for (index, gate) in gates.sorted(by: { $0.key < $1.key }) { setGate(gate, index) }
        }
        note(0, "routed: \(gates)\(isRefused ? ", refused" : "")")
        carryOut(machine.handle(.routed(failure: isRefused ? "the router is slow" : nil, view), now: now))
    }

    /// What is stored is stored though the daemon dies before it hears of it.
    private mutating func commit(_ leadership: Leadership, _ daemon: Int) {
        let fails = isStormy && random.chance(5)
        if !fails, let service, let status = leadership.applied(to: service) {
            self.service?.status = status
            log.append("\(elapsed): epoch \(status.epoch): \(status.primary) leads; \(leadership.failure ?? "")")
        }
        guard daemon == self.daemon, !isOver else { return }
        carryOut(machine.handle(.committed(view), now: now))
    }

    private mutating func setGate(_ gate: Route.Gate, _ index: Int) {
        if gate == .open, !isGroup || index == service?.status.primary, let server = servers[index] {
            // Between the look and the router's word the server may have died, but it was opened, and on these data.
            if server.isRunning, !server.isOpen { broken.append("clients were let at a closed server") }
            if let data = server.data { acknowledged[index] = data }
        }
        gates[index] = gate
    }

    private mutating func forget() {
        for (index, server) in servers where !server.isForgotten || server.data != nil {
            broken.append("the service was forgotten while its instance \(index) stands")
        }
        service = nil
        gates = [:]
    }

    // MARK: Agents

    private mutating func deliver(_ spec: InstanceSpec, to index: Int) {
        guard agents[index] == nil else { return tell(index, .spec(spec)) }
        nextLife += 1
        var agent = Agent(
            machine: InstanceMachine(spec, planner: planner, patience: .seconds(2), life: nextLife), life: nextLife)
        let effects = agent.machine.begin()
        agents[index] = agent
        carryOut(effects, index)
    }

    private mutating func tell(_ index: Int, _ event: InstanceMachine.Event) {
        guard var agent = agents[index] else { return }
        let effects = agent.machine.handle(event, now: now, date: date)
        agents[index] = agent
        carryOut(effects, index)
    }

    private var date: Date { Date(timeIntervalSince1970: elapsed / .seconds(1)) }

    private mutating func carryOut(_ effects: [InstanceMachine.Effect], _ index: Int) {
        guard let life = agents[index]?.life else { return }
        for effect in effects {
            switch effect {
            case .send(let status): pass(.toService(status, daemon: daemon))
            case .wake(let pause):
                agents[index]?.turn += 1
                schedule(.agentWakes(index, life: life, turn: agents[index]?.turn ?? 0), after: pause)
            case .look(let spec): begin(.look(spec), index, life, random.milliseconds(1...20))
            case .probe: begin(.probe, index, life, random.milliseconds(1...10))
            case .act(let action, let spec): begin(.act(action, spec), index, life, random.milliseconds(1...1500))
            }
        }
    }

    private mutating func begin(_ work: Work, _ index: Int, _ life: Int64, _ drawn: Duration) {
        if agents[index]?.isWorking ?? false { broken.append("two pieces of work on instance \(index) at once") }
        agents[index]?.isWorking = true
        var duration = drawn
        if isStormy, random.chance(2) { duration = random.milliseconds(5_000...120_000) }
        schedule(.workEnds(index, life: life, work), after: slowness[index] ?? duration)
    }

    private mutating func end(_ work: Work, _ index: Int, _ life: Int64) {
        guard agents[index]?.life == life, let server = servers[index] else { return }
        agents[index]?.isWorking = false
        switch work {
        case .look(let spec):
            var server = server
            let look = server.look(spec)
            servers[index] = server
            tell(index, .looked(look, ending: nil))
        case .probe: tell(index, .probed(server.isRunning ? (server.isOpen ? .healthy : .closed) : nil))
        case .act(let action, let spec):
            let mayFail = isStormy && random.chance(10)
            let fails = mayFail && random.chance(50)
            if fails { note(index, "\(action.title) fails") } else { carryOut(action, spec, index) }
            if mayFail { return tell(index, .acted(.failed(InstanceMachine.Failure("\(action.title) failed")))) }
            if case .start = action {
                return tell(index, .acted(.started(pid: server.pid + 1, spec.service.engine)))
            }
            tell(index, .acted(.done))
        }
    }

    private mutating func carryOut(_ action: Action, _ spec: InstanceSpec, _ index: Int) {
        guard var server = servers[index] else { return }
        note(index, action.title)
        if let fault = fault(action, spec, index) { broken.append("instance \(index): \(fault)") }
        let fault = server.carryOut(action, spec) {
            defer { nextData += 1 }
            return nextData
        }
        if let fault { broken.append("instance \(index): \(fault)") }
        if case .makeReplica = action, let primary = service?.status.primary {
            server.history = servers[primary]?.history ?? []
        }
        check(server, index, after: action)
        servers[index] = server
        checkGroup(index)
    }

    /// Rules about what the store and the router have to know before something is done.
    private func fault(_ action: Action, _ spec: InstanceSpec, _ index: Int) -> String? {
        switch action {
        case .start where gates[index] == .open: return "a server was started closed while clients reach it"
        case .openServer where !(service?.instances.first { $0.index == index }?.seeded ?? true):
            return "a server was opened before it is stored that it has data"
        case .closeServer where gates[index] == .open && index == service?.status.primary:
            return "a primary was closed while clients reach it"
        case .stop where gates[index] == .open: return "a server was stopped while clients reach it"
        case .start:
            guard let service, case .upgrade(_, let keep) = spec.service.intent, servers[index]?.kept[keep] != nil,
                !service.isPastNoReturn
            else { return nil }
            return "the newer server was started before it is stored that it may touch the data"
        default: return nil
        }
    }

    /// What clients wrote is in the directory, or in a snapshot, unless somebody asked for the opposite.
    private mutating func check(_ server: ModelledServer, _ index: Int, after action: Action) {
        guard let data = acknowledged[index], server.data != data, !server.kept.values.contains(data) else { return }
        guard let service, service.spec.deletion.map({ $0.keep != nil }) ?? true else { return }
        broken.append("instance \(index): acknowledged data \(data) are gone after '\(action.title)'")
    }

    // MARK: The network, faults and wishes

    private mutating func pass(_ message: Happening) {
        var copies = 1
        if isStormy { copies = random.chance(15) ? 0 : random.chance(10) ? 2 : 1 }
        for _ in 0..<copies {
            let isLate = isStormy && random.chance(10)
            schedule(message, after: random.milliseconds(isLate ? 100...10_000 : 1...5))
        }
    }

    private mutating func strike() {
        let index = servers.keys.sorted().randomElement(using: &random) ?? 0
        switch Int.random(in: 0..<6, using: &random) {
        case 0, 1: crashServer(index)
        case 2: crashAgent(index)
        case 3, 4: crashDaemon()
        default: gates[index] = nil
        }
    }

    mutating func crashServer(_ index: Int) {
        guard servers[index]?.isRunning ?? false else { return }
        note(index, "its server crashes")
        servers[index]?.isRunning = false
        servers[index]?.isOpen = false
        tell(index, .serverEnded)
    }

    /// What it was doing was done, or was not.
    private mutating func crashAgent(_ index: Int) {
        crashes[index, default: 0] += 1
        guard let life = agents.removeValue(forKey: index)?.life else { return }
        note(index, "its agent crashes")
        for case .workEnds(index, life, .act(let action, let spec)) in queue.map(\.what) where random.chance(50) {
            carryOut(action, spec, index)
        }
    }

    private mutating func crashDaemon() {
        guard let id = service?.id, !isOver else { return }
        daemon += 1
        turns = 0
        // In one process both end; with a control plane elsewhere the agents go on.
        if random.chance(60) { for index in agents.keys.sorted() { crashAgent(index) } }
        // Now and then its clock is set back.
        let clock = Int64(elapsed / .milliseconds(1))
        machine = ServiceMachine(id, since: random.chance(80) ? clock : Int64.random(in: 0...clock, using: &random))
        report = nil
        log.append("\(elapsed): the daemon crashes")
        schedule(.serviceWakes(daemon: daemon), after: random.milliseconds(50...5_000))
    }

    private mutating func wish() {
        // While something is under way the API takes a destruction alone.
        guard let service, var spec = self.service?.spec, spec.deletion == nil else { return }
        spec.generation += 1
        guard service.intent == .run else {
            if random.chance(30) { ask(spec, deleting: true) }
            return
        }
        if isGroup, random.chance(60) {
            spec.ask(for: .promote(to: Int.random(in: 0..<servers.count, using: &random)))
            return ask(spec)
        }
        switch Int.random(in: 0..<(isGroup ? 3 : 7), using: &random) {
        case 0: spec.restartGeneration = spec.generation
        case 1: spec.settings.config["max_connections"] = "\(spec.generation)"
        case 2: spec.settings.memory = .mebibytes(256 + Int64(spec.generation))
        case 3: spec.ask(for: .restore(snapshot: "s", keep: "before-\(spec.generation)"))
        case 4: spec.ask(for: .image(keep: "image-\(spec.generation)", expiresAt: nil))
        // Of one instance: an upgrade of a group is not a step of each by itself.
        case 5 where servers.count == 1:
            if let next = EngineIdentity("mariadb@11.4.\(spec.generation)") {
                spec.ask(for: .upgrade(to: next, keep: "old-\(spec.generation)"))
            }
        default: return random.chance(30) ? ask(spec, deleting: true) : ()
        }
        ask(spec)
    }

    private mutating func ask(_ spec: ServiceSpec, deleting: Bool = false) {
        var spec = spec
        if deleting { spec.deletion = .init(keep: random.chance(70) ? "last" : nil) }
        service?.spec = spec
        log.append("\(elapsed): generation \(spec.generation): \(service.map { "\($0.intent)" } ?? "")")
        if !isOver { carryOut(machine.handle(.looked(view), now: now)) }
    }

    private mutating func note(_ index: Int, _ text: String) { log.append("\(elapsed): \(index): \(text)") }

    // MARK: The end

    /// For whoever looks for a mistake.
    var state: String {
        servers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "\n")
            + "\nservice: \(service?.status as Any)\nmachine: \(machine)\nagents: \(agents)"
    }

    /// Why not all is as it was asked for; nil: it is.
    var unsettled: String? {
        guard let service else { return isOver ? nil : "it is gone, and nobody knows" }
        guard service.intent == .run else { return "it is on its way to \(service.intent)" }
        guard report?.settledGeneration ?? 0 >= service.generation else { return "it is not settled: \(report as Any)" }
        for member in service.instances {
            guard let server = servers[member.index], server.isRunning else { return "\(member.index) does not run" }
            if isGroup, member.index != service.status.primary {
                guard !server.isOpen, server.source == service.primary?.internalPort,
                    server.history == servers[service.status.primary]?.history
                else { return "instance \(member.index) is no replica: \(server)" }
            } else if !server.isOpen {
                return "instance \(member.index) does not serve"
            }
            guard gates[member.index] == .open else { return "clients do not reach instance \(member.index)" }
            guard server.applied?.settings == service.settings.config else { return "its settings are old" }
        }
        return nil
    }

    var isPastTheStorm: Bool { !isStormy }

    private static func sample(_ members: Int) -> Service {
        func port(_ number: Int) -> PortNumber {
            guard let port = PortNumber(number) else { preconditionFailure("\(number) is a port") }
            return port
        }
        guard let engine = EngineIdentity("mariadb@10.11.19") else { preconditionFailure("that is an engine") }
        return Service(
            id: ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: "data")), uid: "u", type: .mysql,
            engine: engine, settings: ServiceSettings(memory: .mebibytes(256)), endpoint: port(21000),
            readEndpoint: port(21001),
            instances: (0..<members).map {
                ServiceStatus.Member(
                    index: $0, host: "local", port: port(22000 + $0), internalPort: port(31000 + $0),
                    serverID: UInt32($0 + 1))
            },
            credentials: Credentials(
                user: "root", password: SealedSecret(rawValue: "p"), administration: SealedSecret(rawValue: "a")),
            createdAt: Date(timeIntervalSince1970: 0))
    }
}
