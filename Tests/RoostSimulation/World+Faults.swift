import Foundation
import RoostControl
import RoostModel

extension World {
    // MARK: The network, faults and gateRequests

    mutating func pass(_ message: Happening) {
        var copies = 1
        if isStormy { copies = random.chance(15) ? 0 : random.chance(10) ? 2 : 1 }
        for _ in 0..<copies {
            let isLate = isStormy && random.chance(10)
            schedule(message, after: random.milliseconds(isLate ? 100...10_000 : 1...5))
        }
    }

    mutating func strike() {
        let index = servers.keys.sorted().randomElement(using: &random) ?? 0
        switch Int.random(in: 0..<7, using: &random) {
        case 6 where isGroup: freeze(index)
        case 0, 1: crashServer(index)
        case 2: crashAgent(index)
        case 3, 4: crashDaemon()
        default: gates[index] = nil
        }
    }

    mutating func freeze(_ index: Int) {
        guard servers[index]?.isRunning ?? false else { return }
        note(index, "its server freezes")
        servers[index]?.isFrozen = true
        schedule(.thaw(index), after: random.milliseconds(500...30_000))
    }

    mutating func crashServer(_ index: Int) {
        guard servers[index]?.isRunning ?? false else { return }
        note(index, "its server crashes")
        servers[index]?.isRunning = false
        servers[index]?.isOpen = false
        servers[index]?.isFrozen = false
        servers[index]?.member.isLeading = false
        tell(index, .serverEnded)
    }

    mutating func loseData(_ index: Int) {
        servers[index]?.data = nil
        acknowledged[index] = nil
    }

    /// An action that was under way when the agent crashed was either carried out or not.
    mutating func crashAgent(_ index: Int) {
        crashes[index, default: 0] += 1
        guard let life = agents.removeValue(forKey: index)?.life else { return }
        note(index, "its agent crashes")
        for case .workEnds(index, life, .act(let action, let spec)) in queue.map(\.what) where random.chance(50) {
            carryOut(action, spec, index)
        }
    }

    mutating func crashDaemon() {
        guard let id = service?.id, !isOver else { return }
        daemon += 1
        turns = 0
        // In one process daemon and agents end together; with a control plane elsewhere the agents go on.
        if random.chance(60) { for index in agents.keys.sorted() { crashAgent(index) } }
        // Now and then the daemon's clock is set back.
        let clock = Int64(elapsed / .milliseconds(1))
        machine = ServiceMachine(id, since: random.chance(80) ? clock : Int64.random(in: 0...clock, using: &random))
        report = nil
        log.append("\(elapsed): the daemon crashes")
        schedule(.serviceWakes(daemon: daemon), after: random.milliseconds(50...5_000))
    }

    mutating func userRequest() {
        // While an operation is under way the API takes a destruction alone.
        guard let service, var spec = self.service?.spec, spec.deletion == nil else { return }
        spec.generation += 1
        guard service.goal == .run else {
            if random.chance(30) { ask(spec, deleting: true) }
            return
        }
        if elects { return requestOfSet(spec, service) }
        if isGroup, random.chance(20) {
            var settings = spec.settings
            settings.instances = Int.random(in: 1...3, using: &random)
            spec.set(settings, readersUntil: spec.generation.isMultiple(of: 2) ? date + 2 : nil)
            return ask(spec)
        }
        if isGroup, random.chance(15) {
            spec.settings.durability = [.sync, .async, .strict].randomElement(using: &random) ?? .sync
            return ask(spec)
        }
        if service.isGroup, !service.isChangingReplicationPasswords, random.chance(15) {
            spec.replicationPasswords = service.status.currentReplicationPasswords.number + 1
            return ask(spec)
        }
        if isGroup, random.chance(15) {
            let target = random.chance(50) ? Int.random(in: 0..<3, using: &random) : nil
            spec.ask(for: .failover(to: target, acceptsLoss: false))
            return ask(spec)
        }
        if isGroup, random.chance(60) {
            let target = Int.random(in: 0..<max(service.instances.count, 2), using: &random)
            spec.ask(for: .promote(to: target, drainSeconds: spec.generation.isMultiple(of: 2) ? 2 : nil))
            return ask(spec)
        }
        switch Int.random(in: 0..<(isGroup ? 4 : 7), using: &random) {
        case 0: spec.restartGeneration = spec.generation
        case 1: spec.settings.config["max_connections"] = "\(spec.generation)"
        case 2: spec.settings.memory = .mebibytes(256 + Int64(spec.generation))
        case 3: spec.ask(for: .restore(snapshot: "s", keep: "before-\(spec.generation)"))
        case 4: spec.ask(for: .image(keep: "image-\(spec.generation)", expiresAt: nil))
        // Only a service of one instance is upgraded: an upgrade of a group is not a step of each member by itself.
        case 5 where servers.count == 1:
            if let next = EngineIdentity("mariadb@11.4.\(spec.generation)") {
                spec.ask(for: .upgrade(to: next, keep: "old-\(spec.generation)"))
            }
        default: return random.chance(30) ? ask(spec, deleting: true) : ()
        }
        ask(spec)
    }

