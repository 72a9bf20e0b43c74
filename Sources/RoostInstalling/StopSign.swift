import Synchronization

/// A cancellation flag for work on a thread of its own.
package final class StopSign: Sendable {
    private let raised = Atomic(false)

    package init() {}

    package var isSet: Bool { raised.load(ordering: .acquiring) }
    package func set() { raised.store(true, ordering: .releasing) }

    func check() throws(InstallError) {
        if isSet { throw .cancelled }
    }
}
