import Foundation

/// A service in the format from before spec and status were two documents: in stores of schema 1, and in manifests of
/// format 1, which snapshots hold for as long as they are kept.
package struct ServiceBeforeSpec: Decodable, Sendable {
    private let id: ServiceID
    private let uid: String
    private let type: ServiceType
    private let engine: EngineIdentity
    private let settings: ServiceSettings
    private let endpoint: PortNumber
    private let readEndpoint: PortNumber
    private let instances: [ServiceStatus.Member]
    private let credentials: Credentials
    private let epoch: UInt64
    private let generation: Int
    private let restartGeneration: Int
    private let goal: Service.Goal
    private let failedUpgrade: ServiceStatus.FailedUpgrade?
    private let abandoned: ServiceStatus.Abandoned?
    private let custom: CustomPlace?
    private let clone: ClonePlace?
    private let boot: Boot?
    private let createdAt: Date

    /// The only field of a clone that its reconciler wrote.
    private struct Boot: Decodable, Sendable {
        let bootID: String

        private enum CodingKeys: String, CodingKey { case bootID = "bootId" }
    }

    private enum CodingKeys: String, CodingKey {
        case id, uid, type, engine, settings, endpoint, readEndpoint, instances, credentials, epoch, generation,
            restartGeneration, failedUpgrade, abandoned, custom, clone, createdAt
        case goal = "intent"
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        id = try fields.decode(ServiceID.self, forKey: .id)
        uid = try fields.decode(String.self, forKey: .uid)
        type = try fields.decode(ServiceType.self, forKey: .type)
        engine = try fields.decode(EngineIdentity.self, forKey: .engine)
        settings = try fields.decode(ServiceSettings.self, forKey: .settings)
        endpoint = try fields.decode(PortNumber.self, forKey: .endpoint)
        readEndpoint = try fields.decode(PortNumber.self, forKey: .readEndpoint)
        instances = try fields.decode([ServiceStatus.Member].self, forKey: .instances)
        credentials = try fields.decode(Credentials.self, forKey: .credentials)
        epoch = try fields.decode(UInt64.self, forKey: .epoch)
        generation = try fields.decode(Int.self, forKey: .generation)
        restartGeneration = try fields.decode(Int.self, forKey: .restartGeneration)
        goal = try fields.decode(Service.Goal.self, forKey: .goal)
        failedUpgrade = try fields.decodeIfPresent(ServiceStatus.FailedUpgrade.self, forKey: .failedUpgrade)
        abandoned = try fields.decodeIfPresent(ServiceStatus.Abandoned.self, forKey: .abandoned)
        custom = try fields.decodeIfPresent(CustomPlace.self, forKey: .custom)
        clone = try fields.decodeIfPresent(ClonePlace.self, forKey: .clone)
        boot = try fields.decodeIfPresent(Boot.self, forKey: .clone)
        createdAt = try fields.decode(Date.self, forKey: .createdAt)
    }

    /// The service as two documents. A procedure under way goes on where it was.
    package var service: Service {
        var service = Service(
            id: id, uid: uid, type: type, engine: engine, settings: settings, endpoint: endpoint,
            readEndpoint: readEndpoint, instances: instances, credentials: credentials, epoch: epoch,
            generation: generation, restartGeneration: restartGeneration, goal: goal, custom: custom, clone: clone,
            copiedInBoot: boot?.bootID, createdAt: createdAt)
        service.status.failedUpgrade = failedUpgrade
        service.status.abandoned = abandoned
        return service
    }
}