    /// A request that a group whose engine elects can have: neither a restore nor an upgrade, and an odd number of
    /// instances.
    private mutating func requestOfSet(_ asked: ServiceSpec, _ service: Service) {
        var spec = asked
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<30: spec.settings.instances = [1, 3, 5].randomElement(using: &random) ?? 3
        case 30..<40: spec.settings.durability = [.sync, .async, .strict].randomElement(using: &random) ?? .sync
        case 40..<80 where service.isGroup:
            spec.ask(for: .promote(to: Int.random(in: 0..<service.instances.count, using: &random)))
        case 80..<88: spec.restartGeneration = spec.generation
        case 88..<97: spec.settings.config["max_connections"] = "\(spec.generation)"
        case 97..<100: return ask(spec, deleting: true)
        default: return
        }
        ask(spec)
    }

    mutating func promote(_ index: Int) {
        guard var spec = service?.spec else { return }
        spec.generation += 1
        spec.ask(for: .promote(to: index))
        ask(spec)
    }

    mutating func ask(_ spec: ServiceSpec, deleting: Bool = false) {
        var spec = spec
        if deleting { spec.deletion = .init(keep: random.chance(70) ? "last" : nil) }
        service?.spec = spec
        log.append("\(elapsed): generation \(spec.generation): \(service.map { "\($0.goal)" } ?? "")")
        if !isOver { carryOut(machine.handle(.looked(view), now: now, date: date)) }
    }

    mutating func note(_ index: Int, _ text: String) { log.append("\(elapsed): \(index): \(text)") }

    // MARK: The end

    /// The whole state, for debugging.
    var state: String {
        servers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "\n")
            + "\nservice: \(service?.status as Any)\nmachine: \(machine)\nagents: \(agents)"
    }

    /// The reason why not all is as it was asked for; nil if all is.
    var unsettled: String? {
        guard let service else { return isOver ? nil : "it is gone, and nobody knows" }
        guard service.goal == .run else { return "it is on its way to \(service.goal)" }
        guard service.instances.count == service.settings.instances else {
            return "it has \(service.instances.count) members, not \(service.settings.instances)"
        }
        if service.wantsAcknowledgements, !(service.status.synchronous?.isInForce ?? false) {
            return "commits do not wait: \(service.status.synchronous as Any)"
        }
        guard report?.settledGeneration ?? 0 >= service.generation else { return "it is not settled: \(report as Any)" }
        for member in service.instances {
            guard let server = servers[member.index], server.isRunning else { return "\(member.index) does not run" }
            if isGroup, member.index != service.status.primary {
                guard !server.takesWrites, elects || server.source == service.primary?.internalPort,
                    server.history == servers[service.status.primary]?.history
                else { return "instance \(member.index) is no replica: \(server)" }
            } else if !server.takesWrites {
                return "instance \(member.index) does not serve"
            }
            guard gates[member.index] == .open else { return "clients do not reach instance \(member.index)" }
            guard server.applied?.settings == service.settings.config else { return "its settings are old" }
            if service.isGroup, !elects {
                let passwords = service.status.currentReplicationPasswords
                guard passwords.number >= service.spec.replicationPasswords ?? 0, server.accepted == [passwords.number],
                    member.index == service.status.primary || server.password == passwords.number
                else { return "\(member.index) has other replication passwords than \(passwords)" }
            }
        }
        return elects ? unsettledSet : nil
    }

    var isPastTheStorm: Bool { !isStormy }

    private static func port(_ number: Int) -> PortNumber {
        guard let port = PortNumber(number) else { preconditionFailure("\(number) is a port") }
        return port
    }

    /// `server`: the server id of a member that joined later.
    static func member(_ index: Int, server: UInt32? = nil) -> ServiceStatus.Member {
        ServiceStatus.Member(
            index: index, host: "local", port: port(22000 + index), internalPort: port(31000 + index),
            serverID: server ?? UInt32(index + 1), uid: server.map { "u\($0)" })
    }

    static func sample(_ members: Int) -> Service {
        guard let engine = EngineIdentity("mariadb@10.11.19") else { preconditionFailure("that is an engine") }
        return Service(
            id: ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: "data")), uid: "u", type: .mysql,
            engine: engine, settings: ServiceSettings(instances: members, memory: .mebibytes(256)),
            endpoint: port(21000),
            readEndpoint: port(21001),
            instances: (0..<members).map { member($0) },
            credentials: Credentials(
                user: "root", password: SealedSecret(rawValue: "p"), administration: SealedSecret(rawValue: "a")),
            createdAt: Date(timeIntervalSince1970: 0))
    }
}
