import RoostControl
import RoostModel
import RoostTasks
import Synchronization

/// What has happened to a service and was not dealt with yet. Newer news of a kind replaces older, so that it is bounded.
final class Mailbox: Sendable {
    enum Letter: Sendable {
        case look
        case status(InstanceStatus)
        case answer(index: Int, InstanceRequest.Answer)
        /// The router was told, or could not be. One at a time is under way.
        case routed(failure: String?)
        /// A change of the primary was stored, or could not be. One at a time is under way.
        case committed
        /// A change of the members was stored, or could not be. One at a time is under way.
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

        /// In the order of their instances.
        var statuses: [InstanceStatus] { newest.sorted { $0.key < $1.key }.map(\.value) }
        var answers: [(Int, InstanceRequest.Answer)] { answered.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
        var isEmpty: Bool { !isLookDue && newest.isEmpty && hasNoEnds }
        /// Whether nothing has ended that was carried out beside the mailbox.
        var hasNoEnds: Bool { answered.isEmpty && routed == nil && enlisted == nil && !isCommitted }
    }

    private let mail = Mutex(Mail())
    private let bell = Bell()

    func post(_ letter: Letter) {
        mail.withLock { mail in
            switch letter {
            case .look: mail.isLookDue = true
            // Of two lives of an agent the later counts, whatever its revisions.
            case .status(let status): mail.newest[status.id.index] = status
            case .answer(let index, let answer): mail.answered[index] = answer
            case .committed: mail.isCommitted = true
            case .routed(let failure): mail.routed = Mail.Ended(failure: failure)
            case .enlisted(let failure): mail.enlisted = Mail.Ended(failure: failure)
            }
        }
        bell.ring()
    }

    /// What could not be dealt with comes again, a moment later. What has come meanwhile is newer.
    func putBack(_ left: Mail) async {
        // Cancelled: nobody takes it any more.
        try? await Task.sleep(for: .seconds(1))
        mail.withLock { mail in
            mail.isLookDue = true
            mail.answered.merge(left.answered) { newer, _ in newer }
            mail.routed = mail.routed ?? left.routed
            mail.enlisted = mail.enlisted ?? left.enlisted
            mail.isCommitted = mail.isCommitted || left.isCommitted
        }
        bell.ring()
    }

    /// Empty: nothing has come until then.
    func take(until deadline: ContinuousClock.Instant) async -> Mail {
        while !Task.isCancelled {
            let taken = mail.withLock { mail in
                let taken = mail
                mail = Mail()
                return taken
            }
            let left = ContinuousClock.now.duration(to: deadline)
            if !taken.isEmpty || left <= .zero { return taken }
            await bell.sleep(left)
        }
        return Mail()
    }
}
