import Foundation
import RoostAgentProtocol
import RoostControl
import RoostModel
import RoostStore

/// Carries out the API's calls about the machine.
struct MachineHandler: MachineAPI {
    let records: Records
    let machine: KnownMachine
    let statusCache: StatusCache
    let feed: RouterFeed
    let version: String
    private var agent: any Agent { machine.agent }

    func hosts() async throws(Problem) -> [MachineInfo] {
        let instances = try await records.services().reduce(0) { $0 + $1.value.instances.count }
        return [try await agent.call(DescribeMachine(instances: instances, version: version))]
    }

    func authority() async throws(Problem) -> AuthorityInfo {
        AuthorityInfo(certificate: try await agent.call(ReadAuthority()))
    }

    func doctor() async throws(Problem) -> [Finding] {
        // The machine is examined even if the store cannot be read.
        let allocations = try? await records.allocations()
        var findings = try await agent.call(ExamineMachine(users: allocations?.value.users))
        if case .unknown(let reason) = records.store.place {
            findings.append(
                Finding(
                    "store", .problem, "\(reason); roostd writes nothing there",
                    fix: "mount the disk of the home folder again, then restart roostd"))
        }
        findings.append(await routerFinding())
        findings += await filesFindings()
        return findings
    }

    private func filesFindings() async -> [Finding] {
        // Without the store the services are unknown, which the finding about the store reports.
        let services = (try? await records.services()) ?? []
        return services.map(\.value.id).flatMap { id in
            (statusCache.status(of: id)?.instances.values.compactMap(\.lostFiles) ?? []).map {
                Finding("files", .problem, "\(id): \($0)", fix: "roost info \(id.service) -A \(id.application)")
            }
        }
    }

    private func routerFinding() async -> Finding {
        let log = machine.facts.routerLog
        guard let router = await feed.ask() else {
            return Finding(
                "router", .problem, await feed.fault ?? "the router (roost-router) does not answer",
                fix: "see \(log); roostd restarts a router that has exited")
        }
        let deaf = router.routes.filter { $0.listenError != nil }
        guard !deaf.isEmpty else {
            return Finding(
                "router", .good, "roost-router is running (process \(router.pid)) with \(router.routes.count) ports")
        }
        let names = deaf.map { "\($0.name) (\($0.listenError ?? ""))" }.joined(separator: ", ")
        return Finding(
            "router", .problem, "roost-router cannot listen for \(names)",
            fix: "stop whatever else listens there: ss -ltnp")
    }

    func usage(of application: ApplicationName?) async throws(Problem) -> [UsageInfo] {
        var found: [(service: Service, index: Int)] = []
        for owner in try await records.applications() where application == nil || owner.value.name == application {
            for service in try await records.services(of: owner.value.name) {
                found += service.value.instances.map { (service.value, $0.index) }
            }
        }
        let connections = await connectionCounts()
        let subjects = found.map {
            MeasureUsage.Subject(InstanceID($0.service.id, $0.index), memoryLimit: $0.service.settings.memory)
        }
        return zip(found, try await agent.call(MeasureUsage(subjects))).map { found, usage in
            usage.with(
                connections: connections["\(found.service.id)", default: 0],
                pid: statusCache.status(of: found.service.id)?.instances[found.index]?.pid, clone: found.service.clone)
        }
    }

    /// Open connections through the router, by service.
    private func connectionCounts() async -> [String: Int] {
        (await feed.status()?.routes ?? []).reduce(into: [:]) { counts, route in
            guard let service = ServiceRoutes.service(ofRoute: route.name) else { return }
            counts["\(service)", default: 0] += route.openConnections
        }
    }

    // MARK: Metrics

    func metrics() async throws(Problem) -> [MetricFamily] {
        let services = try await records.services().map(\.value)
        let usages = try await usage(of: nil)
        let router = await feed.status()
        let pauses = try await agent.call(ListPauses())
        var histories: [(ServiceID, FailoverHistory)] = []
        for service in services where service.isGroup {
            // A history that cannot be read hides no other figure. The service's reconciler tells why.
            guard let history = try? await records.failovers(of: service).value else { continue }
            histories.append((service.id, history))
        }
        return serviceMetrics(services.filter { $0.clone == nil }) + copyMetrics(services, pauses)
            + ReplicationMetrics(services.map { ($0, statusCache.status(of: $0.id)) }).families
            + FailoverMetrics(histories: histories).families + usageMetrics(usages)
            + routerMetrics(router)
    }

