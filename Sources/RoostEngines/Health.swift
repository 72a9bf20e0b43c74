import RoostModel

/// What one look at a server showed. Only evidence moves state: a missing answer is `unknown`.
package enum Health: Equatable, Sendable {
    /// Answers and takes writes.
    case healthy
    /// Healthy, and its accounts or switches are not as expected.
    case drifted([AccountDrift])
    /// It refuses Roost's own account, which its start makes anew.
    case lockedOut(String)
    /// Answers, and is not yet open for writes: as every server boots.
    case closed
    /// Not serving yet: nobody listens on its socket, or it says itself that it starts or recovers.
    case starting(String)
    case unhealthy(String)
    case unknown(String)
}

/// One account of a server that people may use.
package struct EngineUser: Equatable, Sendable {
    package let name: String
    /// The account that Roost shows for the service.
    package let isShown: Bool

    package init(name: String, isShown: Bool) {
        self.name = name
        self.isShown = isShown
    }
}
