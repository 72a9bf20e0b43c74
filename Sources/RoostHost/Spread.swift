import Glibc
import Synchronization

/// Work shared by several threads. A server's pause and the duration of a clone depend on it, so it uses threads of
/// its own, on which no other work is queued.
final class Spread: Sendable {
    private let next = Atomic<Int>(0)
    private let count: Int
    private let failure = Mutex<HostError?>(nil)
    private let work: @Sendable (Int) throws(HostError) -> Void

    private init(_ count: Int, _ work: @escaping @Sendable (Int) throws(HostError) -> Void) {
        self.count = count
        self.work = work
    }

    /// Two threads keep a core busy while one waits for the disk; more than four have not been of use.
    static let threads = min(max(Machine.cores, 2), 4)

    /// Runs the work for each number below `count`. Returns when all of it is done, throws when one part has failed.
    static func run(
        _ count: Int, _ work: @escaping @Sendable (Int) throws(HostError) -> Void
    ) throws(HostError) {
        let spread = Spread(count, work)
        var helpers: [pthread_t] = []
        for _ in 1..<max(2, min(threads, count)) where count > 1 {
            var thread = pthread_t()
            let context = Unmanaged.passRetained(spread)
            let error = pthread_create(
                &thread, nil,
                { context in
                    if let context { Unmanaged<Spread>.fromOpaque(context).takeRetainedValue().takePart() }
                    return nil
                }, context.toOpaque())
            // Without helper threads the caller does all of the work.
            if error == 0 { helpers.append(thread) } else { context.release() }
        }
        spread.takePart()
        for thread in helpers { pthread_join(thread, nil) }
        if let failure = spread.failure.withLock({ $0 }) { throw failure }
    }

    private func takePart() {
        while true {
            let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard number < count, failure.withLock({ $0 == nil }) else { return }
            do throws(HostError) {
                try work(number)
            } catch {
                failure.withLock { $0 = $0 ?? error }
            }
        }
    }
}
