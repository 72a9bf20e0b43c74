import Foundation
import RoostModel

/// Changes that `roost scale` makes to a service: its new settings and the fields that differ. Pure.
package struct ScalePlan: Equatable, Sendable {
    package let settings: ServiceSettings
    /// Empty if the service already has all requested settings.
    package let fields: [ServiceChange.Field]

    package static func make(
        _ request: ScaleRequest, service: Service, minimumMemory: ByteCount, mostInstances: Int = 1,
        needsOddInstances: Bool = false
    ) throws(Problem) -> ScalePlan {
        let name = service.id.service
        guard request.instances != nil || request.memory != nil || request.cpus != nil else {
            throw Problem(
                .usage, "nothing to scale: set instances, memory or cpus",
                next: ["roost scale \(name):memory=1G"])
        }
        if request.drain > .zero, request.instances == nil {
            throw Problem(
                .usage, "a drain is for replicas that leave: set instances as well",
                next: ["roost scale \(name):instances=\(max(service.settings.instances - 1, 1)) --drain 10s"])
        }
        var settings = service.settings
        if let instances = request.instances {
            settings.instances = try checked(instances: instances, mostInstances, needsOddInstances, service)
        }
        if let text = request.memory { settings.memory = try checked(memory: text, service, minimumMemory) }
        if let cpus = request.cpus { settings.cpus = try checked(cpus: cpus, name) }
        if settings.instances < service.settings.instances, !(request.yes ?? false), !(request.dryRun ?? false) {
            throw Problem(
                .confirmationNeeded,
                "'\(name)' would scale down from \(service.settings.instances) instances to \(settings.instances)",
                next: ["roost scale \(name):instances=\(settings.instances) --yes" + request.drainOption])
        }
        return ScalePlan(settings: settings, fields: service.settings.changes(to: settings))
    }

    /// The spec with these settings. `now`: from when on the replicas that leave are given their time.
    package func apply(_ request: ScaleRequest, to spec: inout ServiceSpec, now: Date) {
        let end = request.drain > .zero ? now.addingTimeInterval(request.drain / .seconds(1)) : nil
        spec.set(settings, readersUntil: end)
    }

    private static func checked(
        instances: Int, _ most: Int, _ needsOdd: Bool, _ service: Service
    ) throws(Problem) -> Int {
        let name = service.id.service
        guard instances >= 1 else {
            throw Problem(
                .usage, "a service needs at least 1 instance", next: ["roost destroy \(name)  # removes the service"])
        }
        guard instances == 1 || most > 1 else {
            throw Problem(.notBuiltYet, "more than 1 instance of \(service.engine.name) is not supported yet")
        }
        guard instances <= most else {
            throw Problem(
                .usage, "a service can have at most \(most) instances", next: ["roost info \(name)"])
        }
        if needsOdd, let fault = EngineFamily.evenFault(instances) {
            throw Problem(.usage, fault, next: ["roost scale \(name):instances=\(instances - 1)"])
        }
        return instances
    }

    private static func checked(
        memory text: String, _ service: Service, _ minimum: ByteCount
    ) throws(Problem) -> ByteCount {
        let next = ["roost scale \(service.id.service):memory=\(max(minimum, .gibibytes(1)))"]
        guard let memory = ByteCount(text) else {
            throw Problem(
                .usage, "invalid memory size '\(text.prefix(40))': use a number with K, M, G or T", next: next)
        }
        guard memory >= minimum else {
            throw Problem(
                .memoryTooSmall, "\(memory) is too little for \(service.engine), which needs at least \(minimum)",
                next: next)
        }
        return memory
    }

    /// Nil for 0, which removes the limit. Values outside the range of cores are refused, NaN included.
    private static func checked(cpus: Double, _ name: ServiceName) throws(Problem) -> Double? {
        if cpus == 0 { return nil }
        let range = ServiceSettings.cpuRange
        guard range.contains(cpus) else {
            throw Problem(
                .usage,
                "cpus must be between \(range.lowerBound) and \(Int(range.upperBound)) cores, or 0 for no limit",
                next: ["roost scale \(name):cpus=2"])
        }
        return cpus
    }
}

extension ScaleRequest {
    /// Time that connections to the replicas that leave have to end.
    package var drain: Duration { .seconds(drainSeconds ?? 0) }

    /// ` --drain 2.5s`; empty if there is none.
    fileprivate var drainOption: String {
        guard drain > .zero, let drainSeconds else { return "" }
        return " --drain \(Int(exactly: drainSeconds).map { "\($0)" } ?? "\(drainSeconds)")s"
    }
}
