import Foundation
import RoostControl
import RoostModel
import Synchronization

/// The status cache: the reconcilers' last reports, for readers and waiters. In memory only: a restart observes anew.
package final class StatusCache: Sendable {
    private struct State {
        var statuses: [ServiceID: ServiceReport] = [:]
        var watchers: [UUID: (service: ServiceID, continuation: AsyncStream<ServiceReport?>.Continuation)] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    package func status(of service: ServiceID) -> ServiceReport? {
        state.withLock { $0.statuses[service] }
    }

    /// Sets the latest report. Nil: the service was forgotten.
    package func set(_ status: ServiceReport?, for service: ServiceID) {
        state.withLock { state in
            guard state.statuses[service] != status || status == nil else { return }
            state.statuses[service] = status
            for watcher in state.watchers.values where watcher.service == service {
                watcher.continuation.yield(status)
            }
        }
    }

    /// The present status, if there is one, then each new one; nil once the service was forgotten.
    package func updates(of service: ServiceID) -> AsyncStream<ServiceReport?> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ServiceReport?.self, bufferingPolicy: .bufferingNewest(1))
        let id = UUID()
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { $0.watchers[id] = nil }
        }
        state.withLock { state in
            state.watchers[id] = (service, continuation)
            if let status = state.statuses[service] { continuation.yield(status) }
        }
        return stream
    }
}
