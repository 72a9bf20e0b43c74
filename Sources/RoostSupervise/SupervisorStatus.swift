/// Status of a custom service's processes and ports, as its supervisor reports it on its socket: one line each.
package struct SupervisorStatus: Equatable, Sendable {
    package struct Process: Equatable, Sendable {
        package let name: String
        /// Nil if the process does not run at present.
        package let runningFor: Duration?
        /// Number of ends in a row.
        package let failures: Int
        /// The way in which the process last ended; empty if it never did.
        package let lastEnd: String

        package init(name: String, runningFor: Duration?, failures: Int, lastEnd: String) {
            self.name = name
            self.runningFor = runningFor
            self.failures = failures
            self.lastEnd = lastEnd
        }
    }

    package struct Port: Equatable, Sendable {
        package let name: String
        /// Whether a process of the service's user listens on the port.
        package let isServed: Bool

        package init(name: String, isServed: Bool) {
            self.name = name
            self.isServed = isServed
        }
    }

    package var processes: [Process]
    package var ports: [Port]

    package init(processes: [Process], ports: [Port]) {
        self.processes = processes
        self.ports = ports
    }

    package var text: String {
        let processes = processes.map { process in
            let time = process.runningFor.map { "\(max(0, Int64($0 / .milliseconds(1))))" } ?? "-"
            return "process \(process.name) \(time) \(process.failures) \(process.lastEnd)\n"
        }
        let ports = ports.map { "port \($0.name) \($0.isServed ? "served" : "silent")\n" }
        return (processes + ports).joined()
    }

    /// Nil if the text is not a complete answer of a supervisor.
    package init?(_ text: String) {
        self.init(processes: [], ports: [])
        guard text.hasSuffix("\n") else { return nil }
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
            switch words.first {
            case "process":
                guard words.count == 5, let failures = Int(words[3]) else { return nil }
                let time = Int64(words[2]).map { Duration.milliseconds($0) }
                guard time != nil || words[2] == "-" else { return nil }
                processes.append(
                    Process(
                        name: String(words[1]), runningFor: time, failures: failures, lastEnd: String(words[4])))
            case "port":
                guard words.count == 3 else { return nil }
                ports.append(Port(name: String(words[1]), isServed: words[2] == "served"))
            default: return nil
            }
        }
    }
}

extension Supervisor {
    package func processes(now: Duration) -> [SupervisorStatus.Process] {
        children.map { child in
            var time: Duration?
            if case .running(let since) = child.state { time = now - since }
            return SupervisorStatus.Process(
                name: child.name, runningFor: time, failures: child.failures, lastEnd: child.lastEnd ?? "")
        }
    }
}
