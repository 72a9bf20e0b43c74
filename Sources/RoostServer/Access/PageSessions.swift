import RoostModel
import Synchronization

/// The signed-in browsers. Sessions are kept in memory: after a restart of the daemon, browsers sign in again.
final class PageSessions: Sendable {
    static let lifetime = Duration.seconds(12 * 3600)
    /// Limit of open sessions; the oldest session is ended to admit another.
    static let limit = 256

    /// The credential that opened a session.
    enum Grant: Equatable, Sendable {
        case code(Access)
        /// The token is checked at every request, so that removing it ends the session.
        case token(String)
    }

    private struct Session {
        let grant: Grant
        let end: ContinuousClock.Instant
    }

    private let sessions = Mutex<[String: Session]>([:])

    /// Opens a session and returns the cookie's value: 256 random bits.
    func open(_ grant: Grant, now: ContinuousClock.Instant) -> String {
        var generator = SystemRandomNumberGenerator()
        let value = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }.hexadecimal
        sessions.withLock { sessions in
            sessions = sessions.filter { $0.value.end > now }
            if sessions.count >= Self.limit, let oldest = sessions.min(by: { $0.value.end < $1.value.end }) {
                sessions[oldest.key] = nil
            }
            sessions[value] = Session(grant: grant, end: now + Self.lifetime)
        }
        return value
    }

    func grant(_ value: String, now: ContinuousClock.Instant) -> Grant? {
        sessions.withLock { sessions in
            guard let session = sessions[value], session.end > now else { return nil }
            return session.grant
        }
    }

    func close(_ value: String) {
        sessions.withLock { $0[value] = nil }
    }
}
