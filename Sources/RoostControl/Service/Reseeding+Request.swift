import RoostModel

extension Reseeding {
    /// Refuses a user's request for new data of a member that cannot get the primary's. Pure.
    package static func check(_ index: Int, of service: Service) throws(Problem) {
        let name = service.id.service
        let instance = InstanceID(service.id, index).name
        guard service.custom == nil else {
            throw Problem(.usage, "'\(name)' is a custom service, which has no replicas")
        }
        guard !service.replicas.isEmpty else {
            throw Problem(
                .conflict, "'\(name)' has no replicas whose data could be replaced", next: ["roost info \(name)"])
        }
        guard let member = service.instances.first(where: { $0.index == index }) else {
            throw Problem(.instanceNotFound, "'\(name)' has no instance \(index)", next: ["roost info \(name)"])
        }
        guard index != service.status.primary else {
            throw Problem(
                .conflict, "\(instance) is the primary, whose data the replicas get",
                next: service.replicas.map { "roost resync \(InstanceID(service.id, $0.index).name)" })
        }
        guard member.leaving == nil else { throw Problem(.conflict, "\(instance) is being removed") }
        guard member.seeded else {
            throw Problem(
                .conflict, "\(instance) is still being created from the primary's data", next: ["roost wait \(name)"])
        }
        guard !service.isReseeding(index) else {
            throw Problem(
                .conflict, "the data of \(instance) is already being replaced by the primary's",
                next: ["roost wait \(name)"])
        }
    }
}
