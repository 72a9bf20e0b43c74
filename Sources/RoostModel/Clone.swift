import Foundation

/// Properties of a clone: where its data come from, which user runs it, and how long it stays.
package struct ClonePlace: Codable, Equatable, Sendable {
    /// Nil while the clone waits in its template's pool.
    package var name: CloneName?
    package var origin: CloneOrigin
    /// The databases of the original, the default one first.
    package var databases: [String]
    /// System user that the server runs as.
    package let user: ServerUser
    /// False if the server does not wait for the disk.
    package let isDurable: Bool
    package var terms: CloneTerms
    /// Time when the clone's template was added: a later template of the same name is another one.
    package var templateAddedAt: Date?
    /// Name of the clone in myaas scripts; nil for clones that came by another way.
    package var label: String?
    /// Whether the port is open to the network, without TLS.
    package var isExposed: Bool?
    /// Name of the token that requested the clone; nil for a caller at the socket.
    package var token: String?
    /// Limit of the pause of the original's writers for the snapshot; nil if there is a snapshot already.
    package var maxPauseMilliseconds: Double?

    package init(
        name: CloneName?, origin: CloneOrigin, databases: [String], user: ServerUser, isDurable: Bool,
        terms: CloneTerms
    ) {
        self.name = name
        self.origin = origin
        self.databases = databases
        self.user = user
        self.isDurable = isDurable
        self.terms = terms
    }
}

/// The template version or snapshot that a clone is a copy of.
package enum CloneOrigin: Codable, Equatable, Sendable {
    case template(TemplateName, version: String)
    case snapshot(ServiceID, id: String)

    /// Application that the data come from; nil for a template's.
    package var application: ApplicationName? {
        if case .snapshot(let service, _) = self { service.application } else { nil }
    }

    /// `shop`, or `ramen/data`.
    package var source: String {
        switch self {
        case .template(let name, _): "\(name)"
        case .snapshot(let service, _): "\(service)"
        }
    }
}

/// Terms on which a clone is removed.
package struct CloneTerms: Codable, Equatable, Sendable {
    /// Nil if the clone stays until it is removed.
    package var expiresAt: Date?
    /// Seconds without a session after which the clone is removed; nil if sessions do not matter.
    package var idleSeconds: Double?
    /// Protection from removal by time or idleness, and from requests without confirmation.
    package var isProtected: Bool

    package static let defaultLifetime: TimeInterval = 24 * 3600

    package init(expiresAt: Date?, idleSeconds: Double? = nil, isProtected: Bool = false) {
        self.expiresAt = expiresAt
        self.idleSeconds = idleSeconds
        self.isProtected = isProtected
    }
}
