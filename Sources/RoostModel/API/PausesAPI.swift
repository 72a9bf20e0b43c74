import Foundation

/// Pauses of services: times without any automatic step.
package protocol PausesAPI: Sendable {
    /// Pauses a service. A pause that is in force is replaced.
    func pause(_ id: ServiceID, _ request: PauseRequest) async throws(Problem) -> ServiceInfo
    /// Ends the pause of a service. Idempotent.
    func resume(_ id: ServiceID) async throws(Problem) -> ServiceInfo
}

/// `POST …/pause`.
package struct PauseRequest: RequestBody, Equatable {
    package enum CodingKeys: String, CodingKey, CaseIterable { case seconds, reason }
    /// Length of the pause; null means an hour.
    package let seconds: Double?
    /// Shown with the service, in events and in refusals.
    package let reason: String?

    package init(seconds: Double? = nil, reason: String? = nil) {
        self.seconds = seconds
        self.reason = reason
    }

    package func check() throws(Problem) {
        try RequestBounds.number(seconds, "seconds", in: RequestBounds.shortestPause...RequestBounds.longestPause)
        guard (reason?.count ?? 0) <= RequestBounds.longestReason else {
            throw Problem(
                .bodyInvalid, "field 'reason' must have at most \(RequestBounds.longestReason) characters")
        }
    }
}

extension ServiceInfo {
    /// The pause that is in force.
    package struct Pause: Codable, Equatable, Sendable {
        package let until: Date
        @Nullable package var reason: String?

        package init(until: Date, reason: String?) {
            self.until = until
            self._reason = Nullable(wrappedValue: reason)
        }
    }
}
