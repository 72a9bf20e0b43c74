import RoostControl
import RoostModel

extension EngineInventory {
    func routes(of service: Service, gates: [Int: Route.Gate]) -> [Route] {
        let family = family(named: service.engine.name)
        return ServiceRoutes.make(
            service, wire: family?.wire ?? "tcp", gates: gates,
            instancesAreOpen: family?.reachesItselfThroughRouter ?? false)
    }
}
