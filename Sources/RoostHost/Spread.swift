import Glibc
import Synchronization

/// Work that some threads share. The pause of a server and the time that a clone takes depend on it, so it has threads of
/// its own, which nothing else waits in front of.
final class Spread: Sendable {
    private let next = Atomic<Int>(0)
    private let count: Int
    private let failure = Mutex<HostError?>(nil)
    private let work: @Sendable (Int) throws(HostError) -> Void

    private init(_ count: Int, _ work: @escaping @Sendable (Int) throws(HostError) -> Void) {
        self.count = count
        self.work = work
    }

    /// Two keep a core busy while the other waits for the disk; more than four have not been of use.
    static let threads = min(max(Machine.cores, 2), 4)

    /// Does the work for each number below `count`, and returns when all of it is done or one has failed.
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
            // The caller does all of it then.
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
