import Foundation
import Logging
import RoostAgentProtocol
import RoostControl
import RoostModel
import RoostSecrets
import RoostStore
import Synchronization

/// The control plane: checks requests as a whole, stores them and reports status.
/// It changes no server itself, except for accounts that users add, which no document describes.
package final class ControlPlane: Platform {
    let records: Records
    let operations: Operations
    let changes: ServiceChanges
    let events: EventLog
    let board: StatusBoard
    let feed: RouterFeed
    let machine: KnownMachine
    let engines: Engines
    let engineRoom: EngineRoom
    let environmentFiles: EnvironmentFiles
    let key: HomeKey
    let settings: DaemonSettings
    let copies: Clones
    let templateRoom: Templates
    let importRoom: ImportRoom
    let snapshotTaker: Snapshots
    let keeper: CopyKeeper
    let background: Background
    let signInCodes = SignInCodes()
    let logger: Logger

    private let serves = Atomic(false)

    package init(
        records: Records, operations: Operations, changes: ServiceChanges, events: EventLog,
        board: StatusBoard,
        feed: RouterFeed, machine: KnownMachine, engines: Engines, engineRoom: EngineRoom,
        environmentFiles: EnvironmentFiles, key: HomeKey, settings: DaemonSettings,
        copies: Clones, templateRoom: Templates, importRoom: ImportRoom, snapshotTaker: Snapshots, keeper: CopyKeeper,
        background: Background,
        logger: Logger
    ) {
        self.copies = copies
        self.templateRoom = templateRoom
        self.importRoom = importRoom
        self.snapshotTaker = snapshotTaker
        self.keeper = keeper
        self.background = background
        self.records = records
        self.operations = operations
        self.changes = changes
        self.events = events
        self.board = board
        self.feed = feed
        self.machine = machine
        self.engines = engines
        self.engineRoom = engineRoom
        self.environmentFiles = environmentFiles
        self.key = key
        self.settings = settings
        self.logger = logger
    }

    package var isReady: Bool { serves.load(ordering: .acquiring) }

    /// Called once the store is read and the reconcilers run.
    package func becomeReady() { serves.store(true, ordering: .releasing) }

    // MARK: Finding

    func findApplication(_ name: ApplicationName) async throws(Problem) -> Versioned<Application> {
        guard let found = try await records.application(name) else {
            throw Problem(
                .applicationNotFound, "there is no application '\(name)'",
                next: ["roost create \(name)", "roost ls"])
        }
        return found
    }

    func findService(_ id: ServiceID) async throws(Problem) -> StoredService {
        if let found = try await records.service(id) { return found }
        _ = try await findApplication(id.application)
        let known = try await records.services(of: id.application).map { "\($0.value.id.service)" }
        throw Problem(
            .serviceNotFound,
            "application '\(id.application)' has no service '\(id.service)'"
                + (known.isEmpty ? "; it has none yet" : "; it has \(known.joined(separator: ", "))"),
            next: ["roost info -A \(id.application)"])
    }

    var agent: any Agent { machine.agent }

    func order(_ service: Service, _ application: Application, index: Int? = nil) throws(Problem) -> SealedOrder {
        let index = index ?? service.status.primary
        guard service.instances.contains(where: { $0.index == index }) else {
            throw Problem(
                .instanceNotFound, "'\(service.id.service)' has no instance \(index)",
                next: ["roost info \(service.id.service)"])
        }
        return SealedOrder(application: application, service: service, index: index)
    }

    // MARK: Wishes

    /// Stores a change of a service's spec together with the operation that carries it out, then starts both.
    ///
    /// `change` gets the spec in its new generation, and the stored service.
    func wish(
        _ kind: String, for id: ServiceID, result: String? = nil,
        _ change: (inout ServiceSpec, Service) throws(Problem) -> Void,
        completing completion: Operations.Completion? = nil
    ) async throws(Problem) -> OperationInfo {
        try await records.again { () async throws(Problem) in
            let found = try await findService(id)
            let service = found.value
            try refuseEnding(service)
            var spec = service.spec
            spec.advance()
            try change(&spec, service)
            var draft = ServiceChanges.Draft()
            try draft.change(found, to: spec)
            return try await changes.commit(
                draft,
                beginning: .init(
                    kind: kind, application: service.clone?.origin.application ?? id.application, service: id,
                    result: result, completion: completion), filesOf: id.application
            ).info
        }
    }

    /// Refuses a step for a service with removed files: the step would lose, or leave out, the data in them.
    func refuseLostFiles(_ service: Service, to step: String) throws(Problem) {
        let lost = board.status(of: service.id)?.instances.sorted { $0.key < $1.key }.compactMap(\.value.lostFiles)
            .first
        guard let lost else { return }
        throw Problem(
            .conflict, "'\(service.id.service)' cannot be \(step) now: \(lost)",
            next: ["roost snapshot ls \(service.id.service) -A \(service.id.application)"])
    }

    func refuseEnding(_ service: Service) throws(Problem) {
        switch service.intent {
        case .run: return
        case .destroy: throw Problem(.conflict, "'\(service.id.service)' is being destroyed", next: ["roost ls"])
        case .restore:
            throw Problem(
                .conflict, "'\(service.id.service)' is being restored",
                next: ["roost wait \(service.id.service)"])
        case .image:
            throw Problem(
                .conflict, "a snapshot of '\(service.id.service)' is being taken",
                next: ["roost wait \(service.id.service)"])
        case .move:
            throw Problem(
                .conflict, "'\(service.id.service)' is being moved into the pool",
                next: ["roost wait \(service.id.service)"])
        case .promote(let index):
            throw Problem(
                .conflict, "\(InstanceID(service.id, index).name) is about to become the primary",
                next: ["roost wait \(service.id.service)"])
        case .reset:
            throw Problem(.conflict, "the clone is being reset", next: ["try again when that has finished"])
        case .upgrade(let engine, _):
            throw Problem(
                .conflict, "'\(service.id.service)' is being upgraded to \(engine)",
                next: ["roost wait \(service.id.service)"])
        }
    }
}
