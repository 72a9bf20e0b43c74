/// A deviation of a serving server from Roost's settings: in its accounts, databases, switches or files.
package struct AccountDrift: Codable, Hashable, Sendable {
    package enum Kind: String, Codable, Sendable, CaseIterable {
        /// Roost's own account.
        case ownAccount
        /// The application user.
        case applicationUser
        /// An account besides these two with rights that reach the whole server.
        case rights
        /// A user who is to read changes and could not.
        case reader
        /// An account that anybody could sign on to.
        case password
        /// The server's own databases, or the rules that keep accounts out of them.
        case serverDatabase
        /// A switch that a guarantee rests on.
        case guarantee
        /// A setting that keeps clients out of the service.
        case reach
        /// Files that hold the data.
        case files
        /// Any other setting of the server that was changed while it ran.
        case setting
    }

    package let kind: Kind
    /// A clause for people. Never a secret.
    package let text: String
    /// False if the engine offers no repair in place.
    package let isMendable: Bool

    package init(_ kind: Kind, _ text: String, isMendable: Bool = true) {
        self.kind = kind
        self.text = text
        self.isMendable = isMendable
    }

    /// Whether the settings behind the guarantee for acknowledged writes may have been switched off meanwhile.
    package var voidsGuarantee: Bool {
        switch kind {
        // An account that may change global settings may have switched the guarantee off and on again.
        case .ownAccount, .rights, .guarantee, .setting: true
        case .applicationUser, .reader, .password, .serverDatabase, .reach, .files: false
        }
    }
}

extension [AccountDrift] {
    /// Limit of deviations that one sentence names.
    private static var named: Int { 5 }

    /// The whole drift as one clause.
    package var text: String {
        let names = prefix(Self.named).map(\.text).joined(separator: "; ")
        return count > Self.named ? "\(names); and \(count - Self.named) more" : names
    }
}
