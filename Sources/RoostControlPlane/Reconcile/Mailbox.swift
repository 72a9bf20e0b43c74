import RoostControl
import RoostModel
import RoostTasks
import Synchronization

/// News of a service that its reconciler has not handled yet. Newer news of a kind replaces older, so the mailbox is
/// bounded.
final class Mailbox: Sendable {
    enum Letter: Sendable {
        case look
        case status(InstanceStatus)
        case answer(index: Int, InstanceRequest.Answer)
        /// The router confirmed a change of routes, or failed. At most one such change is under way.
        case routed(failure: String?)
        /// A change of the status was stored, or failed. At most one is under way.
        case committed
        /// A change of the members was stored, or failed. At most one such change is under way.
        case enlisted(failure: String?)
    }

    struct Mail: Sendable {
        var isLookDue = false
        fileprivate var newest: [Int: InstanceStatus] = [:]
        fileprivate var answered: [Int: InstanceRequest.Answer] = [:]
        fileprivate(set) var routed: Ended?
        fileprivate(set) var enlisted: Ended?
        fileprivate(set) var isCommitted = false

        struct Ended: Sendable {
            let failure: String?
        }

        /// Statuses in the order of their instances.
        var statuses: [InstanceStatus] { newest.sorted { $0.key < $1.key }.map(\.value) }
        var answers: [(Int, InstanceRequest.Answer)] { answered.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
        var isEmpty: Bool { !isLookDue && newest.isEmpty && hasNoEnds }
        /// Whether no asynchronous work of the reconciler has ended.
        var hasNoEnds: Bool { answered.isEmpty && routed == nil && enlisted == nil && !isCommitted }
    }

    private let mail = Mutex(Mail())
    private let wakeSignal = WakeSignal()

    func post(_ letter: Letter) {
        mail.withLock { mail in
            switch letter {
            case .look: mail.isLookDue = true
            // The later status counts, whatever its revision: a restarted agent starts its revisions anew.
            case .status(let status): mail.newest[status.id.index] = status
            case .answer(let index, let answer): mail.answered[index] = answer
            case .committed: mail.isCommitted = true
            case .routed(let failure): mail.routed = Mail.Ended(failure: failure)
            case .enlisted(let failure): mail.enlisted = Mail.Ended(failure: failure)
            }
        }
        wakeSignal.ring()
    }

    /// Puts mail that could not be handled back after a second. Mail that has come meanwhile is newer and wins.
    func putBack(_ left: Mail) async {
        // If the task is cancelled, the mail is put back at once and nobody takes it.
        try? await Task.sleep(for: .seconds(1))
        mail.withLock { mail in
            mail.isLookDue = true
            mail.answered.merge(left.answered) { newer, _ in newer }
            mail.routed = mail.routed ?? left.routed
            mail.enlisted = mail.enlisted ?? left.enlisted
            mail.isCommitted = mail.isCommitted || left.isCommitted
        }
        wakeSignal.ring()
    }

    /// Takes the mail, waiting for it until `deadline`. Empty if none has come by then.
    func take(until deadline: ContinuousClock.Instant) async -> Mail {
        while !Task.isCancelled {
            let taken = mail.withLock { mail in
                let taken = mail
                mail = Mail()
                return taken
            }
            let left = ContinuousClock.now.duration(to: deadline)
            if !taken.isEmpty || left <= .zero { return taken }
            await wakeSignal.sleep(left)
        }
        return Mail()
    }
}
