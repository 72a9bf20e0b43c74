import RoostModel

/// `data:memory=1G`: a change of one property of a service.
package struct ScaleChange: Equatable, Sendable {
    package enum Value: Equatable, Sendable {
        case instances(Int)
        /// The text as typed; the daemon parses it as in the build file.
        case memory(String)
        case cpus(Double)
    }

    package let service: ServiceName
    package let value: Value

    var isOfInstances: Bool { if case .instances = value { true } else { false } }

    package init(_ text: String) throws(InvalidArgument) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let pair = parts.last?.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false) ?? []
        guard parts.count == 2, pair.count == 2 else {
            throw InvalidArgument("expected SERVICE:KEY=VALUE, such as data:memory=1G")
        }
        do {
            service = try ServiceName(String(parts[0]))
        } catch {
            throw InvalidArgument(error.description)
        }
        value = try Self.value(String(pair[0]), String(pair[1]))
    }

    private static func value(_ key: String, _ text: String) throws(InvalidArgument) -> Value {
        switch key {
        case "instances":
            guard let count = Int(text), count > 0 else {
                throw InvalidArgument("instances must be a whole number of at least 1, not '\(text)'")
            }
            return .instances(count)
        case "memory":
            guard ByteCount(text) != nil else {
                throw InvalidArgument("memory must be a size such as 512M or 1.5G, not '\(text)'")
            }
            return .memory(text)
        case "cpus":
            guard let cpus = Double(text), cpus.isFinite, cpus >= 0 else {
                throw InvalidArgument("cpus must be a number such as 0.5 or 2 (0 for no limit), not '\(text)'")
            }
            return .cpus(cpus)
        default:
            throw InvalidArgument("'\(key)' cannot be scaled; use cpus, instances or memory")
        }
    }

    /// The requests, one for each service, in the order typed. A key given twice for a service is an error.
    ///
    /// `drain`: for the services whose number of instances changes.
    package static func requests(
        _ changes: [ScaleChange], drain: Duration = .zero, dryRun: Bool, yes: Bool
    ) throws(Problem) -> [(service: ServiceName, request: ScaleRequest)] {
        var order: [ServiceName] = []
        for change in changes where !order.contains(change.service) { order.append(change.service) }
        var requests: [(ServiceName, ScaleRequest)] = []
        for service in order {
            var instances: Int?
            var memory: String?
            var cpus: Double?
            for change in changes where change.service == service {
                let isRepeated: Bool
                switch change.value {
                case .instances(let value): (isRepeated, instances) = (instances != nil, value)
                case .memory(let value): (isRepeated, memory) = (memory != nil, value)
                case .cpus(let value): (isRepeated, cpus) = (cpus != nil, value)
                }
                if isRepeated { throw Problem(.usage, "a key of '\(service)' is given more than once") }
            }
            requests.append(
                (
                    service,
                    ScaleRequest(
                        instances: instances, memory: memory, cpus: cpus,
                        drainSeconds: instances != nil && drain > .zero ? drain / .seconds(1) : nil,
                        dryRun: dryRun ? true : nil, yes: yes ? true : nil)
                ))
        }
        return requests
    }
}
