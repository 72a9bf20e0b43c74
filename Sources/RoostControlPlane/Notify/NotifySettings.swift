import Foundation
import RoostModel
import RoostSecrets
import RoostStore

/// The secret that signs an owner's notifications, a document of its own. Addresses are settings of the services.
struct NotifySettings: Codable, Equatable, Sendable {
    /// Creation of the application. The settings of an earlier application of the same name are ignored. Nil for the
    /// daemon.
    let applicationCreatedAt: Date?
    /// Made when it is first needed.
    var secret: SealedSecret?
}

/// The state of an owner's deliveries: written by the notifier alone.
struct NotifyState: Codable, Equatable, Sendable {
    struct Address: Codable, Equatable, Sendable {
        /// Nil for an address of the daemon.
        let service: ServiceName?
        let url: WebhookURL
        var lastSuccess: Date?
        var lastError: String?
        var lastErrorAt: Date?
        var dropped = 0

        init(_ address: NotifyAddress) {
            service = address.service
            url = address.url
        }

        var address: NotifyAddress { NotifyAddress(service: service, url: url) }
    }

    var addresses: [Address] = []

    /// Changes the state of one address. `configured`: addresses of the owner; the state of others is forgotten.
    mutating func change(_ address: NotifyAddress, configured: [NotifyAddress], _ change: (inout Address) -> Void) {
        addresses.removeAll { !configured.contains($0.address) && $0.address != address }
        var state = addresses.first { $0.address == address } ?? Address(address)
        change(&state)
        addresses.removeAll { $0.address == address }
        addresses.append(state)
    }
}

extension NotifyOwner {
    /// Names the owner in keys. No application has the daemon's: names begin with a letter.
    var key: String { if case .application(let name) = self { name.rawValue } else { "-" } }

    /// Context that the owner's secret is sealed for.
    var sealContext: String { "\(key)//notify" }
}

extension Records {
    private static let notifyQueue = "\(Kind.notify.prefix)queue/"
    private static let notifySettings = "\(Kind.notify.prefix)settings/"

    static func notifySettingsKey(_ owner: NotifyOwner) -> String { notifySettings + owner.key }
    static func notifyStateKey(_ owner: NotifyOwner) -> String { "\(Kind.notify.prefix)state/\(owner.key)" }

    static func notifyQueueKey(_ number: Int64) -> String {
        let digits = String(number)
        return notifyQueue + String(repeating: "0", count: max(0, 19 - digits.count)) + digits
    }

    /// Removes the settings of an application with its document. Its deliveries end when the notifier sees that.
    static func notifyRemoval(of name: ApplicationName) -> [StoreWrite] {
        [
            .delete(key: notifySettingsKey(.application(name)), expecting: nil),
            .delete(key: notifyStateKey(.application(name)), expecting: nil),
        ]
    }

    func notifyQueue() async throws(Problem) -> [NotifyDelivery] {
        try await list(NotifyDelivery.self, under: Self.notifyQueue).map(\.value)
    }

    func notifyState(of owner: NotifyOwner) async throws(Problem) -> Versioned<NotifyState> {
        try await get(at: Self.notifyStateKey(owner)) ?? Versioned(NotifyState(), revision: 0)
    }

    /// Whether a secret is sealed with the home's key, which must not be replaced then.
    func hasNotifySecrets() async throws(Problem) -> Bool {
        try await list(NotifySettings.self, under: Self.notifySettings).contains { $0.value.secret != nil }
    }

    /// The settings of an application. Empty if none are stored, or those of an earlier one of the name.
    func notifySettings(of application: Application) async throws(Problem) -> Versioned<NotifySettings> {
        let found = try await get(NotifySettings.self, at: Self.notifySettingsKey(.application(application.name)))
        if let found, found.value.applicationCreatedAt == application.createdAt { return found }
        return Versioned(
            NotifySettings(applicationCreatedAt: application.createdAt), revision: found?.revision ?? 0)
    }
}
