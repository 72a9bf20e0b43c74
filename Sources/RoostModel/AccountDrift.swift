/// One thing about a server that serves that is not as Roost made it: its accounts, databases, switches or files.
package struct AccountDrift: Codable, Hashable, Sendable {
    package enum Kind: String, Codable, Sendable, CaseIterable {
        /// Roost's own account.
        case ownAccount
        /// The account that users are given.
        case applicationUser
        /// Another account with rights that reach the whole server.
        case rights
        /// An account that anybody could sign on to.
        case password
        /// The server's own databases, or what keeps accounts out of them.
        case serverDatabase
        /// A switch that a promise rests on.
        case guarantee
        /// What keeps clients out of the service.
        case reach
        /// Files that the data are in.
        case files
        /// Another setting of the server that somebody changed while it ran.
        case setting
    }

    package let kind: Kind
    /// A clause for people. Never a secret.
    package let text: String
    /// False: the engine offers no repair in place.
    package let isMendable: Bool

    package init(_ kind: Kind, _ text: String, isMendable: Bool = true) {
        self.kind = kind
        self.text = text
        self.isMendable = isMendable
    }

    /// Whether somebody may have switched off meanwhile what the promise for acknowledged writes rests on.
    package var voidsGuarantee: Bool {
        switch kind {
        // Whoever may set for all may set what the promise rests on, and set it back.
        case .ownAccount, .rights, .guarantee, .setting: true
        case .applicationUser, .password, .serverDatabase, .reach, .files: false
        }
    }
}

extension [AccountDrift] {
    /// The most that one sentence names.
    private static var named: Int { 5 }

    /// All of it as one clause.
    package var text: String {
        let names = prefix(Self.named).map(\.text).joined(separator: "; ")
        return count > Self.named ? "\(names); and \(count - Self.named) more" : names
    }
}
