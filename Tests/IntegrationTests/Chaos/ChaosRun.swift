import Foundation
import RoostModel
import Testing

/// A chaos run: ten services, eight of them in play and two untouched; the requests made of them, and the duration of
/// each recovery.
struct ChaosRun {
    static let application = "chaos"
    static let inPlay = 0..<8
    /// After so many rounds everything comes to rest and is checked; between rests, the kills hit half-done work.
    private static let roundsBetweenRests = 5

    let roost: Roost
    let plan: ChaosPlan
    private var random: SeededRandom
    private var expectations: [Expectation]
    private var untouched: [String: Int32] = [:]
    private var recoveries: [Duration] = []

    init(roost: Roost, plan: ChaosPlan) {
        self.roost = roost
        self.plan = plan
        random = SeededRandom(seed: plan.seed)
        expectations = Self.inPlay.map { _ in Expectation() }
    }

    // MARK: The file

    private func buildFile(_ expectations: [Expectation]) -> String {
        let lines = zip(Self.inPlay, expectations).map { service, expectation in
            "  s\(service): {type: mysql, config: {max_connections: \(expectation.connections)}}"
        }
        let fixed = ["idle", "busy"].map { "  \($0): {type: mysql, memory: 192M}" }
        return "services:\n" + (fixed + lines).joined(separator: "\n") + "\n"
    }

    mutating func prepare() async throws {
        try await roost.push(buildFile(expectations), to: Self.application)
        for service in Self.inPlay {
            try await roost.roost("scale", "s\(service):memory=192M", "-A", Self.application).expectSuccess()
        }
        for service in ["idle", "busy"] { untouched[service] = try await roost.pid(service, in: Self.application) }
    }

    // MARK: A round

    /// Starts one to three steps at once, kills the daemon in their midst, and starts it again at once.
    mutating func round(_ number: Int) async throws {
        var steps: [Int: ChaosStep] = [:]
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let step = ChaosStep.random(services: Self.inPlay, using: &random)
            // A single step per service: two at once would leave open which one came last.
            steps[step.service] = step
        }
        let moment = Duration.milliseconds(Int.random(in: 0...700, using: &random))
        print(
            "chaos: round \(number): \(steps.values.map(\.description).sorted().joined(separator: ", ")); kill after \(moment)"
        )

