import Foundation

extension ServiceSpec {
    /// A time without any automatic step on a service: nothing is started, stopped, repaired or failed over.
    package struct Pause: Codable, Equatable, Sendable {
        /// Length in seconds of a pause for which none is given.
        package static let presetSeconds: Double = 3600

        /// The pause ends by itself at this time.
        package let until: Date
        /// Why a user paused the service. Nil if no reason was given.
        package let reason: String?

        package init(until: Date, reason: String? = nil) {
            self.until = until
            self.reason = reason
        }
    }

    /// The pause that is in force at this time. Nil if there is none, it has expired, or the service is to be destroyed.
    package func activePause(at date: Date) -> Pause? {
        guard let pause, date < pause.until, deletion == nil else { return nil }
        return pause
    }

    package func isPaused(at date: Date) -> Bool { activePause(at: date) != nil }
}
