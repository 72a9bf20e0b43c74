import Foundation
import RoostControl
import RoostModel

/// A service on modelled machines, under real deciders: `ServiceMachine`, `InstanceMachine`, `InstancePlanner` and
/// `StatusDecision`. Time is counted, not waited for; all events are drawn from a seed.
struct World {
    enum Happening {
        /// A spec on one daemon's connection to an agent; the connection ends with the agent.
        case toAgent(Int, InstanceSpec, connection: Int, daemon: Int)
        /// A status on one daemon's connection, which ends with the daemon.
        case toService(InstanceStatus, daemon: Int)
        case dropAgent(Int, uid: String)
        /// An observation, a step or a probe ends. `life`: of the agent that began it.
        case workEnds(Int, life: Int64, Work)
        case agentWakes(Int, life: Int64, turn: Int)
        case performed(InstanceRequest, Int, daemon: Int)
        case routed([Int: Route.Gate], epoch: UInt64, daemon: Int)
        case committed(StatusChange, daemon: Int)
        case enlisted(Membership, daemon: Int)
        case serviceWakes(daemon: Int)
        /// A frozen server goes on.
        case thaw(Int)
        case fault
        case userRequest
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
        let uid: String
        var turn = 0
        var isWorking = false
    }

    /// Faults happen until then; afterwards the world has to settle.
    let stormy: Duration
    static let patience: Duration = .seconds(600)

    var random: SeededGenerator
    var now = ContinuousClock.now
    let began: ContinuousClock.Instant
    var queue: [(at: ContinuousClock.Instant, what: Happening)] = []

    var service: Service?
    /// Whether the service may have several members.
    let isGroup: Bool
    let engine: ModelledEngine
    /// The replica set, if the engine elects.
    var set = ReplicaSet()
    let application: Application
    var gates: [Int: Route.Gate] = [:]
    /// The epoch and the primary of the table that the router's gates come from.
    var routed: (epoch: UInt64, primary: Int)
    var servers: [Int: ModelledServer] = [:]
    var agents: [Int: Agent] = [:]
    /// How often each agent has crashed.
    var crashes: [Int: Int] = [:]
    var machine: ServiceMachine
    var daemon = 0
    /// Wake-ups of the present daemon.
    var turns = 0
    var nextData = 1
    var nextLife: Int64 = 1
    var nextServer: UInt32 = 10
    var report: ServiceReport?
    var isOver = false
    var broken: [String] = []
    /// The data that clients were let at last, by index: acknowledged writes are in them.
    var acknowledged: [Int: Int] = [:]
    var log: [String] = []
    /// How many writes clients were told to be done.
    var written = 0
    var nextWrite = 0
    var planner = InstancePlanner()
    /// Duration of each member's next observations and steps. Nil: as drawn.
    var slowness: [Int: Duration] = [:]
    var isCalm = false
    /// The fences and epochs that each agent was sent, by index, and the number of changes of the store, since a test
    /// last reset them.
    var asked: [Int: Set<[UInt64]>] = [:]
    var commits = 0

    /// `engine`: nil for one of those that do not elect, by the seed.
    init(
        seed: UInt64, members: Int, durability: ServiceSettings.Durability = .sync, engine: ModelledEngine? = nil
    ) {
        random = SeededGenerator(seed: seed)
        began = now
        var service = Self.sample(members)
        service.spec.settings.durability = durability
        self.service = service
        routed = (service.epoch, service.status.primary)
        let engine = engine ?? (seed % 2 == 0 ? .switches : .list)
        self.engine = engine
        // A service whose engine elects becomes one.
        isGroup = members > 1 || engine == .elections
        // A group needs more computation, and more happens in a minute of it.
        // An election of a set's own accord takes ten seconds of it.
        stormy = engine == .elections ? .seconds(90) : isGroup ? .seconds(60) : .seconds(120)
        application = Application(
            name: service.id.application, user: ServerUser(name: "roost01", uid: 1, gid: 1),
            order: [service.id.service], createdAt: Date(timeIntervalSince1970: 0))
        machine = ServiceMachine(service.id, since: 0)
        for member in service.instances { servers[member.index] = ModelledServer(engine: engine) }
    }

    var elapsed: Duration { began.duration(to: now) }

    // MARK: Running

    mutating func schedule(_ what: Happening, after delay: Duration) {
        let at = now + delay
        // The next event is last in the queue. An event at the same time as another comes after it.
        var (low, high) = (0, queue.count)
        while low < high {
            let middle = (low + high) / 2
            if queue[middle].at > at { low = middle + 1 } else { high = middle }
        }
        queue.insert((at, what), at: low)
    }

    /// Runs until `isDone`, or until the time limit. Returns whether it was done.
    mutating func run(until isDone: (World) -> Bool) -> Bool {
        schedule(.serviceWakes(daemon: daemon), after: .zero)
        if isGroup, queue.allSatisfy({ if case .write = $0.what { false } else { true } }) {
            schedule(.write, after: .zero)
            schedule(.replicate, after: .zero)
        }
        while elapsed < stormy + Self.patience, broken.isEmpty {
            if isDone(self) { return true }
            guard let happening = queue.popLast() else { return false }
            now = happening.at
            handle(happening.what)
        }
        return false
    }

    var isStormy: Bool { !isCalm && elapsed < stormy }

    mutating func handle(_ what: Happening) {
        switch what {
        case .toAgent(let index, let spec, let connection, let daemon):
            // A message of a daemon that died reaches only an agent that still runs.
            guard connection == crashes[index, default: 0], agents[index] != nil || daemon == self.daemon else {
                return
            }
            deliver(spec, to: index)
        case .toService(let status, let daemon):
            if daemon == self.daemon { carryOut(machine.handle(.status(status), now: now, date: date)) }
        case .dropAgent(let index, let uid): if agents[index]?.uid == uid { agents[index] = nil }
        case .workEnds(let index, let life, let work): end(work, index, life)
        case .agentWakes(let index, let life, let turn):
            guard let agent = agents[index], agent.life == life, agent.turn == turn else { return }
            tell(index, .timeOut)
        case .performed(let request, let index, let daemon): perform(request, index, daemon)
        case .routed(let gates, let epoch, let daemon): route(gates, epoch, daemon)
        case .committed(let change, let daemon): commit(change, daemon)
        case .thaw(let index): servers[index]?.isFrozen = false
        case .enlisted(let change, let daemon): enlist(change, daemon)
        case .serviceWakes(let daemon):
            guard daemon == self.daemon, !isOver else { return }
            // A change in the store may not have been told; a review finds it.
            turns += 1
            if turns % 15 == 0 {
                carryOut(machine.handle(.looked(view), now: now, date: date))
                carryOut(machine.handle(.review, now: now, date: date))
            } else if turns == 1 || !(isStormy && random.chance(30)) {
                carryOut(machine.handle(.looked(view), now: now, date: date))
            }
            carryOut(machine.handle(.tick, now: now, date: date))
            schedule(.serviceWakes(daemon: daemon), after: .seconds(2))
        case .fault:
            if isStormy {
                strike()
                schedule(.fault, after: random.milliseconds(200...20_000))
            }
        case .write:
            write()
            if isStormy || isCalm { schedule(.write, after: random.milliseconds(50...1000)) }
        case .replicate:
            replicate()
            schedule(.replicate, after: random.milliseconds(50...1000))
        case .userRequest:
            if isStormy {
                userRequest()
                schedule(.userRequest, after: random.milliseconds(500...30_000))
            }
        }
    }
}
