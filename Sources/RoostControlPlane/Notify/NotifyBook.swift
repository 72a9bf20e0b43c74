import Foundation
import RoostModel
import RoostSecrets
import RoostStore

/// Addresses and secrets of all owners. The addresses of an application are those of its services.
struct NotifyBook: Sendable {
    let records: Records
    let key: HomeKey
    /// Addresses that roostd was started with.
    let daemonURLs: [WebhookURL]

    /// The owner's addresses: those of each service, or roostd's own. Empty if the application is gone.
    func addresses(of owner: NotifyOwner) async throws(Problem) -> [NotifyAddress] {
        guard case .application(let name) = owner else {
            return daemonURLs.map { NotifyAddress(service: nil, url: $0) }
        }
        let order = try await records.application(name)?.value.order ?? []
        func place(_ service: ServiceName) -> Int { order.firstIndex(of: service) ?? order.count }
        let services = try await records.services(of: name).map(\.value)
        return services.sorted { (place($0.id.service), $0.id) < (place($1.id.service), $1.id) }.flatMap(Self.addresses)
    }

    /// Where an event of the service goes. `service` nil: an event of the machine.
    func targets(of service: ServiceID?) async throws(Problem) -> [NotifyTarget] {
        var targets: [NotifyTarget] = []
        if let service, let found = try await records.service(service) {
            targets = Self.addresses(of: found.value).map {
                NotifyTarget(owner: .application(service.application), address: $0)
            }
        }
        return try await targets + addresses(of: .daemon).map { NotifyTarget(owner: .daemon, address: $0) }
    }

    /// Whether the target is still set.
    func isSet(_ target: NotifyTarget) async throws(Problem) -> Bool {
        guard case .application(let name) = target.owner else {
            return try await addresses(of: .daemon).contains(target.address)
        }
        guard let service = target.address.service else { return false }
        return try await records.service(ServiceID(name, service))?.value.settings.notify?.contains(target.address.url)
            ?? false
    }

    private static func addresses(of service: Service) -> [NotifyAddress] {
        (service.settings.notify ?? []).map { NotifyAddress(service: service.id.service, url: $0) }
    }

    // MARK: The secret

    /// The secret that signs the owner's notifications. Made, sealed and stored at the first call.
    func secret(of owner: NotifyOwner) async throws(Problem) -> String {
        try await records.again { () async throws(Problem) in
            var found = try await settings(of: owner)
            if let sealed = found.value.secret { return try open(sealed, of: owner) }
            let secret = Passwords.generate()
            found.value.secret = try seal(secret, of: owner)
            try await records.commit([
                Records.put(found.value, at: Records.notifySettingsKey(owner), expecting: found.revision)
            ])
            return secret
        }
    }

    private func settings(of owner: NotifyOwner) async throws(Problem) -> Versioned<NotifySettings> {
        guard case .application(let name) = owner else {
            return try await records.get(at: Records.notifySettingsKey(owner))
                ?? Versioned(NotifySettings(applicationCreatedAt: nil), revision: 0)
        }
        return try await records.notifySettings(of: try await records.findApplication(name).value)
    }

    private func open(_ sealed: SealedSecret, of owner: NotifyOwner) throws(Problem) -> String {
        do { return try key.open(sealed, context: owner.sealContext) } catch {
            throw Problem(.failed, "the secret of the notifications cannot be opened with this home's key: \(error)")
        }
    }

    private func seal(_ secret: String, of owner: NotifyOwner) throws(Problem) -> SealedSecret {
        do { return try key.seal(secret, context: owner.sealContext) } catch {
            throw Problem(.failed, "the secret of the notifications cannot be sealed: \(error)")
        }
    }
}
