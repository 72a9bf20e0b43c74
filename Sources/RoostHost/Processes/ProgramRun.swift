import CHost
import Dispatch
import Foundation
import Glibc
import Synchronization

/// A bounded program that runs on a thread of its own beside its caller, for code that blocks.
package final class ProgramRun: Sendable {
    package typealias Outcome = Result<BoundedProgram.Ending, BoundedProgram.Failure>

    private let outcome = Mutex<Outcome?>(nil)
    private let ended = DispatchSemaphore(value: 0)
    /// Raised to end the program. -1: the event could not be created.
    private let event: Int32

    package init(_ program: BoundedProgram) {
        event = chost_event()
        Thread.detachNewThread { [self] in
            let result = Outcome { () throws(BoundedProgram.Failure) in try program.runNow(cancel: event) }
            outcome.withLock { $0 = result }
            ended.signal()
        }
    }

    deinit { if event >= 0 { close(event) } }

    /// Ends the program, and does not wait for its end.
    package func cancel() { if event >= 0 { chost_event_raise(event) } }

    /// Blocks until the program has ended. A program that does not end within `patience` is killed.
    package func wait(_ patience: Duration) -> Outcome {
        if let outcome = outcome.withLock({ $0 }) { return outcome }
        if ended.wait(timeout: .now() + .milliseconds(Int(patience / .milliseconds(1)))) == .timedOut {
            cancel()
            return .failure(.tookTooLong)
        }
        return outcome.withLock { $0 } ?? .failure(.cancelled)
    }
}
