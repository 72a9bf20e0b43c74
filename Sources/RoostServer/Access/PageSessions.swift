import RoostModel
import Synchronization

/// The browsers that are signed in. Kept in memory: after a restart of the daemon they sign in again.
final class PageSessions: Sendable {
    static let lifetime = Duration.seconds(12 * 3600)
    /// The oldest one goes when there would be more.
    static let limit = 256

    /// What a session was opened with.
    enum Grant: Equatable, Sendable {
        case code(Access)
        /// Asked about at every request, so that removing the token ends the session.
        case token(String)
    }

    private struct Session {
        let grant: Grant
        let end: ContinuousClock.Instant
    }

    private let sessions = Mutex<[String: Session]>([:])

    /// The cookie's value: 256 random bits.
    func open(_ grant: Grant, now: ContinuousClock.Instant) -> String {
        var generator = SystemRandomNumberGenerator()
        let value = (0..<4).map { _ in
            let digits = String(generator.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
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