        let commands = steps.values.sorted { $0.service < $1.service }.map { ($0, arguments(for: $0)) }
        let roost = roost
        let outcomes = try await withThrowingTaskGroup(of: (ChaosStep, Outcome).self) { group in
            for (step, arguments) in commands {
                let directory = try roost.applicationFolder(
                    "\(Self.application)-s\(step.service)", buildFile: file(with: step))
                group.addTask { (step, try await roost.roost(arguments, in: directory)) }
            }
            try await Task.sleep(for: moment)  // The random moment of the fault; nothing waits for it to be enough.
            await roost.killDaemon()
            let killed = ContinuousClock.now
            try await roost.start()
            recoveries.append(ContinuousClock.now - killed)
            return try await group.reduce(into: [(ChaosStep, Outcome)]()) { $0.append($1) }
        }
        for (step, outcome) in outcomes { take(step, outcome) }
        if number.isMultiple(of: Self.roundsBetweenRests) { try await settle() }
    }

    private func file(with step: ChaosStep) -> String {
        var changed = expectations
        if case .configure(let service, let connections) = step { changed[service].connections = connections }
        return buildFile(changed)
    }

    private func arguments(for step: ChaosStep) -> [String] {
        let name = "s\(step.service)"
        let command: [String] =
            switch step {
            case .configure: ["push"]
            case .scale(_, let megabytes): ["scale", "\(name):memory=\(megabytes)M"]
            case .restart: ["restart", name]
            case .destroy(_, let keep): ["destroy", name, "--yes"] + (keep ? [] : ["--no-keep"])
            }
        return command + ["-A", Self.application]
    }

    /// Records the states that are possible now. A command that was cut short leaves two possibilities.
    private mutating func take(_ step: ChaosStep, _ outcome: Outcome) {
        switch step {
        case .configure(let service, let connections):
            // A push brings back all destroyed services that are in the file.
            if outcome.status == 0 { expectations[service].connections = connections }
            for service in Self.inPlay { expectations[service].isThere.insert(true) }
        case .scale(let service, let megabytes):
            expectations[service].memory.insert(megabytes)
        case .restart:
            break
        case .destroy(let service, _):
            expectations[service].isThere.insert(false)
        }
    }

    // MARK: Rest

    /// Waits until everything is as desired, without any action, and compares the result with the requests.
    mutating func settle() async throws {
        for service in Self.inPlay { try await settle(service) }
        for (service, pid) in untouched {
            #expect(try await roost.pid(service, in: Self.application) == pid, "\(service) was not touched")
        }
        // The push brings back destroyed services, so that the next rounds have all services to play with.
        try await roost.push(buildFile(expectations), to: Self.application)
        for service in Self.inPlay {
            try await roost.waitReady("s\(service)", in: Self.application)
            let info = try await roost.info("s\(service)", in: Self.application)
            #expect(info.config["max_connections"] == "\(expectations[service].connections)")
            #expect(try await connections(of: service) == "\(expectations[service].connections)")
            expectations[service].isThere = [true]
            expectations[service].memory = [Int(info.memoryBytes.bytes >> 20)]
        }
    }

    private mutating func settle(_ service: Int) async throws {
        let name = "s\(service)"
        var isThere = true
        try await eventually("\(name) comes to rest") {
            let outcome = try await roost.roost("info", name, "-A", Self.application, "--json")
            isThere = outcome.status != ProblemCode.serviceNotFound.exitStatus
            guard isThere else { return !roost.instanceFolders.contains("\(Self.application)/\(name).0") }
            try #require(outcome.status == 0, "\(outcome)")
            let info = try JSON.decode(ServiceInfo.self, from: Data(outcome.output.utf8))
            return info.state == .running && info.problems.isEmpty
        }
        #expect(expectations[service].isThere.contains(isThere), "\(name) \(isThere ? "is there" : "is gone")")
        guard isThere else {
            expectations[service].memory = [192, 512]
            return
        }
        let info = try await roost.info(name, in: Self.application)
        let megabytes = Int(info.memoryBytes.bytes >> 20)
        #expect(
            expectations[service].memory.union([512]).contains(megabytes), "\(name) has \(megabytes)M")
        if info.limitsEnforced, let pid = info.instances.first?.pid {
            #expect(ProcessTable.memoryLimit(of: pid) == info.memoryBytes.bytes, "\(name): the limit in force")
        }
        #expect(try await connections(of: service) == info.config["max_connections"], "\(name): as it says itself")
    }

    private func connections(of service: Int) async throws -> String? {
        try await roost.query("select @@global.max_connections", "s\(service)", in: Self.application).first
    }

    // MARK: The end

    /// Every server belongs to an instance, every folder to a service, and every directory is whole.
    func checkNothingIsLeft() async throws {
        let services: ApplicationInfo = try JSON.decode(
            ApplicationInfo.self, from: try await roost.api("GET", "/v1/applications/\(Self.application)").body)
        let pids = Set(services.services.flatMap { $0.instances.compactMap(\.pid) })
        try await eventually("servers that initialise ready directories have ended") {
            Set(roost.servers.map(\.pid)).subtracting(pids).isEmpty
        }
        let names = services.services.flatMap { $0.instances.map { "\(Self.application)/\($0.name)" } }
        #expect(Set(roost.instanceFolders) == Set(names), "a folder for each instance and no other")
        for folder in roost.instanceFolders {
            let path = "\(roost.home)/instances/\(folder)"
            #expect(FileManager.default.fileExists(atPath: "\(path)/manifest.json"))
            #expect(FileManager.default.fileExists(atPath: "\(path)/data/ibdata1"))
        }
        let scratch = try FileManager.default.contentsOfDirectory(atPath: "\(roost.home)/scratch")
        #expect(scratch.isEmpty, "half-made directories: \(scratch)")
    }

    func report() {
        let sorted = recoveries.sorted()
        guard let last = sorted.last else { return }
        let at = { (share: Double) in sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))] }
        print("chaos: roostd served again after p50 \(at(0.5)), p99 \(at(0.99)), max \(last) (\(sorted.count) kills)")
    }
}
