import Foundation
import Logging
import RoostAgentProtocol
import RoostControl
import RoostModel
import RoostSecrets
import RoostStore

/// Makes, hands out, resets and removes clones in the store. Reconcilers carry the changes out, as for any service.
package struct Clones: Sendable {
    let records: Records
    let engines: Engines
    let key: HomeKey
    let settings: DaemonSettings
    let machine: KnownMachine
    let changes: ServiceChanges
    let events: EventLog
    let statusCache: StatusCache

    /// The properties of a clone that is asked for.
    struct Properties: Sendable {
        var origin: CloneOrigin
        var type: ServiceType
        var engine: EngineIdentity
        var databases: [String]
        var applicationUser: String
        var user: ServerUser
        var settings: ServiceSettings
        var isDurable: Bool
        var terms: CloneTerms
        var templateAddedAt: Date?
        var maxPause: Duration?
        var myaas: MyaasTerms?
        /// The name of the token that made the request.
        var token: String?
    }

    // MARK: Finding

    func find(_ name: CloneName) async throws(Problem) -> StoredService {
        if let index = try await records.clone(name), let found = try await records.service(index.value.service),
            found.value.clone?.name == name
        {
            return found
        }
        throw Problem(.cloneNotFound, "there is no clone '\(name)'", next: ["roost clone ls"])
    }

    func all() async throws(Problem) -> [Service] {
        try await records.services(of: .clones).map(\.value).filter { $0.clone != nil }
    }

    // MARK: Making

    /// Stores a new clone in one commit: the service, its name, its ports and the operation. `name` nil: the clone
    /// waits in a pool, and there is no operation.
    func make(
        _ name: CloneName?, _ properties: Properties
    ) async throws(Problem) -> (service: Service, operation: OperationRecord?) {
        try await records.inTurn("allocations") { () async throws(Problem) in
            try await records.again { () async throws(Problem) in try await store(name, properties) }
        }
    }

    private func store(
        _ name: CloneName?, _ properties: Properties
    ) async throws(Problem) -> (service: Service, operation: OperationRecord?) {
        let found = try await records.allocations()
        var allocations = found.value
        // The user may have been given back with its application meanwhile; the clone's server holds it from here on.
        if allocations.users.insert(properties.user.name).inserted { try await claim(properties.user) }
        if let owner = properties.origin.application,
            try await records.application(owner)?.value.user != properties.user
        {
            throw Problem(.applicationNotFound, "application '\(owner)' is gone", next: ["roost ls"])
        }
        if name != nil, let refusal = try await refusal(of: properties, settings.quotas) { throw refusal }
        let free = try await FreePorts.ask(
            machine, for: [(settings.ports, 3), (settings.internalPorts, 1)], besides: allocations.ports)
        let service = try make(name, properties, &allocations, free)
        var draft = ServiceChanges.Draft()
        try draft.create(service)
        draft.add([try Records.put(allocations, at: Allocations.key, expecting: found.revision)])
        guard let name else {
            try await changes.commit(draft)
            return (service, nil)
        }
        draft.add([try Records.put(CloneIndex(service: service.id), at: Records.key(name), expecting: 0)])
        let operation = try await changes.commit(
            draft,
            beginning: .init(
                kind: "clone", application: properties.origin.application, service: nil, result: name.rawValue))
        return (service, operation)
    }

    private func claim(_ user: ServerUser) async throws(Problem) {
        switch try await machine.agent.call(ClaimUser(exactly: user, mustBeOffered: false)) {
        case .ours: return
        case .taken(let home):
            throw Problem(
                .conflict, "its data belongs to system user \(user.name), which is now assigned to the home \(home)",
                next: ["refresh the template, or clone the service itself"])
        case .notOffered, .allTaken:
            throw Problem(
                .failed, "its data belongs to system user \(user.name), which is no longer available for servers")
        case .unknown(let reason): throw Problem(.failed, "could not assign a system user: \(reason)")
        }
    }

    private func make(
        _ name: CloneName?, _ properties: Properties, _ allocations: inout Allocations, _ free: FreePorts
    ) throws(Problem) -> Service {
        guard let service = ServiceName(rawValue: "c\(Passwords.identifier(bytes: 6))") else {
            throw Problem(.failed, "could not generate a name for the clone's server")
        }
        let id = ServiceID(.clones, service)
        func port(_ range: PortRange) throws(Problem) -> PortNumber {
            try allocations.takePort(from: range, isFree: free.contains)
        }
        let (endpoint, readEndpoint) = (try port(settings.ports), try port(settings.ports))
        let member = ServiceStatus.Member(
            index: 0, host: "local", port: try port(settings.ports), internalPort: try port(settings.internalPorts),
            serverID: allocations.takeServerID())
        var place = ClonePlace(
            name: name, origin: properties.origin, databases: properties.databases, user: properties.user,
            isDurable: properties.isDurable,
            terms: properties.terms)
        place.templateAddedAt = properties.templateAddedAt
        place.label = properties.myaas?.label
        place.token = properties.token
        place.isExposed = properties.myaas.map(\.isExposed)
        place.maxPauseMilliseconds = properties.maxPause.map { $0 / .milliseconds(1) }
        return Service(
            id: id, uid: Passwords.identifier(bytes: 8), type: properties.type, engine: properties.engine,
            settings: properties.settings,
            endpoint: endpoint, readEndpoint: readEndpoint, instances: [member],
            credentials: Credentials(
                user: properties.applicationUser,
                password: try key.sealed(properties.myaas?.password ?? Passwords.generate(), of: id, .password),
                administration: try key.sealed(Passwords.generate(), of: id, .administration)),
            clone: place, copiedInBoot: machine.facts.boot, createdAt: Date())
    }

    /// The application that clones are kept under. Its system user is for clones that come from no application.
    func application() async throws(Problem) -> Application {
        if let found = try await records.application(.clones) { return found.value }
        return try await records.inTurn("allocations") { () async throws(Problem) in
            try await records.again { () async throws(Problem) in
                if let found = try await records.application(.clones) { return found.value }
                let found = try await records.allocations()
                var allocations = found.value
                let application = Application(
                    name: .clones, user: try await allocations.takeUser(of: machine), createdAt: Date())
                try await records.commit([
                    Records.put(application, at: Records.key(.clones), expecting: 0),
                    Records.put(allocations, at: Allocations.key, expecting: found.revision),
                ])
                return application
            }
        }
    }

    // MARK: Handing out

    /// Gives the name to a running clone that waits in a pool. Nil if no waiting clone matches.
    func takeWaiting(_ name: CloneName, _ properties: Properties, quotas: Quotas) async throws(Problem) -> Service? {
        // Serialized with the making of clones, so that two requests at once are counted one after the other.
        try await records.inTurn("allocations") { () async throws(Problem) in
            if let refusal = try await refusal(of: properties, quotas) { throw refusal }
            return try await handOut(name, properties)
        }
    }

    private func refusal(of properties: Properties, _ quotas: Quotas) async throws(Problem) -> Problem? {
        let standing = try await records.services().map(\.value)
        return quotas.refusal(cloneBy: properties.token, of: properties.origin.application, standing: standing)
    }

    private func handOut(_ name: CloneName, _ properties: Properties) async throws(Problem) -> Service? {
        for found in try await records.services(of: .clones)
        where found.value.isWaiting(for: properties.origin, with: properties.settings) {
            guard statusCache.status(of: found.value.id)?.settledGeneration == found.value.generation else { continue }
            var spec = found.value.spec
            spec.clone?.name = name
            spec.clone?.terms = properties.terms
            spec.clone?.token = properties.token
            do throws(Problem) {
                var draft = ServiceChanges.Draft()
                try draft.change(found, to: spec)
                draft.add([try Records.put(CloneIndex(service: spec.id), at: Records.key(name), expecting: 0)])
                try await changes.commit(draft)
            } catch  where error.code == .conflict {
                // The clone, or the name, was taken by another request.
                if try await records.clone(name) != nil { throw Self.taken(name) }
                continue
            }
            return Service(spec: spec, status: found.value.status)
        }
        return nil
    }

    static func taken(_ name: CloneName) -> Problem {
        Problem(
            .exists, "clone '\(name)' already exists, with another source",
            next: ["roost clone rm \(name)", "or choose another name"])
    }

    // MARK: Changing

    func changeTerms(
        _ name: CloneName, _ change: @Sendable (inout CloneTerms) -> Void
    ) async throws(Problem) -> Service {
        let id = try await find(name).value.id
        return try await records.again { () async throws(Problem) in
            guard let found = try await records.service(id), found.value.clone?.name == name else {
                throw Problem(.cloneNotFound, "there is no clone '\(name)'")
            }
            var spec = found.value.spec
            if var terms = spec.clone?.terms {
                change(&terms)
                spec.clone?.terms = terms
            }
            var draft = ServiceChanges.Draft()
            try draft.change(found, to: spec)
            try await changes.commit(draft)
            return Service(spec: spec, status: found.value.status)
        }
    }

    /// Resets a clone to its template's present version, or to the snapshot that it was made of.
    func reset(_ name: CloneName) async throws(Problem) -> OperationInfo {
        try await requestChange("reset", try await find(name).value.id) { spec, service async throws(Problem) in
            switch service.goal {
            case .run, .reset: break
            case .destroy: throw Problem(.conflict, "the clone is being removed")
            case .restore, .upgrade, .image, .move, .promote, .failover:
                throw Problem(
                    .conflict, "the clone's data is being replaced or copied",
                    next: ["try again when that has finished"])
            }
            guard service.instances.allSatisfy(\.seeded) else {
                throw Problem(.conflict, "the clone is still being created", next: ["roost clone info \(name)"])
            }
            var engine: EngineIdentity?
            if case .template(let name, _) = service.clone?.origin {
                guard let template = try await records.template(name)?.value, service.isClone(of: template) else {
                    throw Problem(
                        .conflict, "the clone's template '\(name)' no longer exists",
                        next: ["roost template ls", "roost clone rm \(service.clone?.name?.rawValue ?? "NAME")"])
                }
                guard let version = template.version else { throw Templates.notReady(template) }
                spec.follow(version, of: template.name)
                engine = version.engine
            }
            spec.ask(for: .reset(id: Passwords.identifier(bytes: 6)), engine: engine)
        }
    }

    /// Removes a clone. Its name is free at once; its server and data are removed by the operation.
    ///
    /// `isStillMeant`: asked of the stored service; the clone may have been taken, extended or protected meanwhile.
    @discardableResult
    func remove(
        _ id: ServiceID, if isStillMeant: @Sendable (Service) -> Bool = { _ in true }
    ) async throws(Problem) -> OperationInfo {
        try await requestChange("clone_rm", id) { spec, service throws(Problem) in
            guard isStillMeant(service) else {
                throw Problem(.conflict, "the clone was changed in the meantime", next: ["roost clone ls"])
            }
            spec.clone?.name = nil
            spec.deletion = ServiceSpec.Deletion(keep: nil)
        }
    }

    private func requestChange(
        _ kind: String, _ id: ServiceID,
        _ change: (inout ServiceSpec, Service) async throws(Problem) -> Void
    ) async throws(Problem) -> OperationInfo {
        try await records.again { () async throws(Problem) in
            guard let found = try await records.service(id) else {
                throw Problem(.cloneNotFound, "the clone no longer exists", next: ["roost clone ls"])
            }
            var spec = found.value.spec
            spec.advance()
            try await change(&spec, found.value)
            var draft = ServiceChanges.Draft()
            try draft.change(found, to: spec)
            if let name = found.value.clone?.name, spec.clone?.name == nil {
                draft.add([.delete(key: Records.key(name), expecting: nil)])
            }
            return try await changes.commit(
                draft,
                beginning: .init(
                    kind: kind, application: spec.clone?.origin.application, service: nil,
                    result: found.value.clone?.name?.rawValue)
            ).info
        }
    }
}

extension Service {
    /// Whether the service is a clone of this template, and not of an earlier template with the same name.
    func isClone(of template: Template) -> Bool {
        guard case .template(template.name, _) = clone?.origin, template.type == type else { return false }
        // Clones of older versions of Roost lack the time.
        guard let added = clone?.templateAddedAt else { return template.createdAt <= createdAt }
        // Dates are stored to the millisecond.
        return abs(added.timeIntervalSince(template.createdAt)) < 0.002
    }

    /// Whether the service is a clone that waits in a pool, for a request with this origin and these settings.
    func isWaiting(for origin: CloneOrigin, with settings: ServiceSettings) -> Bool {
        guard let clone, clone.name == nil, case .run = goal else { return false }
        return clone.origin == origin && self.settings == settings
    }
}

extension ServiceSpec {
    /// Makes the next copy of a clone a copy of this version of its template.
    mutating func follow(_ version: TemplateVersion, of template: TemplateName) {
        clone?.origin = .template(template, version: version.id)
        clone?.databases = version.databases
        credentials.user = version.applicationUser
    }
}
