import Foundation

/// Checks again until `condition` holds; a test never goes on because time has passed. Throws if the condition does
/// not come true within `patience`, which is far more than it ever takes: a bound on a hang, not a measurement.
///
/// The pauses grow from 10 to 100 ms: most conditions start a program, and what they wait for needs the processor too.
func eventually(
    _ what: String, within patience: Duration = .seconds(60), _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + patience
    var pause = Duration.milliseconds(10)
    while !(try await condition()) {
        guard ContinuousClock.now < deadline else { throw Unexpected("not within \(patience): \(what)") }
        try await Task.sleep(for: pause)
        pause = min(pause * 1.5, .milliseconds(100))
    }
}

/// Lets a bounded number of tests run real servers at a time; the others wait without a thread.
actor Turnstile {
    /// One more than processors: a test waits for disks and clients, too.
    static let daemons = Turnstile(places: ProcessInfo.processInfo.activeProcessorCount + 1)

    /// The turnstile of tests that wait for rare events, and need little meanwhile.
    static let patient = Turnstile(places: 2)

    private var places: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(places: Int) { self.places = places }

    func enter() async {
        if places > 0 {
            places -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    func leave() {
        if waiting.isEmpty {
            places += 1
        } else {
            waiting.removeFirst().resume()
        }
    }
}
