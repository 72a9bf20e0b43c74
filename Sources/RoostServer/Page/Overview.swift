import Foundation
import RoostModel

/// The content of the page, as texts for its template.
///
/// Optional values are lists of at most one element: for a missing value, the template engine would look in the
/// enclosing scopes.
struct Overview {
    struct Application {
        let name: String
        let state: String
        let services: [Service]
        let isEmpty: Bool
    }

    struct Service {
        let name: String
        let state: String
        let engine: String
        let type: String
        let address: String
        let readAddress: [String]
        let database: String
        let user: String
        let durability: String
        let exposure: String
        let limits: String
        let problems: [String]
        let instances: [Instance]
    }

    struct Instance {
        let name: String
        let role: String
        let state: String
        let process: String
        let reasons: [String]
        let meters: [Meter]
        let figures: String
    }

    /// Memory in use relative to the limit.
    struct Meter {
        let used: Int64
        let limit: Int64
        let high: Int64
        let text: String
    }

    struct Event {
        let time: String
        let clock: String
        let kind: String
        let tone: String
        let subject: String
        let message: String
    }

    let applications: [Application]
    let hasNone: Bool
    let events: [Event]
    let hasNoEvents: Bool
    let machine: String
    let facts: [String]
    let version: String
    let summary: String
    let summaryState: String

    init(
        _ applications: [ApplicationInfo], usage: [UsageInfo], events: [EventInfo], machine: MachineInfo?,
        version: String
    ) {
        let use = Dictionary(usage.map { ("\($0.application)/\($0.instance)", $0) }) { first, _ in first }
        self.applications = applications.map { application in
            Application(
                name: application.name, state: application.state.rawValue,
                services: application.services.map { Service($0, use: use) }, isEmpty: application.services.isEmpty)
        }
        hasNone = applications.isEmpty
        self.events = events.reversed().map(Event.init)
        hasNoEvents = events.isEmpty
        self.machine = machine?.name ?? "this machine"
        facts = machine.map(Self.facts) ?? []
        self.version = version
        let services = applications.flatMap(\.services)
        let unwell = services.filter { $0.state != .running }
        summaryState = unwell.contains { $0.state == .down } ? "down" : unwell.isEmpty ? "running" : "degraded"
        summary = Self.summary(services.count, unwell: unwell.map { "\($0.application)/\($0.service)" })
    }

    private static func summary(_ count: Int, unwell: [String]) -> String {
        switch (count, unwell.count) {
        case (0, _): "No services yet"
        case (1, 0): "The service is healthy"
        case (_, 0): "All \(count) services are healthy"
        case (_, 1): "\(unwell[0]) needs attention"
        case (_, let unwell): "\(unwell) of \(count) services need attention"
        }
    }

    private static func facts(_ machine: MachineInfo) -> [String] {
        [
            "\(machine.memoryAvailableBytes.readable) of \(machine.memoryBytes.readable) memory available",
            "\(machine.diskFreeBytes.readable) disk free", "\(machine.cores) cores",
        ]
    }
}

extension Overview.Service {
    init(_ info: ServiceInfo, use: [String: UsageInfo]) {
        name = info.service
        state = info.state.rawValue
        engine = info.engine
        type = info.type
        address = "\(info.endpoint.host):\(info.endpoint.port)"
        // With one instance both addresses lead to the same server, so the second is left out.
        readAddress = info.instances.count > 1 ? ["\(info.readEndpoint.host):\(info.readEndpoint.port)"] : []
        database = info.database
        user = info.user
        durability = info.durability
        exposure = info.expose
        let memory = "\(info.memoryBytes.readable) memory each"
        let cpus = info.cpus.map { ", \($0.formatted(.number.precision(.fractionLength(0...2)))) CPUs" } ?? ""
        limits = memory + cpus + (info.limitsEnforced ? "" : " (not enforced on this machine)")
        problems = info.problems
        instances = info.instances.map {
            Overview.Instance($0, use: use["\(info.application)/\($0.name)"])
        }
    }
}

extension Overview.Instance {
    init(_ instance: ServiceInfo.Instance, use: UsageInfo?) {
        name = instance.name
        role = instance.role
        state = instance.state.rawValue
        process = instance.pid.map { "pid \($0)" } ?? "no process"
        reasons = instance.reason.map { [$0] } ?? []
        let limit = use?.memoryLimitBytes.bytes ?? 0
        meters =
            if let use, limit > 0 {
                [
                    Overview.Meter(
                        used: min(use.memoryBytes.bytes, limit), limit: limit, high: limit / 10 * 9,
                        text: "\(use.memoryBytes.readable) of \(use.memoryLimitBytes.readable)")
                ]
            } else { [] }
        figures =
            use.map { use in
                let cpu = use.cpuPercent.map { "\($0.formatted(.number.precision(.fractionLength(0...1)))) % CPU · " }
                let connections = use.connections == 1 ? "1 connection" : "\(use.connections) connections"
                return "\(cpu ?? "")\(connections) · \(use.diskBytes.readable) on disk"
            } ?? ""
    }
}

extension Overview.Event {
    init(_ event: EventInfo) {
        time = Timestamp.format(event.time)
        // 2026-11-21T06:44:06.120Z
        clock = String(time.dropFirst(11).prefix(8))
        kind = event.kind.replacingOccurrences(of: "_", with: " ")
        let bad = ["exit", "fail", "refus", "down", "crash", "lost", "problem"]
        tone = bad.contains { event.kind.contains($0) } ? "bad" : "plain"
        let name = event.instance ?? event.service
        subject = [event.application, name].compactMap(\.self).joined(separator: "/")
        message = event.text
    }
}

extension ByteCount {
    /// Human-readable: `1.5 GiB`, with at most one digit behind the point.
    var readable: String {
        let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        let digits = unit == 0 || value >= 100 ? 0 : 1
        return "\(value.formatted(.number.precision(.fractionLength(0...digits)).grouping(.never))) \(units[unit])"
    }
}
