import RoostModel

/// An instance with everything that an agent needs to work on it. Its secrets are sealed with the home's key, which
/// the agent has.
package struct SealedOrder: Codable, Equatable, Sendable {
    package let application: Application
    package let spec: ServiceSpec
    package let status: ServiceStatus
    package let index: Int

    package init(application: Application, service: Service, index: Int) {
        self.application = application
        spec = service.spec
        status = service.status
        self.index = index
    }

    package var service: Service { Service(spec: spec, status: status) }
    package var id: InstanceID { InstanceID(spec.id, index) }
    package var instance: ServiceStatus.Member? { status.members.first { $0.index == index } }
}
