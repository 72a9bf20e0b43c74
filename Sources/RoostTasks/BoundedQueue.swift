import Synchronization

/// Hands elements from one task to another in order. Bounded: a task that puts into a full queue waits.
package final class BoundedQueue<Element: Sendable>: Sendable {
    private struct State {
        var held: [Element] = []
        var isClosed = false
    }

    private let most: Int
    private let state = Mutex(State())
    private let room = WakeSignal()
    private let news = WakeSignal()

    package init(most: Int) { self.most = most }

    /// Waits until there is room. False: the queue is closed or the task was cancelled, and the element was not
    /// taken. For one task at a time.
    package func put(_ element: Element) async -> Bool {
        while !Task.isCancelled {
            let isTaken: Bool? = state.withLock { state in
                if state.isClosed { return false }
                guard state.held.count < most else { return nil }
                state.held.append(element)
                return true
            }
            if let isTaken {
                news.ring()
                return isTaken
            }
            await room.sleep(.seconds(60))
        }
        return false
    }

    /// Closes the queue for new elements. Elements that it holds can still be taken.
    package func close() {
        state.withLock { $0.isClosed = true }
        room.ring()
        news.ring()
    }

    /// Waits for elements until the time is over. Empty if none came. `isOver`: none will come any more. For one task
    /// at a time.
    package func take(_ count: Int, within time: Duration) async -> (elements: [Element], isOver: Bool) {
        let deadline = ContinuousClock.now + time
        while true {
            let taken = state.withLock { state in
                let elements = Array(state.held.prefix(count))
                state.held.removeFirst(elements.count)
                return (elements: elements, isOver: state.isClosed && state.held.isEmpty)
            }
            room.ring()
            let left = ContinuousClock.now.duration(to: deadline)
            if !taken.elements.isEmpty || taken.isOver || left <= .zero || Task.isCancelled { return taken }
            await news.sleep(left)
        }
    }

    /// The next element, as soon as there is one. Nil if none will come any more, or the task was cancelled.
    package func next() async -> Element? {
        while !Task.isCancelled {
            let (elements, isOver) = await take(1, within: .seconds(3600))
            if let element = elements.first { return element }
            if isOver { return nil }
        }
        return nil
    }
}
