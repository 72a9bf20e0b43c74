import RoostModel

/// `data` or `data.0`: a service, one of its instances, or a clone of that name. `clone:NAME` and `service:NAME`
/// choose one.
package struct Target: Equatable, Sendable {
    /// Nil if the text can only be a clone's name.
    package let service: ServiceName?
    package let instance: Int?
    /// Nil if the text can only be a service's name.
    package let clone: CloneName?
    package let text: String

    package init(_ text: String) throws(InvalidArgument) {
        self.text = text
        if text.hasPrefix("clone:") {
            do { clone = try CloneName(String(text.dropFirst(6))) } catch { throw InvalidArgument(error.description) }
            (service, instance) = (nil, nil)
            return
        }
        let isService = text.hasPrefix("service:")
        let name = isService ? String(text.dropFirst(8)) : text
        let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let clone = isService || parts.count == 2 ? nil : CloneName(rawValue: name)
        do {
            service = try ServiceName(String(parts[0]))
        } catch {
            guard let clone else { throw InvalidArgument(error.description) }
            (service, instance, self.clone) = (nil, nil, clone)
            return
        }
        self.clone = clone
        guard parts.count == 2 else {
            instance = nil
            return
        }
        guard parts[1].count <= 4, parts[1].allSatisfy({ ("0"..."9").contains($0) }), let index = Int(parts[1]) else {
            throw InvalidArgument("'\(text)' is not a valid instance: use SERVICE or SERVICE.N, such as data.0")
        }
        instance = index
    }
}

/// Describes why an argument is invalid, and the valid form.
package struct InvalidArgument: Error, Equatable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// The service or clone that a target resolves to.
package enum Place: Equatable, Sendable, CustomStringConvertible {
    case service(ServiceID)
    case clone(CloneName)

    package var description: String {
        switch self {
        case .service(let id): "\(id)"
        case .clone(let name): "clone \(name)"
        }
    }

    /// The name of the folder for the credential files.
    var fileName: String {
        switch self {
        case .service(let id): "\(id.application).\(id.service)"
        case .clone(let name): "clone.\(name)"
        }
    }
}

extension Session {
    /// Resolves a target: a service of the application first, then a clone. A name that both have is an error that
    /// explains how to choose.
    func place(_ target: Target) async throws(Problem) -> Place {
        let service = try await standing(target)
        let clone = try await standing(target.clone, isOnly: service == nil)
        switch (service, clone) {
        case (let id?, nil): return .service(id)
        case (nil, let name?): return .clone(name)
        case (let id?, let name?):
            output.note("note: using service \(id); for the clone with this name, use 'clone:\(name)'")
            return .service(id)
        case (nil, nil): throw try await unknown(target)
        }
    }

    private func standing(_ target: Target) async throws(Problem) -> ServiceID? {
        guard let name = target.service else { return nil }
        guard let application = settings.application else {
            // Outside of an application a name may still be a clone's name.
            guard target.clone == nil else { return nil }
            return try service(name)
        }
        let id = ServiceID(application, name)
        // With an instance or with 'service:', the target can only be a service.
        guard target.clone != nil else { return id }
        do throws(Problem) { _ = try await client.service(id, showPassword: false) } catch {
            guard [.serviceNotFound, .applicationNotFound].contains(error.code) else { throw error }
            return nil
        }
        return id
    }

    private func standing(_ name: CloneName?, isOnly: Bool) async throws(Problem) -> CloneName? {
        guard let name else { return nil }
        do throws(Problem) { _ = try await client.clone(name.rawValue, showPassword: false) } catch {
            // If a service was found, a failed lookup of the clone is ignored.
            guard error.code == .cloneNotFound || !isOnly else { throw error }
            return nil
        }
        return name
    }

    private func unknown(_ target: Target) async throws(Problem) -> Problem {
        guard let name = target.service, let application = settings.application else {
            if target.service != nil, target.clone != nil {
                return Problem(
                    .cloneNotFound,
                    "there is no clone '\(target.text)', and no application is selected to look for a service",
                    next: ["roost clone ls", "or add -A NAME"])
            }
            return Problem(.cloneNotFound, "there is no clone '\(target.text)'", next: ["roost clone ls"])
        }
        do throws(Problem) {
            // The daemon's own message lists the services that exist.
            _ = try await client.service(ServiceID(application, name), showPassword: false)
        } catch {
            return Problem(
                error.code, "\(error.message); there is no clone '\(target.text)' either",
                next: error.nextSteps + ["roost clone ls"])
        }
        return Problem(.serviceNotFound, "'\(target.text)' was not found", next: ["try again"])
    }
}

extension RoostClient {
    /// The client offer of a place: how its client, or a command with its credentials, is started.
    func client(_ place: Place, _ request: ClientOfferRequest) async throws(Problem) -> ClientOffer {
        switch place {
        case .service(let id): try await client(id, request)
        case .clone(let name): try await client(ofClone: name.rawValue, request)
        }
    }
}
