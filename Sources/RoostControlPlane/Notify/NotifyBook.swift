import Foundation
import RoostModel
import RoostSecrets
import RoostStore

/// Addresses and secrets of all owners.
struct NotifyBook: Sendable {
    let records: Records
    let key: HomeKey
    /// Addresses that roostd was started with.
    let daemonURLs: [WebhookURL]

    /// The owner's addresses. Empty if the application is gone.
    func urls(of owner: NotifyOwner) async throws(Problem) -> [WebhookURL] {
        guard case .application(let name) = owner else { return daemonURLs }
        guard let application = try await records.application(name) else { return [] }
        return try await records.notifySettings(of: application.value).value.urls
    }

    /// Where an event of the application goes. `application` nil: an event of the machine.
    func targets(of application: ApplicationName?) async throws(Problem) -> [NotifyTarget] {
        var targets: [NotifyTarget] = []
        for owner in (application.map { [.application($0)] } ?? []) + [NotifyOwner.daemon] {
            targets += try await urls(of: owner).map { NotifyTarget(owner: owner, url: $0) }
        }
        return targets
    }

    // MARK: A push

    /// The writes of a push that states `notify:`. Empty if it changes nothing. `stated` nil: the file leaves it out, and
    /// the addresses stay.
    func writes(_ stated: [WebhookURL]?, of application: Application) async throws(Problem) -> [StoreWrite] {
        var found = try await records.notifySettings(of: application)
        guard let stated, stated != found.value.urls else { return [] }
        found.value.urls = stated
        return [
            try Records.put(
                found.value, at: Records.notifySettingsKey(.application(application.name)), expecting: found.revision)
        ]
    }

    /// Notes of a push that changes the addresses, for people.
    func notes(_ stated: [WebhookURL]?, of application: Application) async throws(Problem) -> [String] {
        let before = try await records.notifySettings(of: application).value.urls
        guard let stated, stated != before else { return [] }
        guard !stated.isEmpty else { return ["notify: events are no longer sent to an address"] }
        return ["notify: events are sent to \(stated.map(\.origin).joined(separator: ", "))"]
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
