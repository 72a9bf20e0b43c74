import Foundation

/// A service's secrets, each sealed with the home's key (base64). Never printed, logged or put in an event.
package struct Credentials: Codable, Equatable, Sendable {
    /// The application user.
    package var user: String
    package var password: SealedSecret
    /// The password before the last rotation, accepted until `previousUntil`.
    package var previousPassword: SealedSecret?
    package var previousUntil: Date?
    /// The password of Roost's own account.
    package var administration: SealedSecret

    package init(
        user: String, password: SealedSecret, previousPassword: SealedSecret? = nil, previousUntil: Date? = nil,
        administration: SealedSecret
    ) {
        self.user = user
        self.password = password
        self.previousPassword = previousPassword
        self.previousUntil = previousUntil
        self.administration = administration
    }
}

/// An encrypted text, base64. RoostSecrets seals and opens it.
package struct SealedSecret: RawRepresentable, Codable, Equatable, Sendable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
}
