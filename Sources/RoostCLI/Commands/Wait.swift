import ArgumentParser
import RoostModel

/// `roost wait SERVICE`
struct Wait: Command {
    static let configuration = CommandConfiguration(
        commandName: "wait", abstract: "Wait until a service is ready or replicated.",
        discussion:
            "A service is ready when it serves clients with all requested changes, and replicated when all of its "
            + "replicas have copied the data and are connected. Exits with status 5 on timeout, or 6 if the service is "
            + "degraded by then.")

    enum Aim: String, ExpressibleByArgument, CaseIterable { case ready, replicated }

    @Argument(
        help: "The service.", completion: LiveNames.services, transform: { try ServiceName($0) })
    var service: ServiceName

    @Option(name: .customLong("for"), help: "What to wait for.")
    var aim = Aim.ready

    @Option(help: "Timeout, such as 90s or 5m.")
    var timeout = TimeSpan(.seconds(60))

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        let id = try session.service(service)
        let clock = ContinuousClock()
        let end = clock.now + timeout.duration
        while true {
            let info = try await session.patiently(for: end - clock.now) { () throws(Problem) in
                try await session.client.service(id)
            }
            if try reached(info) {
                session.output.note("\(id) is \(aim.rawValue)")
                try session.output.showIfJSON(.status(.service(info)))
                return .done
            }
            guard clock.now < end else { throw overdue(info) }
            await session.pause(min(.milliseconds(100), end - clock.now))
        }
    }

    private func reached(_ info: ServiceInfo) throws(Problem) -> Bool {
        switch aim {
        case .ready: return info.state == .running
        case .replicated:
            guard info.instances.count > 1 else {
                throw Problem(
                    .usage, "'\(service)' has only one instance, so there is no replication to wait for",
                    next: ["roost wait \(service) --for ready"])
            }
            return info.replication.status == "online"
        }
    }

    private func overdue(_ info: ServiceInfo) -> Problem {
        let problems = info.problems.isEmpty ? "" : ": " + info.problems.joined(separator: "; ")
        let message =
            "'\(service)' is \(info.state.rawValue) and not \(aim.rawValue) after \(timeout.duration.rounded)\(problems)"
        return Problem(
            info.state == .degraded ? .degraded : .timedOut, message,
            next: ["roost status \(service)", "roost logs \(service) -n 50"])
    }
}
