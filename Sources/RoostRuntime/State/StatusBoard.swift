import Foundation
import RoostControl
import RoostModel
import Synchronization

/// What the reconcilers last saw and decided, for whoever asks or waits. In memory: it is seen anew after a restart.
package final class StatusBoard: Sendable {
    package struct Status: Sendable, Equatable {
        /// The newest generation that was carried out in whole.
        package var settledGeneration = 0
        /// The generation that was last looked at.
        package var seenGeneration = 0
        /// By instance.
        package var instances: [Int: Instance] = [:]

        package init() {}
    }

    package struct Instance: Sendable, Equatable {
        package var state: ServiceInfo.Instance.State
        package var pid: Int32?
        package var problem: String?
        package var outlook: InstancePlan.Outlook
        package var failures: Int
        /// As `InstanceObservation.lostFiles`.
        package var lostFiles: String?

        package init(
            state: ServiceInfo.Instance.State, pid: Int32?, problem: String?, outlook: InstancePlan.Outlook,
            failures: Int, lostFiles: String? = nil
        ) {
            self.state = state
            self.pid = pid
            self.problem = problem
            self.outlook = outlook
            self.failures = failures
            self.lostFiles = lostFiles
        }
    }

    private struct State {
        var statuses: [ServiceID: Status] = [:]
        var watchers: [UUID: (service: ServiceID, continuation: AsyncStream<Status?>.Continuation)] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    package func status(of service: ServiceID) -> Status? {
        state.withLock { $0.statuses[service] }
    }

    /// Nil: the service was forgotten.
    package func set(_ status: Status?, for service: ServiceID) {
        state.withLock { state in
            guard state.statuses[service] != status || status == nil else { return }
            state.statuses[service] = status
            for watcher in state.watchers.values where watcher.service == service {
                watcher.continuation.yield(status)
            }
        }
    }

    /// The present status (nil where there is none yet), then each new one; nil once the service was forgotten.
    package func updates(of service: ServiceID) -> AsyncStream<Status?> {
        let (stream, continuation) = AsyncStream.makeStream(of: Status?.self, bufferingPolicy: .bufferingNewest(1))
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
