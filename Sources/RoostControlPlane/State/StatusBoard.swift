import Foundation
import RoostControl
import RoostModel
import Synchronization

/// What the reconcilers last saw and decided, for whoever asks or waits. In memory: it is seen anew after a restart.
package final class StatusBoard: Sendable {
    private struct State {
        var statuses: [ServiceID: ServiceReport] = [:]
        var watchers: [UUID: (service: ServiceID, continuation: AsyncStream<ServiceReport?>.Continuation)] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    package func status(of service: ServiceID) -> ServiceReport? {
        state.withLock { $0.statuses[service] }
    }

    /// Nil: the service was forgotten.
    package func set(_ status: ServiceReport?, for service: ServiceID) {
        state.withLock { state in
            guard state.statuses[service] != status || status == nil else { return }
            state.statuses[service] = status
            for watcher in state.watchers.values where watcher.service == service {
                watcher.continuation.yield(status)
            }
        }
    }

    /// The present status (nil where there is none yet), then each new one; nil once the service was forgotten.
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
