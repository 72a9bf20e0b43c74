import RoostControl
import RoostEngines
import RoostModel

/// What an engine has to say to the decisions about a service.
extension EngineCatalog {
    /// The build that a service goes to when its file asks for another version, or why it cannot.
    func upgrade(of service: Service, to version: EngineVersion) -> Result<EngineIdentity, PushPlan.UpgradeRefused> {
        guard let engine = engine(named: service.engine.name) else {
            return .failure(.init("there is no engine '\(service.engine.name)' in this Roost"))
        }
        let builds = engine.builds().map(\.identity).sorted { $0.version > $1.version }
        guard let target = builds.first(where: { $0.version.matches(version) }) else {
            let found = builds.map { "\($0.version)" }.joined(separator: ", ")
            return .failure(
                .init("no \(engine.family.name) \(version) here; there is \(found.isEmpty ? "none" : found)"))
        }
        let fault = engine.upgradeFault(from: service.engine.version, to: target.version)
        return fault.map { .failure(.init("'\(service.id.service)' runs \(service.engine): \($0)")) }
            ?? .success(target)
    }

    func routes(of service: Service, gates: [Int: Route.Gate]) -> [Route] {
        let family = engine(named: service.engine.name)?.family
        return ServiceRoutes.make(
            service, wire: family?.wire ?? "tcp", gates: gates,
            instancesAreOpen: family?.reachesItselfThroughRouter ?? false)
    }
}
