import Foundation
import RoostModel

/// Carries out the API's calls on clones, and the myaas listener's.
struct CloneHandler: ClonesAPI, MyaasAPI {
    let clones: Clones
    let sources: CloneSources
    let reader: CloneRequestReader
    let descriptions: Descriptions
    let keeper: CopyKeeper
    let events: EventLog
    let quotas: Quotas

    func list() async throws(Problem) -> [CloneInfo] {
        var infos: [CloneInfo] = []
        for service in try await clones.all() where service.clone?.name != nil {
            infos.append(try descriptions.clone(service, showPassword: false))
        }
        return infos.sorted { $0.name < $1.name }
    }

    func find(_ name: CloneName, showPassword: Bool) async throws(Problem) -> CloneInfo {
        try descriptions.clone(try await clones.find(name).value, showPassword: showPassword)
    }

    func make(
        _ name: CloneName?, _ request: CloneRequest, token: String?
    ) async throws(Problem) -> CloneAnswer {
        try await make(name, request, nil, token: token)
    }

    func make(
        _ name: CloneName, _ request: CloneRequest, _ terms: MyaasTerms
    ) async throws(Problem) -> CloneAnswer {
        try await make(name, request, .some(terms), token: nil)
    }

    func labels() async throws(Problem) -> [String: String] {
        try await clones.all().reduce(into: [:]) { labels, service in
            guard let clone = service.clone, let name = clone.name, let label = clone.label else { return }
            labels[name.rawValue] = label
        }
    }

    private func make(
        _ name: CloneName?, _ request: CloneRequest, _ myaas: MyaasTerms?, token: String?
    ) async throws(Problem) -> CloneAnswer {
        let source = try await sources.find(request)
        if let name, let standing = try await standing(name, source, request) { return standing }
        let isChosen = name == nil
        let name = try await unusedName(name, for: source)
        let terms = try reader.terms(request)
        var properties = try await reader.properties(source, of: name, request, terms)
        properties.myaas = myaas
        properties.token = token
        // A waiting clone has a password already, so it cannot be handed out for a request that may bring its own.
        if case .template(let template) = source, request.isPlain, myaas == nil,
            let taken = try await clones.takeWaiting(name, properties, quotas: quotas)
        {
            keeper.wake()
            await events.add("clone_made", "clone \(name) of \(template.name) was taken from the pool")
            return CloneAnswer(clone: try descriptions.clone(taken, showPassword: true), operation: nil)
        }
        let made: (service: Service, operation: OperationRecord?)
        do throws(Problem) { made = try await clones.make(name, properties) } catch  where error.code == .conflict {
            // The other of two requests with one name was first. A randomly chosen name must not hand out another
            // request's clone.
            if !isChosen, let standing = try await standing(name, source, request) { return standing }
            throw error
        }
        await events.add("clone_made", "clone \(name) of \(properties.origin.source) is being created")
        return CloneAnswer(
            clone: try descriptions.clone(made.service, showPassword: true), operation: made.operation?.info)
    }

    func reset(_ name: CloneName) async throws(Problem) -> OperationInfo {
        let operation = try await clones.reset(name)
        await events.add("clone_reset", "clone \(name) is being reset")
        return operation
    }

    func extend(_ name: CloneName, _ request: ExtendRequest) async throws(Problem) -> CloneInfo {
        let end = try reader.expiry(request.ttlSeconds)
        return try descriptions.clone(try await clones.changeTerms(name) { $0.expiresAt = end }, showPassword: false)
    }

    func protect(_ name: CloneName, _ request: ProtectRequest) async throws(Problem) -> CloneInfo {
        let isProtected = request.protected
        return try descriptions.clone(
            try await clones.changeTerms(name) { $0.isProtected = isProtected }, showPassword: false)
    }

    func remove(_ name: CloneName, confirm: String?) async throws(Problem) -> OperationInfo {
        let service = try await clones.find(name).value
        if service.clone?.terms.isProtected ?? false {
            try requireConfirmation(
                confirm, name: "\(name)", "clone '\(name)' is protected; removing it deletes its data",
                command: "roost clone rm \(name) --yes  # or first: roost clone protect \(name) --off")
        }
        let operation = try await clones.remove(service.id)
        await events.add(
            "clone_removed", "clone \(name) of \(service.clone?.origin.source ?? "") was removed on request")
        return operation
    }

    /// Idempotent: an existing clone of the same source is returned. A requested lifetime is applied if it is longer;
    /// other terms are not applied, which the notes say.
    private func standing(
        _ name: CloneName, _ source: CloneSource, _ request: CloneRequest
    ) async throws(Problem) -> CloneAnswer? {
        guard try await clones.records.clone(name) != nil else { return nil }
        var service = try await clones.find(name).value
        guard service.clone?.origin.source == source.text, let terms = service.clone?.terms else {
            throw Clones.taken(name)
        }
        var notes = ["clone '\(name)' already exists; to reset its data, run 'roost clone reset \(name)'"]
        if let seconds = request.ttlSeconds {
            let end = try reader.expiry(seconds)
            if terms.isExtended(by: end) {
                service = try await clones.changeTerms(name) { $0.expiresAt = end }
                notes.append("its lifetime was extended")
            } else {
                notes.append(
                    "it is kept longer than requested; to shorten that, run 'roost clone extend \(name) TIME'")
            }
        }
        if request.namesOtherTerms {
            notes.append("its memory, cpus, settings and protection were not changed")
        }
        return CloneAnswer(clone: try descriptions.clone(service, showPassword: true), operation: nil, notes: notes)
    }

    private func unusedName(_ name: CloneName?, for source: CloneSource) async throws(Problem) -> CloneName {
        if let name { return name }
        var chosen = chosenName(for: source)
        while try await clones.records.clone(chosen) != nil { chosen = chosenName(for: source) }
        return chosen
    }

    /// A random name such as `shop-3f9a2c`.
    private func chosenName(for source: CloneSource) -> CloneName {
        let stem =
            switch source {
            case .template(let template): template.name.rawValue
            case .service(let service, _): service.id.service.rawValue
            }
        return CloneName(checked: "\(stem.prefix(24))-\(TimedID.chance(6))")
    }
}

extension CloneTerms {
    /// Whether `end` is later than the present end. Nil means for ever.
    func isExtended(by end: Date?) -> Bool {
        guard let expiresAt else { return false }
        return end.map { $0 > expiresAt } ?? true
    }
}

extension CloneRequest {
    /// Whether the request has terms that an existing clone does not take over.
    fileprivate var namesOtherTerms: Bool {
        memory != nil || cpus != nil || config != nil || durable != nil || idleSeconds != nil || protected != nil
    }

    /// Whether a clone that was made ahead satisfies the request.
    fileprivate var isPlain: Bool {
        memory == nil && cpus == nil && config == nil && durable != true && at == nil
    }
}