    private func copyMetrics(_ services: [Service], _ pauses: [ListPauses.Pause]) -> [MetricFamily] {
        let clones = services.compactMap { service in service.clone.map { (service, $0) } }
        let bySource = Dictionary(grouping: clones) { $0.1.origin.source }
        func samples(_ count: ((Service, ClonePlace)) -> Bool) -> [MetricFamily.Sample] {
            bySource.sorted { $0.key < $1.key }.map { source, clones in
                .init(labels: ["source": source], value: Double(clones.count(where: count)))
            }
        }
        let pauseSamples = pauses.map { pause in
            MetricFamily.Sample(
                labels: [
                    "application": "\(pause.instance.service.application)",
                    "service": "\(pause.instance.service.service)", "instance": pause.instance.name,
                ], value: pause.seconds)
        }
        return [
            MetricFamily(
                "roost_snapshot_pause_seconds", .gauge,
                "How long writers were held up for the instance's last snapshot.", pauseSamples),
            MetricFamily("roost_clones", .gauge, "Clones in use.", samples { $0.1.name != nil }),
            MetricFamily("roost_clones_waiting", .gauge, "Clones waiting in a pool.", samples { $0.1.name == nil }),
        ]
    }

    private func serviceMetrics(_ services: [Service]) -> [MetricFamily] {
        var up: [MetricFamily.Sample] = []
        var settled: [MetricFamily.Sample] = []
        var failures: [MetricFamily.Sample] = []
        for service in services {
            let status = statusCache.status(of: service.id)
            let name = ["application": "\(service.id.application)", "service": "\(service.id.service)"]
            settled.append(.init(labels: name, value: status?.settledGeneration == service.generation ? 1 : 0))
            for instance in service.instances {
                let seen = status?.instances[instance.index]
                let labels = name.merging(["instance": InstanceID(service.id, instance.index).name]) { $1 }
                up.append(.init(labels: labels, value: seen?.state == .up ? 1 : 0))
                failures.append(.init(labels: labels, value: Double(seen?.failures ?? 0)))
            }
        }
        return [
            MetricFamily("roost_instance_up", .gauge, "Whether the instance is up.", up),
            MetricFamily("roost_service_settled", .gauge, "Whether the service matches its spec.", settled),
            MetricFamily("roost_instance_failures", .gauge, "Consecutive failed steps.", failures),
        ]
    }

    private func usageMetrics(_ usages: [UsageInfo]) -> [MetricFamily] {
        func samples(_ value: (UsageInfo) -> Double) -> [MetricFamily.Sample] {
            usages.map { .init(labels: ["application": $0.application, "instance": $0.instance], value: value($0)) }
        }
        return [
            MetricFamily(
                "roost_instance_memory_bytes", .gauge, "Memory of the instance's processes.",
                samples { Double($0.memoryBytes.bytes) }),
            MetricFamily(
                "roost_instance_memory_limit_bytes", .gauge, "The instance's memory limit.",
                samples { Double($0.memoryLimitBytes.bytes) }),
            MetricFamily(
                "roost_instance_disk_bytes", .gauge, "Disk space of the data directory.",
                samples { Double($0.diskBytes.bytes) }),
        ]
    }

    private func routerMetrics(_ router: RouterReply?) -> [MetricFamily] {
        func samples(_ value: (RouteStatus) -> Double) -> [MetricFamily.Sample] {
            (router?.routes ?? []).map { .init(labels: ["route": $0.name], value: value($0)) }
        }
        return [
            MetricFamily(
                "roost_router_up", .gauge, "Whether roost-router answers.",
                [MetricFamily.Sample(value: router == nil ? 0 : 1)]),
            MetricFamily(
                "roost_route_open_connections", .gauge, "Open connections.",
                samples { Double($0.openConnections) }),
            MetricFamily(
                "roost_route_waiting_connections", .gauge, "Connections waiting for a server.",
                samples { Double($0.waitingConnections) }),
            MetricFamily(
                "roost_route_connections_total", .counter, "Accepted connections.",
                samples { Double($0.totalConnections) }),
            MetricFamily(
                "roost_route_refused_total", .counter, "Connections that could not be served.",
                samples { Double($0.refusedConnections) }),
        ]
    }
}

extension UsageInfo {
    /// A clone is shown by the name that people gave it, or by the template whose pool it waits in.
    fileprivate func with(connections: Int, pid: Int32?, clone: ClonePlace?) -> UsageInfo {
        UsageInfo(
            application: clone == nil ? application : "clones",
            instance: clone.map { $0.name?.rawValue ?? "\($0.origin.source) (pool)" } ?? instance, pid: pid,
            cpuPercent: cpuPercent, memoryBytes: memoryBytes,
            memoryLimitBytes: memoryLimitBytes, diskBytes: diskBytes, connections: connections)
    }
}
