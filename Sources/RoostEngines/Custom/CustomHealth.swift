import RoostSupervise

extension Health {
    /// Derives the health from a supervisor's answer. Pure.
    ///
    /// A service is up once all its processes run and a process listens on each of its ports. A process without ports
    /// must have run for a moment, because most processes that fail do so at once.
    init(_ status: SupervisorStatus) {
        for process in status.processes {
            if let trouble = Self.trouble(process) {
                self = trouble
                return
            }
        }
        let youngest = status.processes.compactMap(\.runningFor).min() ?? .zero
        if let silent = status.ports.first(where: { !$0.isServed }) {
            let text = "nothing listens on port '\(silent.name)' (the number is in PORT_\(silent.name.uppercased()))"
            self = youngest < Self.portPatience ? .starting(text) : .unhealthy(text)
            return
        }
        let isFresh = youngest < Self.shortestRun
        let isProven = !status.ports.isEmpty && status.processes.allSatisfy { $0.failures == 0 }
        self = isFresh && !isProven ? .starting("its processes have just started") : .healthy
    }

    private static let shortestRun: Duration = .seconds(1)
    /// A large database may recover for minutes; its own log then shows the cause.
    private static let portPatience: Duration = .seconds(90)
    /// After so many failures in a row another start is unlikely to help.
    private static let failuresTolerated = 3

    private static func trouble(_ process: SupervisorStatus.Process) -> Health? {
        let isDown = process.runningFor == nil
        guard isDown || process.failures >= failuresTolerated else { return nil }
        guard process.failures >= failuresTolerated else {
            return .starting("process '\(process.name)' is starting")
        }
        // The process is up again: after ten seconds the supervisor forgives its earlier failures.
        if let time = process.runningFor, time >= .seconds(10) { return nil }
        return .unhealthy(
            "process '\(process.name)' keeps ending: it ended \(process.failures) times in a row, last with "
                + "\(process.lastEnd); see 'roost logs SERVICE'")
    }
}
