import RoostModel

/// The result of one probe of a server. Only evidence changes state: a missing answer is `unknown`.
package enum Health: Equatable, Sendable {
    /// The server answers and accepts writes.
    case healthy
    /// Healthy, but its accounts or switches are not as expected.
    case drifted([AccountDrift])
    /// The server refuses Roost's own account, which its start restores.
    case lockedOut(String)
    /// The server answers, but is not open for writes yet: every server boots like this.
    case closed
    /// Not serving yet: its socket has no listener, or the server says that it starts or recovers.
    case starting(String)
    case unhealthy(String)
    /// The server answers that all its connections are in use, also the one that is kept for administrators.
    case crowded(String)
    case unknown(String)
}

/// An account of a server that users may use.
package struct EngineUser: Equatable, Sendable {
    package let name: String
    /// Whether it is the service's application user.
    package let isShown: Bool

    package init(name: String, isShown: Bool) {
        self.name = name
        self.isShown = isShown
    }
}
