import ArgumentParser
import RoostModel

/// `roost logs SERVICE[.N]`
struct Logs: Command {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print the logs of a service's servers.")

    @Argument(
        help: ArgumentHelp("The service, one of its instances or a clone.", valueName: "service[.n]|clone"),
        completion: LiveNames.places, transform: { try Target($0) })
    var target: Target

    @Flag(name: [.short, .long], help: "Keep printing new lines.")
    var follow = false

    @Option(name: [.customShort("n"), .long], help: "Number of recent lines to show.")
    var lines = 100

    @OptionGroup(title: "Common options") var options: Options

    func validate() throws {
        guard (0...10_000).contains(lines) else { throw ValidationError("-n takes 0 to 10000") }
    }

    func run(in session: Session) async throws(Problem) -> Ending {
        let service: ServiceID
        switch try await session.place(target) {
        case .service(let id): service = id
        case .clone(let name): return try await show(name, session)
        }
        let instances = try await self.instances(of: service, in: session)
        let isPrefixed = instances.count > 1
        if follow {
            try await followAll(instances, isPrefixed: isPrefixed, in: session)
            return .done
        }
        var read: [LogLine] = []
        for instance in instances {
            try await session.client.logs(instance, lines: lines, follow: false) { line throws(Problem) in
                read.append(LogLine(instance: instance.name, line: line, isPrefixed: isPrefixed))
            }
        }
        try session.output.show(.logs(read))
        return .done
    }

    private func show(_ clone: CloneName, _ session: Session) async throws(Problem) -> Ending {
        var read: [LogLine] = []
        try await session.client.logs(ofClone: clone.rawValue, lines: lines, follow: follow) { line throws(Problem) in
            let line = LogLine(instance: clone.rawValue, line: line, isPrefixed: false)
            if follow { try session.output.stream(.log(line)) } else { read.append(line) }
        }
        if !follow { try session.output.show(.logs(read)) }
        return .done
    }

    private func instances(of service: ServiceID, in session: Session) async throws(Problem) -> [InstanceID] {
        if let instance = target.instance { return [InstanceID(service, instance)] }
        return try await session.client.service(service).instances.compactMap { instance in
            instance.name.split(separator: ".").last.flatMap { Int($0) }.map { InstanceID(service, $0) }
        }
    }

    /// Follows all instances concurrently; the first failure ends all.
    private func followAll(_ instances: [InstanceID], isPrefixed: Bool, in session: Session) async throws(Problem) {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for instance in instances {
                    group.addTask {
                        try await session.client.logs(instance, lines: lines, follow: true) {
                            line throws(Problem) in
                            try session.output.stream(
                                .log(LogLine(instance: instance.name, line: line, isPrefixed: isPrefixed)))
                        }
                    }
                }
                try await group.waitForAll()
            }
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(.failed, "\(error)")
        }
    }
}
