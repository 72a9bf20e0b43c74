import RoostAgentProtocol
import RoostControl
import RoostModel

/// Releases that the services of a build file can be upgraded to in place, as reported by the machine's engines.
struct UpgradePaths: Sendable {
    private let engines: EngineInventory
    /// Why data of one release cannot be taken over by another.
    private var faults: [EngineIdentity: [EngineVersion: String]] = [:]

    static func ask(
        _ machine: KnownMachine, for file: BuildFile, _ standing: [Service], _ engines: EngineInventory
    ) async throws(Problem) -> UpgradePaths {
        var paths = UpgradePaths(engines: engines)
        for declared in file.services {
            guard let version = declared.version,
                let engine = standing.first(where: { $0.id.service == declared.name })?.engine,
                !engine.version.matches(version), let target = paths.newest(engine.name, version)
            else { continue }
            let answer = try await machine.agent.call(CheckUpgrade(from: engine, to: target.version))
            paths.faults[engine, default: [:]][target.version] = answer.fault
        }
        return paths
    }

    private init(engines: EngineInventory) { self.engines = engines }

    private func newest(_ name: String, _ version: EngineVersion) -> EngineIdentity? {
        builds(name).first { $0.version.matches(version) }
    }

    private func builds(_ name: String) -> [EngineIdentity] {
        (engines.engine(named: name)?.builds ?? []).map(\.identity).sorted { $0.version > $1.version }
    }

    /// The release that a service is upgraded to when its file asks for another version, or why it cannot be.
    func target(of service: Service, to version: EngineVersion) -> Result<EngineIdentity, PushPlan.UpgradeRefused> {
        guard let engine = engines.engine(named: service.engine.name) else {
            return .failure(.init("this version of Roost has no engine '\(service.engine.name)'"))
        }
        guard let target = newest(service.engine.name, version) else {
            let found = builds(service.engine.name).map { "\($0.version)" }.joined(separator: ", ")
            return .failure(
                .init("\(engine.family.name) \(version) is not installed; available: \(found.isEmpty ? "none" : found)")
            )
        }
        let fault = faults[service.engine]?[target.version]
        return fault.map { .failure(.init("'\(service.id.service)' runs \(service.engine): \($0)")) }
            ?? .success(target)
    }
}
