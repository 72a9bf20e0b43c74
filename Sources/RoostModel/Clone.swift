import Foundation

/// What makes a service a clone: where its data come from, who runs it, and for how long it stays.
package struct ClonePlace: Codable, Equatable, Sendable {
    /// Nil: it waits in its template's pool until somebody takes it.
    package var name: CloneName?
    package var origin: CloneOrigin
    /// The databases of the original, the default one first.
    package var databases: [String]
    /// Who its server runs as.
    package let user: ServerUser
    /// False: its server does not wait for the disk.
    package let isDurable: Bool
    package var terms: CloneTerms
    /// When the template that it is of was added: one that has the name later is another.
    package var templateAddedAt: Date?
    /// What a myaas script calls it; nil: it came by another way.
    package var label: String?
    /// Its port is open to the network, without TLS.
    package var isExposed: Bool?
    /// The name of the token that asked for it; nil: somebody at the socket.
    package var token: String?
    /// How long the original's writers may be held up for the snapshot; nil: there is one already.
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

/// The image that a clone is a copy of.
package enum CloneOrigin: Codable, Equatable, Sendable {
    case template(TemplateName, version: String)
    case snapshot(ServiceID, id: String)

    /// Whose data it is a copy of; nil: a template's.
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

/// For how long a clone stays.
package struct CloneTerms: Codable, Equatable, Sendable {
    /// Nil: until somebody removes it.
    package var expiresAt: Date?
    /// Removed after so long without a session; nil: sessions do not matter.
    package var idleSeconds: Double?
    /// Neither time nor idleness removes it, nor anybody who does not say so.
    package var isProtected: Bool

    package static let defaultLifetime: TimeInterval = 24 * 3600

    package init(expiresAt: Date?, idleSeconds: Double? = nil, isProtected: Bool = false) {
        self.expiresAt = expiresAt
        self.idleSeconds = idleSeconds
        self.isProtected = isProtected
    }
}
